#include "protocols/tapo/tpap_channel.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "protocols/base/crypto_attest.hpp"
#include "protocols/error_codes.hpp"
#include "protocols/tapo/camera_http.hpp"
#include "protocols/tapo/camera_login.hpp"
#include "protocols/tapo/reply.hpp"
#include "protocols/tapo/tpap_root.hpp"

namespace tplink::tapo {
namespace {

constexpr int kMaxLockMinutes = 1440;
constexpr int kMaxLifetimeSeconds = 30 * 86400;

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

/// What ends a session when it comes in clear. Source: tpap.md, "Refusals".
bool ends_session(int number) {
    return errc_of(Dialect::smart, number) == Errc::session_expired ||
           errc_of(Dialect::camera, number) == Errc::session_expired;
}

/// A lock in any of its spellings; nothing when logins are still taken.
std::optional<Error> lock_of(const json::object& reply) {
    if (auto locked = lockout_of(reply)) return locked;
    const json::object* info = find_object(reply, "error_info");
    if (!info) return std::nullopt;
    // Together with attempts left, the minutes only say how long a lock would be.
    const int minutes = find_int(*info, "lockedMinute").value_or(0);
    if (find_int(*info, "remainAttempts").value_or(1) > 0 || minutes <= 0) return std::nullopt;
    Error error = device_error(Dialect::camera_login, code::kBlocked, "login");
    error.retry_after = std::chrono::minutes(std::min(minutes, kMaxLockMinutes));
    return error;
}

std::optional<int> left_of(const json::object& reply) {
    const json::object* info = find_object(reply, "error_info");
    return info ? find_int(*info, "remainAttempts") : std::nullopt;
}

Error share_refusal(const json::object& reply) {
    if (auto locked = lock_of(reply)) return *locked;
    const int number = error_code(reply);
    std::string what = "the device refuses this account's proof: e-mail or password are wrong (error " +
                       std::to_string(number) + ")";
    if (const auto left = left_of(reply))
        what += ", " + std::to_string(*left) + " attempts are left before it locks";
    return {Errc::auth_failed, std::move(what), number, {}};
}

std::optional<std::uint32_t> seq_of(const json::object& result) {
    const json::value* value = result.if_contains("start_seq");
    boost::system::error_code bad;
    const std::int64_t number = value ? value->to_number<std::int64_t>(bad) : 0;
    if (!value || bad) return std::nullopt;
    return static_cast<std::uint32_t>(number); // negative ones as two's complement
}

Buffer random_scalar(RandomBytes& random, crypto::Curve curve) {
    for (;;) {
        Buffer x = random.bytes(crypto::scalar_bytes(curve));
        if (curve == crypto::Curve::p521) x.front() &= std::byte{1}; // 521 bits
        if (crypto::is_scalar(curve, x)) return x;
    }
}

} // namespace

TpapChannel::TpapChannel(Dress dress, RandomBytes& random, bool short_w0)
    : dress_(std::move(dress)), random_(random), short_w0_(short_w0) {}

Result<json::object> TpapChannel::ask(net::HttpClient& http, json::object params) {
    json::object request{{"method", "login"}};
    request["params"] = std::move(params);
    const net::HttpResponse response = TRY(http.send(dress_("/", json::serialize(request), false)));
    auto reply = parse_object(response.body);
    if (reply) return reply;
    const std::string what = "TPAP: HTTP " + std::to_string(response.status) + ", " + reply.error().what;
    const bool other =
        response.status == 404 || response.status == 403 || response.status == 405 || response.status == 501;
    return fail(other ? Errc::unsupported : Errc::malformed, what, response.status);
}

Result<TpapOffer> TpapChannel::discover(net::HttpClient& http) {
    const json::object reply = TRY(ask(http, {{"sub_method", "discover"}}));
    if (auto locked = lock_of(reply)) return tl::unexpected(*locked);
    const int number = error_code(reply);
    if (number != code::kOk)
        return fail(Errc::unsupported, "TPAP: no such login here (error " + std::to_string(number) + ")",
                    number);
    const json::object* result = find_object(reply, "result");
    auto offer = result ? read_tpap_offer(*result) : std::nullopt;
    if (!offer) return fail(Errc::unsupported, "TPAP: the device prefers another login");
    return std::move(*offer);
}

Result<TpapRegistration> TpapChannel::enroll(net::HttpClient& http, const Registration& registration) {
    close();
    user_random_ = random_.bytes(kTpapRandomBytes);
    json::object params{{"sub_method", "pake_register"},
                        {"username", registration.user},
                        {"user_random", base64_encode(user_random_)},
                        {"cipher_suites", json::array{1}},
                        {"encryption", json::array{"aes_128_ccm"}},
                        {"passcode_type", view(registration.passcode_type)}};
    if (registration.null_stok) params["stok"] = nullptr;
    const json::object reply = TRY(ask(http, std::move(params)));
    if (auto locked = lock_of(reply)) return tl::unexpected(*locked);
    if (const int number = error_code(reply); number != code::kOk) {
        Error error = device_error(Dialect::smart, number, "TPAP login");
        // Nothing secret was said yet, so nobody's password is wrong.
        if (error.code == Errc::auth_failed) error.code = Errc::refused;
        return tl::unexpected(std::move(error));
    }
    const json::object* result = find_object(reply, "result");
    if (!result) return fail(Errc::malformed, "TPAP: reply without result");
    return read_registration(*result);
}

Result<void> TpapChannel::share(net::HttpClient& http, const TpapRegistration& registration,
                                const Secret& credential, std::optional<WallTime> attest) {
    const Buffer x = random_scalar(random_, crypto::spake2_suite(registration.suite)->curve);
    const crypto::Spake2Output proof = TRY(tpap_prove(registration, credential, user_random_, x, short_w0_));
    json::object params{{"sub_method", "pake_share"},
                        {"user_share", base64_encode(proof.share)},
                        {"user_confirm", base64_encode(proof.confirm)}};
    const Buffer nonce = attest ? random_.bytes(kTpapRandomBytes) : Buffer();
    if (attest) params["dac_nonce"] = base64_encode(nonce);
    const json::object reply = TRY(ask(http, std::move(params)));
    attempts_left_ = left_of(reply);
    if (error_code(reply) != code::kOk) return tl::unexpected(share_refusal(reply));
    const json::object* result = find_object(reply, "result");
    if (!result) return fail(Errc::malformed, "TPAP: reply without result");
    TRY_VOID(accept(registration, proof, *result));
    attestation_problem_.reset();
    if (attest) check_proof(*result, proof.shared_key, nonce, *attest);
    return {};
}

void TpapChannel::check_proof(const json::object& result, Bytes shared_key, Bytes nonce, WallTime now) {
    const auto part = [&](std::string_view key) { return base64_decode(find_text(result, key)).value_or(Buffer()); };
    const auto good = crypto::check_attestation(kTpapRootPem, {part("dac_ca"), part("dac_ica"), part("dac_proof")}, concat({shared_key, nonce}), now);
    if (!good) attestation_problem_ = good.error();
}

Result<void> TpapChannel::accept(const TpapRegistration& registration, const crypto::Spake2Output& proof,
                                 const json::object& result) {
    const auto confirm = base64_decode(find_text(result, "dev_confirm"));
    if (!confirm || !equal_constant_time(*confirm, proof.device_confirm))
        return fail(Errc::auth_failed, "what answers here does not know the account's password: it is not "
                                       "the device, or belongs to another account");
    std::string_view stok = find_text(result, "stok");
    if (stok.empty()) stok = find_text(result, "sessionId");
    const auto seq = seq_of(result);
    if (!is_stok(stok) || !seq) return fail(Errc::malformed, "TPAP: reply without stok or start_seq");
    stok_ = Secret(std::string(stok));
    seq_ = *seq;
    lifetime_s_ = std::clamp(find_int(result, "expired").value_or(0), 0, kMaxLifetimeSeconds);
    cipher_.emplace(registration.cipher, crypto::spake2_suite(registration.suite)->hash, proof.shared_key);
    return {};
}

Result<std::string> TpapChannel::exchange(net::HttpClient& http, std::string_view plain, bool same_seq) {
    if (!cipher_) return fail(Errc::session_expired, "TPAP: no session");
    const std::uint32_t seq = seq_++; // a failed request uses its number up, too
    const Buffer frame = cipher_->seal(seq, as_bytes(plain));
    const net::HttpResponse response =
        TRY(http.send(dress_(stok_path(stok_.reveal()), std::string(as_text(frame)), true)));
    if (const auto refusal = clear_refusal(response.body)) {
        if (auto locked = lock_of(*refusal)) {
            close();
            return tl::unexpected(*locked);
        }
        const int number = error_code(*refusal);
        if (ends_session(number) || response.status != 200)
            return gone("error " + std::to_string(number), number);
        return response.body;
    }
    if (response.status != 200) return gone("HTTP " + std::to_string(response.status));
    const Bytes reply = as_bytes(response.body);
    if (same_seq && reply.size() > kTpapSeqBytes && load_be32(reply.first<kTpapSeqBytes>()) != seq)
        return gone("the reply bears another number than the request");
    const auto opened = cipher_->open(reply);
    if (!opened) return gone(opened.error().what);
    return std::string(as_text(*opened));
}

tl::unexpected<Error> TpapChannel::gone(const std::string& what, int code) {
    close();
    return fail(Errc::session_expired, "session gone: " + what, code);
}

} // namespace tplink::tapo
