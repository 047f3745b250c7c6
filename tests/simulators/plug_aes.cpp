#include "tests/simulators/plug_aes.hpp"

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kSessionTimeout = 9999;
constexpr int kDecodeFailed = -1003;
constexpr int kCipherFailed = -1005;
constexpr int kBadKey = -1010;
constexpr int kTerminalMissing = -1012;
constexpr int kWrongAccount = -1501;

HttpReply outer_error(int code) { return {.body = json::serialize(json::object{{"error_code", code}})}; }
std::string inner_error(int code) { return json::serialize(json::object{{"error_code", code}}); }

const json::string* text_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value ? value->if_string() : nullptr;
}

const json::object* params_of(const json::object& object) {
    const json::value* value = object.if_contains("params");
    return value ? value->if_object() : nullptr;
}

std::string hex_sha1_in_base64(std::string_view text) {
    return base64_encode(as_bytes(hex_lower(sha1(as_bytes(text)))));
}

} // namespace

PlugAes::PlugAes(PlugAesOptions options)
    : Plug(options), aes_options_(std::move(options)), sessions_(aes_options_.max_sessions) {}

json::object PlugAes::scheme() const {
    json::object out{{"encrypt_type", "AES"}};
    if (aes_options_.login_version != 0) out["lv"] = aes_options_.login_version;
    return out;
}

HttpReply PlugAes::handle(const HttpRequest& request) {
    if (request.method != "POST" || request.path() != "/app")
        return {.status = 404, .content_type = "text/html"};
    if (!request.header("Content-Length")) return {.status = 500, .content_type = "text/html"};
    boost::system::error_code error;
    const json::value parsed = json::parse(request.body, error);
    if (error || !parsed.is_object()) return outer_error(kDecodeFailed);
    const json::object& outer = parsed.get_object();
    const json::string* method = text_at(outer, "method");
    if (method && *method == "handshake") return handshake(outer);
    if (method && *method == "securePassthrough") return passthrough(request, outer);
    return outer_error(kDecodeFailed);
}

HttpReply PlugAes::handshake(const json::object& request) {
    const json::object* params = params_of(request);
    const json::string* pem = params ? text_at(*params, "key") : nullptr;
    const auto key = pem ? RsaPublicKey::from_pem(*pem) : std::nullopt;
    if (!key || key->bits() != 1024) return outer_error(kBadKey);
    const Buffer secret = world().random(32);
    const auto wrapped = key->encrypt(secret, RsaPadding::pkcs1);
    if (!wrapped) return outer_error(kBadKey);
    const std::string id = hex_upper(world().random(16));
    Session session;
    session.ends = world().now() + aes_options_.session_life;
    session.key = to_buffer(Bytes(secret).first(16));
    session.iv = to_buffer(Bytes(secret).subspan(16));
    {
        const std::lock_guard lock(mutex_);
        issued(id);
        issued(hex_lower(session.key));
        sessions_.add(id, std::move(session));
    }
    // TIMEOUT counts minutes here, unlike in KLAP.
    HttpReply reply{.body = json::serialize(json::object{
                        {"error_code", 0}, {"result", json::object{{"key", base64_encode(*wrapped)}}}})};
    reply.headers.emplace_back("Set-Cookie", aes_options_.cookie_name + "=" + id + ";TIMEOUT=1440");
    return reply;
}

HttpReply PlugAes::passthrough(const HttpRequest& request, const json::object& outer) {
    const std::string id = cookie(request, aes_options_.cookie_name);
    Session session;
    {
        const std::lock_guard lock(mutex_);
        const Session* found = sessions_.find(id, world().now());
        if (!found || found->refused) return outer_error(kSessionTimeout);
        session = *found;
    }
    const json::object* params = params_of(outer);
    const json::string* text = params ? text_at(*params, "request") : nullptr;
    const auto cipher = text ? base64_decode(*text) : std::nullopt;
    const auto plain = cipher ? aes_cbc_decrypt(session.key, session.iv, *cipher) : std::nullopt;
    if (!plain) return outer_error(kCipherFailed);

    boost::system::error_code error;
    const json::value parsed = json::parse(as_text(*plain), error);
    HttpReply reply;
    std::string inner;
    const json::string* method =
        !error && parsed.is_object() ? text_at(parsed.get_object(), "method") : nullptr;
    if (!method) {
        inner = inner_error(kDecodeFailed);
    } else if (*method == "login_device") {
        inner = login(id, parsed.get_object());
    } else if (session.token.empty() || request.query("token") != session.token) {
        return outer_error(kSessionTimeout);
    } else if (const auto& object = parsed.get_object(); aes_options_.wants_terminal_uuid &&
                                                         !object.contains("terminal_uuid") &&
                                                         !object.contains("terminalUUID")) {
        inner = inner_error(kTerminalMissing);
    } else {
        inner = run_inner(as_text(*plain), reply);
    }
    const Buffer answer = aes_cbc_encrypt(session.key, session.iv, as_bytes(inner));
    reply.body = json::serialize(
        json::object{{"error_code", 0}, {"result", json::object{{"response", base64_encode(answer)}}}});
    return reply;
}

std::string PlugAes::login(const std::string& id, const json::object& inner) {
    ++login_attempts_;
    const json::object* params = params_of(inner);
    const bool fits = params && password_fits(*params);
    const std::lock_guard lock(mutex_);
    Session* session = sessions_.find(id, world().now());
    if (!session) return inner_error(kSessionTimeout);
    if (!fits) {
        ++login_failures_;
        session->refused = true;
        return inner_error(kWrongAccount);
    }
    session->token = hex_upper(world().random(16));
    issued(session->token);
    return json::serialize(
        json::object{{"result", json::object{{"token", session->token}}}, {"error_code", 0}});
}

bool PlugAes::password_fits(const json::object& params) const {
    const json::string* name = text_at(params, "username");
    if (!name || *name != hex_sha1_in_base64(options().username)) return false;
    if (const json::string* hashed = text_at(params, "password2"))
        return aes_options_.login_version == 2 && *hashed == hex_sha1_in_base64(options().password);
    const json::string* plain = text_at(params, "password");
    return plain && !aes_options_.only_password2 && *plain == base64_encode(as_bytes(options().password));
}

void PlugAes::expire_sessions() {
    const std::lock_guard lock(mutex_);
    sessions_.end_all(world().now());
}

void PlugAes::forget_everything() {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
}

std::size_t PlugAes::session_count() const {
    const std::lock_guard lock(mutex_);
    return sessions_.count(world().now());
}

} // namespace tplink::sim
