#include "protocols/tapo/tpap_transport.hpp"

#include "protocols/error_codes.hpp"

namespace tplink::tapo {
namespace {

constexpr std::uint16_t kTlsPort = 4433; // of devices that say TLS and no port
constexpr std::chrono::seconds kRenewEarly{60};

net::HttpRequest plug_request(std::string path, std::string body, bool binary) {
    net::HttpRequest request;
    request.path = std::move(path);
    request.body = std::move(body);
    request.content_type = binary ? "application/octet-stream" : "application/json";
    return request;
}

} // namespace

TpapTransport::TpapTransport(net::HttpClientFactory connect, net::HttpOptions where, Credentials credentials,
                             RandomBytes& random, const Clock& clock, bool proven)
    : connect_(std::move(connect)), where_(std::move(where)), credentials_(std::move(credentials)),
      clock_(clock), channel_(plug_request, random, true), proven_(proven), http_(connect_(where_)) {}

void TpapTransport::cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    http_->cancel();
}

void TpapTransport::follow(const TpapOffer& offer) {
    const bool tls = offer.tls != 0;
    const std::uint16_t port = offer.port != 0                       ? offer.port
                               : tls && where_.tls == net::Tls::none ? kTlsPort
                                                                     : where_.port;
    if (port == where_.port && tls == (where_.tls != net::Tls::none)) return;
    where_.port = port;
    where_.tls = tls ? net::Tls::device : net::Tls::none;
    std::shared_ptr<net::HttpClient> next = connect_(where_);
    const std::lock_guard lock(mutex_);
    http_ = std::move(next);
    if (cancelled_) http_->cancel();
}

Result<void> TpapTransport::probe() {
    offer_ = TRY(channel_.discover(*http_));
    follow(*offer_);
    return {};
}

bool TpapTransport::uses_factory_passcode() const {
    return offer_ && plug_passcode_type(offer_->pake) == "default_userpw";
}

Result<Secret> TpapTransport::credential(const TpapRegistration& registration) const {
    if (uses_factory_passcode()) return factory_passcode(offer_->mac);
    if (credentials_.password.empty())
        return fail(Errc::auth_failed, "no account is configured; this device wants the one it is bound to");
    return tpap_credential(registration.extra_crypt, credentials_.username, credentials_.password.reveal(),
                           offer_->mac);
}

Result<void> TpapTransport::login() {
    if (!offer_) TRY_VOID(probe());
    const std::string_view type = plug_passcode_type(offer_->pake);
    if (type == "shared_token") return fail(Errc::unsupported, "TPAP: the device takes shared tokens only");
    const TpapUser form = offer_->user_hash_type == 1 ? TpapUser::sha256 : TpapUser::md5;
    const auto registration = channel_.enroll(*http_, {tpap_user(form), type, true});
    if (!registration) {
        offer_.reset(); // a new firmware may offer something else
        return tl::unexpected(registration.error());
    }
    const Secret secret = TRY(credential(*registration));
    const auto shared = channel_.share(*http_, *registration, secret, offer_->tls == 0 && offer_->attests ? std::optional(clock_.wall()) : std::nullopt);
    if (!shared) {
        Error error = shared.error();
        // The device holds one begun login: another client's voids ours, and looks like a refusal.
        if (proven_ && error.code == Errc::auth_failed &&
            errc_of(Dialect::smart, error.device_code) == Errc::session_expired)
            error.code = Errc::session_expired;
        proven_ = false;
        return tl::unexpected(std::move(error));
    }
    proven_ = true;
    renew_at_ = SteadyTime::max();
    if (const std::chrono::seconds lifetime(channel_.lifetime_s()); lifetime > kRenewEarly)
        renew_at_ = clock_.now() + lifetime - kRenewEarly;
    return {};
}

bool TpapTransport::ready() const { return channel_.open() && clock_.now() < renew_at_; }

Result<std::string> TpapTransport::exchange(std::string_view plain) {
    return channel_.exchange(*http_, plain, true);
}

} // namespace tplink::tapo
