#include "tests/simulators/camera_l3.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxProbes = 16;

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const std::string_view part : parts) out += part;
    return out;
}

/// A stok as these cameras make them: characters that clients like to escape must arrive raw.
std::string make_stok(const World& world) {
    constexpr std::string_view kAlphabet =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*()~'=+,;:@&$-_.";
    std::string out;
    for (const std::byte b : world.random(30)) out += kAlphabet[u8(b) % kAlphabet.size()];
    return out + ")(";
}

std::optional<std::int64_t> parse_seq(const std::string* text) {
    std::int64_t seq = 0;
    if (!text) return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seq);
    return error == std::errc{} && end == text->data() + text->size() ? std::optional(seq) : std::nullopt;
}

} // namespace

std::string l3_device_confirm(std::string_view hash, std::string_view cnonce, std::string_view nonce) {
    return joined({sha256_hex_upper(joined({cnonce, hash, nonce})), nonce, cnonce});
}

std::string l3_digest_passwd(std::string_view hash, std::string_view cnonce, std::string_view nonce) {
    return joined({sha256_hex_upper(joined({hash, cnonce, nonce})), cnonce, nonce});
}

L3Keys derive_l3_keys(std::string_view hash, std::string_view cnonce, std::string_view nonce) {
    const std::string k = sha256_hex_upper(joined({cnonce, hash, nonce}));
    const auto derived = [&](std::string_view label) {
        return to_buffer(Bytes(sha256(as_bytes(joined({label, cnonce, nonce, k})))).first(16));
    };
    return {
        .lsk = derived("lsk"), .ivb = derived("ivb"), .tag_seed = sha256_hex_upper(joined({hash, cnonce}))};
}

std::string l3_tag(const L3Keys& keys, std::string_view body, std::int64_t seq) {
    return sha256_hex_upper(joined({keys.tag_seed, body, std::to_string(seq)}));
}

CameraL3::CameraL3(CameraL3Options options)
    : Camera(options), l3_options_(std::move(options)),
      hash_(l3_options_.hash == PasswordHash::sha256 ? sha256_hex_upper(l3_options_.password)
                                                     : md5_hex_upper(l3_options_.password)),
      sessions_(l3_options_.max_sessions) {}

HttpReply CameraL3::log_in(const json::object& params) {
    const json::string* user = text_at(params, "username");
    const json::string* cnonce = text_at(params, "cnonce");
    const json::string* digest = text_at(params, "digest_passwd");
    const auto detail = [this](int code) {
        const json::object data{{"code", code}, {"encrypt_type", encrypt_type()}};
        return json_reply({{"error_code", -40401}, {"result", json::object{{"data", data}}}});
    };
    if (params.contains("password")) {
        ++l1_logins_seen_;
        return detail(-40401);
    }
    if (params.contains("sub_method")) return json_reply({{"error_code", -40209}});
    const json::string* type = text_at(params, "encrypt_type");
    if (!cnonce || cnonce->size() != 16 || !type || *type != "3") return json_reply({{"error_code", -40209}});
    if (!user || *user != "admin") return detail(-60502);
    return digest ? answer_digest(std::string(*cnonce), *digest) : answer_probe(std::string(*cnonce));
}

HttpReply CameraL3::answer_probe(const std::string& cnonce) {
    ++probes_answered_;
    const std::string nonce = hex_upper(world().random(8));
    if (probes_.size() >= kMaxProbes) probes_.pop_front();
    probes_.push_back({cnonce, nonce});
    const json::object data{{"code", -40413},
                            {"encrypt_type", encrypt_type()},
                            {"key", ""},
                            {"nonce", nonce},
                            {"device_confirm", l3_device_confirm(hash_, cnonce, nonce)}};
    return json_reply({{"error_code", -40413}, {"result", json::object{{"data", data}}}});
}

HttpReply CameraL3::answer_digest(const std::string& cnonce, std::string_view digest) {
    ++login_attempts_;
    const auto probe =
        std::find_if(probes_.begin(), probes_.end(), [&](const Probe& p) { return p.cnonce == cnonce; });
    const bool known = probe != probes_.end();
    const std::string nonce = known ? probe->nonce : "";
    if (known) probes_.erase(probe);
    if (!known || digest != l3_digest_passwd(hash_, cnonce, nonce)) {
        ++login_failures_;
        if (known) lockout_.wrong_password(); // a stale nonce says nothing about the password
        const json::object data{{"code", -40413},
                                {"time", lockout_.used()},
                                {"max_time", lockout_.max()},
                                {"sec_left", lockout_.seconds_left()}};
        return json_reply({{"error_code", -40413}, {"result", json::object{{"data", data}}}});
    }
    lockout_.clear();
    Session session;
    session.ends = world().now() + l3_options_.session_life;
    session.keys = derive_l3_keys(hash_, cnonce, nonce);
    session.next_seq = 100 + load_be16(std::span<const std::byte, 2>(world().random(2).data(), 2));
    const json::object result{
        {"stok", make_stok(world())}, {"user_group", "root"}, {"start_seq", session.next_seq}};
    issued(std::string(result.at("stok").as_string()));
    issued(hex_lower(session.keys.lsk));
    sessions_.add(std::string(result.at("stok").as_string()), std::move(session));
    return json_reply({{"error_code", 0}, {"result", result}});
}

json::object CameraL3::locked_reply(std::int64_t seconds_left) const {
    return {{"error_code", -40404}, {"data", json::object{{"code", -40404}, {"sec_left", seconds_left}}}};
}

HttpReply CameraL3::encrypted(const L3Keys& keys, std::int64_t seq, const json::object& inner,
                              int status) const {
    const Buffer cipher = aes_cbc_encrypt(keys.lsk, keys.ivb, as_bytes(json::serialize(inner)));
    return json_reply(
        {{"error_code", 0}, {"seq", seq}, {"result", json::object{{"response", base64_encode(cipher)}}}},
        status);
}

tl::expected<CameraL3::Session, HttpReply> CameraL3::admit(std::string_view stok, const HttpRequest& request,
                                                           std::int64_t seq) {
    const std::lock_guard lock(mutex_);
    Session* session = sessions_.find_any(stok);
    if (!session) {
        // The path is compared as it comes: an escaped stok is another token.
        const bool escaped = sessions_.find(url_decode(stok), world().now()) != nullptr;
        return tl::unexpected(json_reply({{"error_code", escaped ? -40421 : -40401}}));
    }
    if (session->ends <= world().now())
        return tl::unexpected(
            l3_options_.plain_ended_reply
                ? json_reply({{"error_code", l3_options_.ended_code}})
                : encrypted(session->keys, seq, {{"error_code", l3_options_.ended_code}}, 500));
    const std::string* tag = request.header("Tapo_tag");
    if (!tag || *tag != l3_tag(session->keys, request.body, seq)) {
        ++bad_tags_;
        return tl::unexpected(json_reply({{"error_code", -1}}));
    }
    if (seq < session->next_seq || seq >= session->next_seq + l3_options_.seq_window) {
        ++repeated_seqs_;
        return tl::unexpected(json_reply({{"error_code", -1}}));
    }
    session->next_seq = seq + 1;
    return *session;
}

HttpReply CameraL3::on_channel(std::string_view stok, const HttpRequest& request) {
    const auto seq = parse_seq(request.header("Seq"));
    const auto session = admit(stok, request, seq.value_or(-1));
    if (!session) return session.error();
    boost::system::error_code error;
    const json::value outer = json::parse(request.body, error);
    boost::system::error_code missing;
    const json::value* text = error ? nullptr : outer.find_pointer("/params/request", missing);
    const auto cipher = text && text->is_string() ? base64_decode(text->get_string()) : std::nullopt;
    const auto plain = cipher ? aes_cbc_decrypt(session->keys.lsk, session->keys.ivb, *cipher) : std::nullopt;
    if (!plain) return json_reply({{"error_code", -1005}});
    const json::value inner = json::parse(as_text(*plain), error);
    if (error || !inner.is_object()) return encrypted(session->keys, *seq, {{"error_code", -40210}}, 200);

    HttpReply reply;
    const json::object answer = run_inner(inner.get_object(), reply);
    const json::string* method = text_at(inner.get_object(), "method");
    const bool single = !method || *method != "multipleRequest";
    HttpReply sent = single && l3_options_.plain_single_replies ? json_reply(answer)
                                                                : encrypted(session->keys, *seq, answer, 200);
    sent.then = reply.then;
    return sent;
}

void CameraL3::clear_sessions() {
    sessions_.clear();
    probes_.clear();
}

void CameraL3::expire_sessions() {
    const std::lock_guard lock(mutex_);
    sessions_.end_all(world().now());
}

json::object CameraL3::own_state() const {
    json::object out = Camera::own_state();
    const std::lock_guard lock(mutex_);
    out["probes"] = probes_answered_;
    out["l1_logins_seen"] = l1_logins_seen_;
    out["bad_tags"] = bad_tags_;
    out["repeated_seqs"] = repeated_seqs_;
    return out;
}

} // namespace tplink::sim
