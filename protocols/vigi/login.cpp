#include "protocols/vigi/login.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "protocols/base/crypto.hpp"
#include "protocols/error_codes.hpp"
#include "protocols/tapo/camera_http.hpp"
#include "protocols/tapo/camera_login.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::vigi {
namespace {

using tapo::find_object;
using tapo::find_text;

constexpr std::string_view kPrefix =
    "TPCQ75NF2Y:"; // goes before the password; the page of an older client has it behind
constexpr std::size_t kMaxKey = 4096;
constexpr std::size_t kMaxNonce = 256;

bool has(const std::vector<std::string>& list, std::string_view entry) {
    return std::find(list.begin(), list.end(), entry) != list.end();
}

} // namespace

std::string_view encrypt_info_body() {
    return R"({"method":"do","user_management":{"get_encrypt_info":null}})";
}

Result<EncryptInfo> read_encrypt_info(std::string_view text) {
    const auto reply = tapo::parse_object(text);
    if (!reply) return fail(Errc::unsupported, "VIGI: " + reply.error().what);
    const json::object* data = find_object(*reply, "data");
    if (!data)
        data = find_object(*reply, "result") ? find_object(*find_object(*reply, "result"), "data") : nullptr;
    if (auto locked = tapo::lockout_of(*reply)) return tl::unexpected(std::move(*locked));
    if (!data || !data->contains("encrypt_type")) return fail(Errc::unsupported, "no VIGI camera");
    EncryptInfo info;
    info.nonce = url_decode(find_text(*data, "nonce"));
    if (!has(tapo::find_texts(*data, "encrypt_type"), "2")) return info;
    const std::string_view second = find_text(*data, "key_2");
    info.second = !second.empty();
    const std::string_view key = info.second ? second : find_text(*data, "key");
    auto der = key.size() <= kMaxKey ? base64_decode(url_decode(key)) : std::nullopt;
    if (!der || der->empty() || info.nonce.empty() || info.nonce.size() > kMaxNonce)
        return fail(Errc::malformed, "VIGI: get_encrypt_info without a usable key or nonce");
    info.key = std::move(*der);
    return info;
}

std::string password_digest(std::string_view password) {
    return crypto::md5_hex_upper(std::string(kPrefix) + std::string(password));
}

Result<std::string> login_body(const EncryptInfo& info, std::string_view user, std::string_view password) {
    std::string secret = password_digest(password);
    const bool encrypted = !info.key.empty();
    if (encrypted) {
        const std::string plain = secret + ":" + info.nonce;
        secret = url_encode(base64_encode(TRY(crypto::rsa_encrypt_pkcs1(info.key, as_bytes(plain)))));
    }
    json::object login{{"username", url_encode(user)},
                       {"password", secret},
                       {"passwdType", "md5"},
                       {"encrypt_type", encrypted ? "2" : "1"}};
    if (info.second) login["keyType"] = "1";
    json::object body{{"method", "do"}};
    body["login"] = std::move(login);
    return json::serialize(body);
}

Result<Secret> read_stok(std::string_view text, int status) {
    const auto reply = tapo::parse_object(text);
    if (!reply)
        return fail(Errc::malformed,
                    "VIGI login: HTTP " + std::to_string(status) + ", " + reply.error().what);
    if (tapo::error_code(*reply) != code::kOk) {
        Error error = tapo::login_refusal(*reply);
        // The nonce came a moment ago: what is refused is the password.
        if (error.code == Errc::session_expired) error.code = Errc::auth_failed;
        return tl::unexpected(std::move(error));
    }
    Secret stok(url_decode(find_text(*reply, "stok")));
    if (!tapo::is_stok(stok.reveal())) return fail(Errc::malformed, "VIGI login: reply without a stok");
    return stok;
}

} // namespace tplink::vigi
