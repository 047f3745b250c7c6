#include <algorithm>

#include "protocols/error_codes.hpp"
#include "protocols/tapo/aes_transport.hpp"
#include "protocols/tapo/klap_transport.hpp"
#include "protocols/tapo/rungs.hpp"
#include "protocols/tapo/smart_session.hpp"

namespace tplink::tapo {
namespace {

constexpr std::uint16_t kPlugPort = 80;

std::string announced_transport(const Target& target) {
    return target.announced ? target.announced->transport : "";
}

net::Tls tls_of(const Target& target) {
    return target.announced && target.announced->https ? net::Tls::device : net::Tls::none;
}

void take(Climb& climb, std::unique_ptr<Transport> transport) {
    climb.learned.transport = transport->name();
    climb.session = std::make_unique<SmartSession>(std::move(transport), climb.deps.random, climb.deps.clock);
}

void try_klap(Climb& climb) {
    auto http = climb.connect(kPlugPort, tls_of(climb.target));
    const net::HttpClient& seen = *http; // owned by the transport from here on
    auto klap = std::make_unique<KlapTransport>(std::move(http), climb.target.credentials, climb.deps.random,
                                                climb.deps.clock);
    const std::stop_callback cancel(climb.deps.stop, [&klap = *klap] { klap.cancel(); });
    if (auto probed = klap->probe(); !probed) return climb.missed("klap2", std::move(probed).error());
    if (klap->version() == KlapVersion::v1)
        return climb.missed(
            "klap2",
            {Errc::unsupported, "the device speaks KLAP v1 (older Kasa firmware), not yet supported", 0, {}});
    climb.learned.factory_account = klap->factory_account();
    if (tls_of(climb.target) != net::Tls::none) climb.learned.certificate_sha256 = seen.certificate_sha256();
    take(climb, std::move(klap));
}

void try_aes(Climb& climb) {
    if (!climb.deps.rsa_1024) return climb.missed("aes", {Errc::unsupported, "AES: no RSA key given", 0, {}});
    const bool hashed = climb.target.announced && climb.target.announced->login_version >= 2;
    auto aes = std::make_unique<AesTransport>(climb.connect(kPlugPort, tls_of(climb.target)),
                                              climb.target.credentials, climb.deps.rsa_1024,
                                              hashed ? AesLogin::hashed : AesLogin::plain, climb.deps.clock);
    const std::stop_callback cancel(climb.deps.stop, [&aes = *aes] { aes.cancel(); });
    if (auto probed = aes->probe(); !probed) return climb.missed("aes", std::move(probed).error());
    climb.learned.factory_account.clear();
    take(climb, std::move(aes));
}

/// Announced, or a KLAP that answers "forbidden", or an AES that answers 1003 on a plug that refused KLAP.
bool looks_like_tpap(const Climb& climb) {
    constexpr int kForbidden = 403;
    return announced_transport(climb.target) == "tpap" ||
           std::any_of(climb.attempts.begin(), climb.attempts.end(), [](const Attempt& attempt) {
               const int number = attempt.error.device_code;
               return attempt.error.code == Errc::unsupported &&
                      (number == kForbidden || number == code::kWrongTransport);
           });
}

bool connection_failed(const Climb& climb) {
    const Errc code = climb.attempts.empty() ? Errc::malformed : climb.attempts.back().error.code;
    return code == Errc::unreachable || code == Errc::timeout || code == Errc::cancelled;
}

} // namespace

void try_plug(Climb& climb) {
    if (climb.target.announced && climb.target.announced->iot) return try_kasa(climb);
    const std::string first = climb.target.learned.transport.empty() ? announced_transport(climb.target)
                                                                     : climb.target.learned.transport;
    const bool aes_first = first == "aes";
    aes_first ? try_aes(climb) : try_klap(climb);
    if (!climb.goes_on() || connection_failed(climb)) return;
    aes_first ? try_klap(climb) : try_aes(climb);
    if (climb.goes_on() && looks_like_tpap(climb)) climb.missed("tpap", wants_tpap("plug"));
}

void try_kasa(Climb& climb) {
    climb.missed("xor",
                 {Errc::unsupported, "the device speaks the older Kasa language, not yet supported", 0, {}});
}

} // namespace tplink::tapo
