#include "tests/simulators/camera_vigi.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
constexpr std::size_t kMaxNonces = 8;

std::string url_encode_all(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (kUnreserved.find(c) != std::string_view::npos) {
            out += c;
            continue;
        }
        constexpr std::string_view kDigits = "0123456789ABCDEF";
        const auto value = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[value >> 4U];
        out += kDigits[value & 0xFU];
    }
    return out;
}

/// Every string value, in both directions of the web interface.
void each_string(json::value& value, std::string (*change)(std::string_view)) {
    if (json::string* text = value.if_string()) *text = change(*text);
    if (json::array* list = value.if_array())
        for (json::value& item : *list) each_string(item, change);
    if (json::object* object = value.if_object())
        for (auto& [key, item] : *object) each_string(item, change);
}

std::string decoded(std::string_view text) { return url_decode(text); }

/// Base64 of the DER between the PEM lines.
std::string bare_key(const std::string& pem) {
    std::string out;
    for (std::size_t at = 0; at < pem.size();) {
        const std::size_t end = std::min(pem.find('\n', at), pem.size());
        const std::string line = pem.substr(at, end - at);
        if (!line.starts_with("-----")) out += line;
        at = end + 1;
    }
    return out;
}

HttpReply value_reply(json::value body, int status) {
    each_string(body, url_encode_all);
    return {.status = status, .body = json::serialize(body)};
}

} // namespace

std::string vigi_digest(std::string_view password) {
    return md5_hex_upper("TPCQ75NF2Y:" + std::string(password));
}

CameraVigi::CameraVigi(CameraVigiOptions options)
    : Camera(options), vigi_options_(std::move(options)),
      key_(vigi_options_.login_key ? vigi_options_.login_key
                                   : std::make_shared<const RsaPrivateKey>(RsaPrivateKey::generate(1024))),
      sessions_(vigi_options_.max_sessions) {}

json::array CameraVigi::encrypt_type() const {
    if (vigi_options_.rsa) return {"1", "2"};
    return {"1"};
}

HttpReply CameraVigi::handle(const HttpRequest& request) {
    if (request.target != "/") return Camera::handle(request);
    boost::system::error_code error;
    json::value parsed = json::parse(request.body, error);
    if (request.method != "POST" || error || !parsed.is_object())
        return json_reply({{"error_code", -40210}}, 401);
    const bool asks_info = parsed.as_object().contains("user_management");
    each_string(parsed, decoded);
    const json::object& body = parsed.get_object();
    const json::string* method = text_at(body, "method");
    const json::value* login = body.if_contains("login");
    const std::lock_guard lock(mutex_);
    if (asks_info) return encrypt_info();
    if (const std::int64_t left = lockout_.seconds_left(); left > 0)
        return json_reply(locked_reply(left), 401);
    if (!method || *method != "do" || !login || !login->is_object())
        return json_reply({{"error_code", -40210}}, 401);
    return log_in(login->get_object());
}

/// 401 although all is well: the browser's way to the login page.
HttpReply CameraVigi::encrypt_info() {
    const std::int64_t left = lockout_.seconds_left();
    json::object data = refusal(left > 0 ? -40404 : -40401).at("data").as_object();
    if (left == 0) {
        const std::string nonce = hex_upper(world().random(8));
        if (nonces_.size() >= kMaxNonces) nonces_.pop_front();
        nonces_.push_back(nonce);
        data["nonce"] = nonce;
        if (vigi_options_.rsa) data[vigi_options_.key_2 ? "key_2" : "key"] = bare_key(key_->public_pem());
    }
    return value_reply(json::object{{"error_code", -40401}, {"data", data}}, 401);
}

json::object CameraVigi::refusal(int code) const {
    return {{"error_code", -40401},
            {"data", json::object{{"code", code},
                                  {"encrypt_type", encrypt_type()},
                                  {"passwdType", "md5"},
                                  {"time", lockout_.used()},
                                  {"max_time", lockout_.max()},
                                  {"sec_left", lockout_.seconds_left()}}}};
}

json::object CameraVigi::locked_reply(std::int64_t) const { return refusal(-40404); }

bool CameraVigi::password_fits(const json::object& login) {
    const json::string* user = text_at(login, "username");
    const json::string* password = text_at(login, "password");
    const json::string* type = text_at(login, "encrypt_type");
    if (!user || *user != "admin" || !password || !type) return false;
    if (*type == "1") return !vigi_options_.rsa && *password == vigi_digest(options().password);
    const json::string* key_type = text_at(login, "keyType");
    if (vigi_options_.key_2 != (key_type && *key_type == "1")) return false;
    // Whoever wrapped the value twice was decoded once with all strings and once here.
    const auto cipher = base64_decode(url_decode(*password));
    const auto plain = cipher ? key_->decrypt(*cipher, RsaPadding::pkcs1) : std::nullopt;
    if (!plain) return false;
    const std::string_view text = as_text(*plain);
    const auto mark = text.find(':');
    if (mark == std::string_view::npos) return false;
    const auto nonce = std::find(nonces_.begin(), nonces_.end(), text.substr(mark + 1));
    if (nonce == nonces_.end()) return false;
    nonces_.erase(nonce);
    return text.substr(0, mark) == vigi_digest(options().password);
}

HttpReply CameraVigi::log_in(const json::object& login) {
    ++login_attempts_;
    if (!password_fits(login)) {
        ++login_failures_;
        lockout_.wrong_password();
        return value_reply(refusal(lockout_.seconds_left() > 0 ? -40404 : -40401), 401);
    }
    lockout_.clear();
    const std::string stok =
        hex_lower(world().random(8)) + "+(x)="; // arrives encoded, goes raw into the path
    issued(stok);
    sessions_.add(stok, {world().now() + vigi_options_.session_life});
    return value_reply(json::object{{"error_code", 0}, {"stok", stok}, {"user_group", "root"}}, 200);
}

HttpReply CameraVigi::on_channel(std::string_view stok, const HttpRequest& request) {
    {
        const std::lock_guard lock(mutex_);
        if (!sessions_.find(stok, world().now())) return value_reply(refusal(-40401), 401);
    }
    boost::system::error_code error;
    json::value parsed = json::parse(request.body, error);
    if (error || !parsed.is_object()) return json_reply({{"error_code", -40210}});
    each_string(parsed, decoded);
    const json::string* method = text_at(parsed.get_object(), "method");
    if (!method || (*method != "get" && *method != "set" && *method != "do"))
        return json_reply({{"error_code", -40210}});
    HttpReply reply;
    json::value answer = run_inner(parsed.get_object(), reply);
    each_string(answer, url_encode_all);
    reply.body = json::serialize(answer);
    return reply;
}

void CameraVigi::clear_sessions() {
    sessions_.clear();
    nonces_.clear();
}

void CameraVigi::expire_sessions() {
    const std::lock_guard lock(mutex_);
    sessions_.end_all(world().now());
}

} // namespace tplink::sim
