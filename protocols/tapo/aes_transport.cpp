#include "protocols/tapo/aes_transport.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "protocols/error_codes.hpp"
#include "protocols/tapo/cookie.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kKeyBytes = 16;

std::int64_t now_ms(const Clock& clock) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall().time_since_epoch()).count();
}

Result<json::object> reply_of(const net::HttpResponse& response) {
    if (response.status == 404)
        return fail(Errc::unsupported, "AES: no securePassthrough here: HTTP 404", response.status);
    auto reply = parse_object(response.body);
    if (!reply)
        return fail(Errc::malformed,
                    "AES: HTTP " + std::to_string(response.status) + ", " + reply.error().what);
    return reply;
}

} // namespace

AesTransport::AesTransport(std::unique_ptr<net::HttpClient> http, Credentials credentials,
                           std::shared_ptr<const crypto::RsaKey> rsa, AesLogin form, const Clock& clock)
    : http_(std::move(http)), credentials_(std::move(credentials)), rsa_(std::move(rsa)), form_(form),
      clock_(clock) {}

Result<net::HttpResponse> AesTransport::post(std::string body) {
    net::HttpRequest request;
    request.path = token_.empty() ? "/app" : "/app?token=" + token_.reveal();
    request.body = std::move(body);
    request.headers.emplace_back("requestByApp", "true");
    if (!cookie_.empty()) request.headers.emplace_back("Cookie", cookie_);
    return http_->send(request);
}

Result<void> AesTransport::probe() {
    keys_.reset();
    token_ = Secret();
    cookie_.clear();
    const json::object request{{"method", "handshake"}, {"params", {{"key", rsa_->public_pem(0)}}}};
    const net::HttpResponse response = TRY(post(json::serialize(request)));
    const json::object reply = TRY(reply_of(response));
    if (const int code = error_code(reply); code != 0)
        return tl::unexpected(device_error(Dialect::smart, code, "AES handshake"));
    const json::object* result = find_object(reply, "result");
    const auto wrapped = base64_decode(result ? find_text(*result, "key") : std::string_view());
    if (!wrapped || wrapped->empty()) return fail(Errc::malformed, "AES handshake: reply without a key");
    const Buffer secret = TRY(rsa_->decrypt_pkcs1(*wrapped));
    // OpenSSL 3.2 and later answer bad padding with random bytes instead of an error: the length tells.
    if (secret.size() != 2 * kKeyBytes) return fail(Errc::malformed, "AES handshake: key of a wrong length");
    keys_ = Keys{crypto::aes_key(Bytes(secret).first(kKeyBytes)),
                 crypto::aes_key(Bytes(secret).subspan(kKeyBytes))};
    renew_at_ = SteadyTime::max();
    if (const auto cookie = session_cookie(response)) {
        cookie_ = cookie->pair;
        renew_at_ = clock_.now() + cookie->renew_after;
    }
    return {};
}

Result<void> AesTransport::login_device(AesLogin form) {
    const std::string username = base64_encode(as_bytes(crypto::sha1_hex_lower(credentials_.username)));
    const std::string& password = credentials_.password.reveal();
    json::object params;
    if (form == AesLogin::plain)
        params["password"] = base64_encode(as_bytes(password));
    else
        params["password2"] = base64_encode(as_bytes(crypto::sha1_hex_lower(password)));
    params["username"] = username;
    const json::object request{
        {"method", "login_device"}, {"params", std::move(params)}, {"request_time_milis", now_ms(clock_)}};
    const json::object reply = TRY(parse_object(TRY(passthrough(json::serialize(request)))));
    if (const int code = error_code(reply); code != 0)
        return tl::unexpected(device_error(Dialect::smart, code, "login_device"));
    const json::object* result = find_object(reply, "result");
    const std::string_view token = result ? find_text(*result, "token") : std::string_view();
    if (token.empty() ||
        !std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; }))
        return fail(Errc::malformed, "login_device: reply without a token");
    token_ = Secret(std::string(token));
    return {};
}

Result<void> AesTransport::login() {
    if (!keys_ || !token_.empty()) TRY_VOID(probe());
    auto done = login_device(form_);
    if (!done) keys_.reset(); // after a refusal the device wants a new handshake
    // Parameters it cannot read are no refused password, so the other form costs no attempt.
    const int refusal = done ? code::kOk : done.error().device_code;
    if (refusal == code::kBadParameters || refusal == code::kFailed) {
        const AesLogin other = form_ == AesLogin::plain ? AesLogin::hashed : AesLogin::plain;
        TRY_VOID(probe());
        done = login_device(other);
        if (done)
            form_ = other;
        else
            keys_.reset();
    }
    return done;
}

bool AesTransport::ready() const { return keys_ && !token_.empty() && clock_.now() < renew_at_; }

Result<std::string> AesTransport::exchange(std::string_view plain) {
    if (!keys_ || token_.empty()) return fail(Errc::session_expired, "AES: no session");
    auto reply = passthrough(plain);
    if (!reply && reply.error().code == Errc::malformed) reply.error().code = Errc::session_expired;
    if (!reply && reply.error().code == Errc::session_expired) keys_.reset();
    return reply;
}

Result<std::string> AesTransport::passthrough(std::string_view plain) {
    const std::string request =
        base64_encode(crypto::aes128_cbc_encrypt(keys_->key, keys_->iv, as_bytes(plain)));
    const json::object envelope{{"method", "securePassthrough"}, {"params", {{"request", request}}}};
    const net::HttpResponse response = TRY(post(json::serialize(envelope)));
    if (response.status == 429)
        return fail(Errc::refused, "AES: the device asks to slow down: HTTP 429", response.status);
    const json::object reply = TRY(reply_of(response));
    if (const int code = error_code(reply); code != 0)
        return tl::unexpected(device_error(Dialect::smart, code, "securePassthrough"));
    const json::object* result = find_object(reply, "result");
    return decrypt(result ? find_text(*result, "response") : std::string_view());
}

Result<std::string> AesTransport::decrypt(std::string_view response) const {
    if (const auto cipher = base64_decode(response)) {
        const auto plain = crypto::aes128_cbc_decrypt(keys_->key, keys_->iv, *cipher);
        if (plain) return std::string(as_text(*plain));
    }
    // A few devices answer in clear.
    if (parse_object(response)) return std::string(response);
    return fail(Errc::malformed, "AES: reply does not decrypt");
}

} // namespace tplink::tapo
