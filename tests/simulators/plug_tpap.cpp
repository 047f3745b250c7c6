#include "tests/simulators/plug_tpap.hpp"

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kTransportRefused = 1003;

TpapRules rules_of(const PlugTpapOptions& options) {
    TpapRules rules;
    rules.mac = options.mac;
    switch (options.secret) {
    case TpapSecret::sha1_password:
        rules.secret = hex_lower(sha1(as_bytes(options.password)));
        rules.extra_crypt = {{"type", "password_shadow"}, {"params", json::object{{"passwd_id", 2}}}};
        break;
    case TpapSecret::user_and_password: rules.secret = options.username + "/" + options.password; break;
    case TpapSecret::factory:
        rules.secret = default_passcode(options.mac);
        rules.passcode_type = "default_userpw";
        break;
    }
    rules.usernames = {options.user_hash_type == 1 ? sha256_hex_upper("admin")
                                                   : hex_lower(md5(as_bytes("admin")))};
    rules.iterations = options.iterations;
    rules.compressed_share = options.compressed_share;
    rules.max_attempts = options.max_attempts;
    rules.lockout = options.lockout;
    rules.session_life = options.session_life;
    rules.max_sessions = options.max_sessions;
    rules.seq_window = options.seq_window;
    return rules;
}

HttpReply code_reply(int code) { return {.body = json::serialize(json::object{{"error_code", code}})}; }

/// The stok of "/stok=<stok>/ds"; empty when it is another path.
std::string_view stok_in(std::string_view path) {
    constexpr std::string_view kBegin = "/stok=";
    constexpr std::string_view kEnd = "/ds";
    if (!path.starts_with(kBegin) || !path.ends_with(kEnd)) return {};
    return path.substr(kBegin.size(), path.size() - kBegin.size() - kEnd.size());
}

} // namespace

PlugTpap::PlugTpap(PlugTpapOptions options)
    : PlugKlap(options), tpap_options_(std::move(options)), third_party_(tpap_options_.third_party),
      login_(rules_of(tpap_options_), tpap_options_.world) {}

bool PlugTpap::announces_tpap() const { return !third_party_ || tpap_options_.announces_tpap_always; }

json::object PlugTpap::scheme() const {
    if (announces_tpap()) return {{"encrypt_type", "TPAP"}, {"lv", 2}};
    return PlugKlap::scheme();
}

json::object PlugTpap::tpap_facts() const {
    json::object out{{"tls", 0}, {"dac", 0}, {"noc", 0}, {"port", port()}};
    if (tpap_options_.tells_pake)
        out["pake"] = json::array({tpap_options_.secret == TpapSecret::factory ? 0 : 2});
    if (tpap_options_.user_hash_type >= 0) out["user_hash_type"] = tpap_options_.user_hash_type;
    return out;
}

json::object PlugTpap::more_announcement() const {
    if (!announces_tpap()) return {};
    return {{"tpap", tpap_facts()}, {"tpap_preferred", !third_party_.load()}};
}

HttpReply PlugTpap::handle(const HttpRequest& request) {
    if (request.method != "POST") return {.status = 404, .content_type = "text/html"};
    if (request.path().starts_with("/app")) {
        if (third_party_) return PlugKlap::handle(request);
        if (request.path() == "/app") return code_reply(kTransportRefused);
        return {.status = 403, .content_type = "text/html"};
    }
    if (request.path() == "/") return log_in(request);
    if (const std::string_view stok = stok_in(request.path()); !stok.empty())
        return on_channel(stok, request);
    return {.status = 404, .content_type = "text/html"};
}

HttpReply PlugTpap::log_in(const HttpRequest& request) {
    boost::system::error_code error;
    const json::value parsed = json::parse(request.body, error);
    const json::object* body = error ? nullptr : parsed.if_object();
    const json::value* method = body ? body->if_contains("method") : nullptr;
    const json::value* params = body ? body->if_contains("params") : nullptr;
    if (!method || *method != "login" || !params || !params->is_object()) return code_reply(-1003);
    const json::value* step = params->get_object().if_contains("sub_method");
    if (step && *step == "discover") {
        json::object result{{"sub_method", "discover"}, {"mac", options().mac}};
        if (!third_party_ || (!tpap_options_.discover_without_tpap && !tpap_options_.announces_tpap_always))
            result["tpap"] = tpap_facts();
        if (third_party_) result["tpap_preferred"] = false;
        return {.body = json::serialize(json::object{{"result", result}, {"error_code", 0}})};
    }
    if (third_party_) return code_reply(kTransportRefused);
    return {.body = json::serialize(login_.answer(params->get_object()))};
}

HttpReply PlugTpap::on_channel(std::string_view stok, const HttpRequest& request) {
    auto opened = third_party_ ? std::nullopt : login_.open(stok, as_bytes(request.body));
    if (!opened) {
        if (tpap_options_.expiry_code == 0) return {.status = 403, .content_type = "text/html"};
        return code_reply(tpap_options_.expiry_code);
    }
    HttpReply reply{.content_type = "application/octet-stream"};
    const std::string answer = run_inner(opened->plain, reply);
    reply.body = as_text(record_seal(opened->keys, opened->seq, answer));
    return reply;
}

Result<void> PlugTpap::set_state(const json::object& changes) {
    json::object rest = changes;
    const json::value* wanted = changes.if_contains("third_party");
    if (wanted && !wanted->is_bool()) return fail(Errc::refused, "third_party: not true or false");
    rest.erase("third_party");
    TRY_VOID(PlugKlap::set_state(rest));
    if (!wanted || wanted->get_bool() == third_party_) return {};
    third_party_ = wanted->get_bool();
    expire_sessions();
    return {};
}

void PlugTpap::expire_sessions() {
    PlugKlap::expire_sessions();
    login_.expire_all();
}

void PlugTpap::forget_everything() {
    PlugKlap::forget_everything();
    login_.forget_everything();
}

std::size_t PlugTpap::session_count() const { return PlugKlap::session_count() + login_.session_count(); }

json::object PlugTpap::own_state() const {
    json::object out = PlugKlap::own_state();
    out["third_party"] = third_party_.load();
    if (const auto stok = login_.last_stok(); !stok.empty()) out["stok"] = stok;
    out["login_attempts"] = login_attempts_.load() + login_.attempts();
    out["login_failures"] = login_failures_.load() + login_.failures();
    out["repeated_seqs"] = out.at("repeated_seqs").to_number<std::uint64_t>() + login_.repeated_seqs();
    return out;
}

} // namespace tplink::sim
