#include "tests/simulators/camera_l4.hpp"

#include <crypt.h>

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kBadArguments = -40209;
constexpr int kMissingParameter = -40211; // what a probe for the L3 login gets here
constexpr int kRefused = -40401;
constexpr int kBadToken = -40421;

/// As the firmware makes them: characters that clients like to escape must arrive raw.
std::string make_stok(const World& world) {
    constexpr std::string_view kAlphabet =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*()~'=+,;:@&$-_.";
    std::string out;
    for (const std::byte b : world.random(28)) out += kAlphabet[u8(b) % kAlphabet.size()];
    return out + "!*(k";
}

std::string credential(const CameraL4Options& options) {
    const std::string passcode = options.hash == PasswordHash::md5
                                     ? hex_lower(md5(as_bytes(options.password)))
                                     : sha256_hex_upper(options.password);
    if (options.crypt == L4Crypt::sha1) return hex_lower(sha1(as_bytes(passcode)));
    if (options.crypt == L4Crypt::none) return passcode;
    crypt_data data{};
    const char* crypted = crypt_r(passcode.c_str(), options.crypt_prefix.c_str(), &data);
    return crypted ? crypted : "";
}

TpapRules rules_of(const CameraL4Options& options) {
    TpapRules rules;
    rules.mac = options.mac;
    rules.secret = credential(options);
    const json::object no_params{{"passwd_id", 2}};
    if (options.crypt == L4Crypt::sha1)
        rules.extra_crypt = {{"type", "password_shadow"}, {"params", no_params}};
    if (options.crypt == L4Crypt::sha256_crypt)
        rules.extra_crypt = {
            {"type", "password_shadow"},
            {"params", json::object{{"passwd_id", 5}, {"passwd_prefix", options.crypt_prefix}}}};
    rules.usernames = {options.user == L4User::md5      ? hex_lower(md5(as_bytes("admin")))
                       : options.user == L4User::sha256 ? sha256_hex_upper("admin")
                                                        : "admin"};
    rules.iterations = options.iterations;
    rules.form = ScalarForm::fixed;
    rules.wrong_password_code = kRefused;
    rules.tells_attempts = true;
    rules.max_attempts = options.max_attempts;
    rules.lockout = options.lockout;
    rules.session_life = options.session_life;
    rules.tells_life = true;
    rules.max_sessions = options.max_sessions;
    rules.make_stok = [world = options.world] { return make_stok(world); };
    return rules;
}

HttpReply code_reply(int code) { return json_reply({{"error_code", code}}); }

} // namespace

CameraL4::CameraL4(CameraL4Options options)
    : Camera(options), l4_options_(std::move(options)), login_(rules_of(l4_options_), l4_options_.world) {}

json::object CameraL4::tpap_facts() const {
    return {{"tls", 1}, {"noc", 1}, {"dac", 0}, {"pake", json::array({2})}, {"port", port()}};
}

json::object CameraL4::more_announcement() const {
    if (!l4_options_.announces_tpap) return {};
    return {{"sv", 1}, {"tpap", tpap_facts()}};
}

HttpReply CameraL4::log_in(const json::object& params) {
    if (params.contains("password")) ++l1_logins_seen_;
    const json::string* step = text_at(params, "sub_method");
    if (!step) return code_reply(kMissingParameter);
    if (*step == "discover") {
        if (!l4_options_.answers_discover) return code_reply(kBadArguments);
        return json_reply(
            {{"error_code", 0}, {"result", json::object{{"mac", options().mac}, {"tpap", tpap_facts()}}}});
    }
    if (refuse_until_ && *step == "pake_share") {
        const bool still = world().now() < *refuse_until_;
        refuse_until_.reset();
        if (still) {
            ++early_logins_;
            return code_reply(kRefused);
        }
    }
    return json_reply(login_.answer(params));
}

HttpReply CameraL4::on_channel(std::string_view stok, const HttpRequest& request) {
    auto opened = login_.open(stok, as_bytes(request.body));
    if (!opened) {
        const std::lock_guard lock(mutex_);
        if (l4_options_.refuses_first_relogin) refuse_until_ = world().now() + std::chrono::seconds(2);
        // The path is compared as it comes: an escaped stok is another token.
        return code_reply(stok.find('%') != std::string_view::npos ? kBadToken : kRefused);
    }
    boost::system::error_code error;
    const json::value inner = json::parse(opened->plain, error);
    HttpReply reply{.content_type = "application/octet-stream"};
    json::object answer{{"error_code", kBadArguments}};
    if (!error && inner.is_object()) {
        const json::string* method = text_at(inner.get_object(), "method");
        if (method && *method == "multipleRequest") answer = run_inner(inner.get_object(), reply);
    }
    reply.body = as_text(record_seal(opened->keys, opened->seq, json::serialize(answer)));
    return reply;
}

json::object CameraL4::locked_reply(std::int64_t) const { return {{"error_code", -40404}}; }

void CameraL4::expire_sessions() { login_.expire_all(); }

json::object CameraL4::own_state() const {
    json::object out = Camera::own_state();
    if (const auto stok = login_.last_stok(); !stok.empty()) out["stok"] = stok;
    out["login_attempts"] = login_.attempts();
    out["login_failures"] = login_.failures();
    out["repeated_seqs"] = login_.repeated_seqs();
    const std::lock_guard lock(mutex_);
    out["l1_logins_seen"] = l1_logins_seen_;
    out["early_logins"] = early_logins_;
    return out;
}

} // namespace tplink::sim
