#include "protocols/tapo/klap_transport.hpp"

#include <array>
#include <utility>

#include "protocols/tapo/cookie.hpp"

namespace tplink::tapo {
namespace {

struct FactoryAccount {
    const char* label;
    const char* username;
    const char* password;
};

// What a device answers to that is not (or no longer) bound to an account. Source: klap.md, "Factory
// accounts".
constexpr std::array kFactoryAccounts{
    FactoryAccount{"kasa@tp-link.net", "kasa@tp-link.net", "kasaSetup"},
    FactoryAccount{"test@tp-link.net", "test@tp-link.net", "test"},
    FactoryAccount{"the empty account", "", ""},
};

// The device told its proof and counted nothing: it may be asked again without harm.
constexpr std::chrono::seconds kLookAgain{300};

// Firmwares that allow one request per session break the second one; twice in a row is no accident.
constexpr unsigned kBrokenSecondsBeforeBelief = 2;

tl::unexpected<Error> refused_status(const char* step, int status) {
    const std::string where = std::string("KLAP ") + step + ": HTTP " + std::to_string(status);
    if (status == 403)
        return fail(Errc::unsupported,
                    where + ": the device speaks TPAP, or third-party compatibility is off", status);
    if (status == 404) return fail(Errc::unsupported, where + ": no KLAP here", status);
    if (status == 429) return fail(Errc::refused, where + ": the device asks to slow down", status);
    return fail(Errc::malformed, where, status);
}

} // namespace

KlapTransport::KlapTransport(std::unique_ptr<net::HttpClient> http, Credentials credentials,
                             RandomBytes& random, const Clock& clock)
    : http_(std::move(http)), credentials_(std::move(credentials)), random_(random), clock_(clock) {}

Result<net::HttpResponse> KlapTransport::post(std::string path, Bytes body) {
    net::HttpRequest request;
    request.path = std::move(path);
    request.body = as_text(body);
    request.content_type = "application/octet-stream";
    if (!cookie_.empty()) request.headers.emplace_back("Cookie", cookie_);
    return http_->send(request);
}

Result<void> KlapTransport::match_account(const Buffer& local, Bytes remote, Bytes server_hash) {
    const auto fits = [&](KlapVersion version, std::string_view username, std::string_view password) {
        Buffer auth = klap_auth_hash(version, username, password);
        if (!equal_constant_time(klap_server_hash(version, local, remote, auth), server_hash)) return false;
        version_ = version;
        pending_ = Handshake{local, to_buffer(remote), std::move(auth)};
        return true;
    };
    for (const KlapVersion version : {KlapVersion::v2, KlapVersion::v1}) {
        factory_account_.clear();
        if (fits(version, credentials_.username, credentials_.password.reveal())) return {};
        for (const FactoryAccount& account : kFactoryAccounts) {
            if (!fits(version, account.username, account.password)) continue;
            factory_account_ = account.label;
            return {};
        }
    }
    return tl::unexpected(Error{
        Errc::auth_failed,
        "account mismatch: the device belongs to another account, or e-mail or password are wrong (both are "
        "case-sensitive)",
        0, kLookAgain});
}

Result<void> KlapTransport::probe() {
    pending_.reset();
    cipher_.reset();
    cookie_.clear();
    const Buffer local = random_.bytes(kKlapSeedBytes);
    const net::HttpResponse response = TRY(post("/app/handshake1", local));
    if (response.status != 200) return refused_status("handshake1", response.status);
    const Bytes body = as_bytes(response.body);
    // A web server that is no KLAP device answers anything with its start page.
    if (body.size() != kKlapHandshakeBytes)
        return fail(Errc::malformed,
                    "KLAP handshake1: reply of " + std::to_string(body.size()) + " bytes, not 48");
    renew_at_ = SteadyTime::max();
    if (const auto cookie = session_cookie(response)) {
        cookie_ = cookie->pair;
        renew_at_ = clock_.now() + cookie->renew_after;
    }
    return match_account(local, body.first(kKlapSeedBytes), body.subspan(kKlapSeedBytes));
}

Result<void> KlapTransport::login() {
    const bool continued = pending_.has_value();
    if (!continued) TRY_VOID(probe());
    auto done = finish();
    // The device may have forgotten a handshake begun a while ago: only a fresh one tells.
    if (!done && continued && done.error().device_code != 0) {
        TRY_VOID(probe());
        done = finish();
    }
    return done;
}

Result<void> KlapTransport::finish() {
    const Handshake handshake = *std::exchange(pending_, std::nullopt);
    const auto proof =
        klap_client_hash(*version_, handshake.local_seed, handshake.remote_seed, handshake.auth_hash);
    const net::HttpResponse response = TRY(post("/app/handshake2", proof));
    if (response.status == 403)
        return fail(Errc::auth_failed, "KLAP handshake2: the plug refuses this account's proof",
                    response.status);
    if (response.status != 200) return refused_status("handshake2", response.status);
    cipher_.emplace(handshake.local_seed, handshake.remote_seed, handshake.auth_hash);
    requests_ = 0;
    return {};
}

bool KlapTransport::ready() const {
    return cipher_ && !cipher_->exhausted() && clock_.now() < renew_at_ &&
           !(one_request_sessions_ && requests_ > 0);
}

Result<std::string> KlapTransport::exchange(std::string_view plain) {
    if (!cipher_ || cipher_->exhausted()) return fail(Errc::session_expired, "KLAP: no session");
    const std::int32_t seq = cipher_->next_seq();
    ++requests_;
    const auto response =
        post("/app/request?seq=" + std::to_string(seq), cipher_->seal(seq, as_bytes(plain)));
    if (!response) {
        if (response.error().code == Errc::malformed) return broken("KLAP: reply is no HTTP");
        return tl::unexpected(response.error());
    }
    if (response->status == 429) return refused_status("request", response->status);
    if (response->status != 200) {
        cipher_.reset();
        return fail(Errc::session_expired, "KLAP: session gone: HTTP " + std::to_string(response->status));
    }
    const auto opened = cipher_->open(seq, as_bytes(response->body));
    if (!opened) return broken(opened.error().what);
    if (requests_ == 2) broken_seconds_ = 0;
    return std::string(as_text(*opened));
}

tl::unexpected<Error> KlapTransport::broken(std::string what) {
    cipher_.reset();
    if (requests_ == 2 && ++broken_seconds_ >= kBrokenSecondsBeforeBelief) one_request_sessions_ = true;
    return fail(Errc::session_expired, std::move(what));
}

} // namespace tplink::tapo
