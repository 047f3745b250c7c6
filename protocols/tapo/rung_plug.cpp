#include <algorithm>
#include <deque>
#include <optional>

#include "protocols/error_codes.hpp"
#include "protocols/kasa/iot_session.hpp"
#include "protocols/kasa/xor.hpp"
#include "protocols/kasa/xor_transport.hpp"
#include "protocols/tapo/aes_transport.hpp"
#include "protocols/tapo/klap_transport.hpp"
#include "protocols/tapo/reply.hpp"
#include "protocols/tapo/rungs.hpp"
#include "protocols/tapo/smart_session.hpp"
#include "protocols/tapo/tpap_transport.hpp"

namespace tplink::tapo {
namespace {

using discovery::Family;

constexpr std::uint16_t kPlugPort = 80;
constexpr int kForbidden = 403;

enum class Rung { klap, aes, tpap, port9999 };

std::optional<Rung> rung_of(std::string_view transport) {
    if (transport.starts_with("klap")) return Rung::klap;
    if (transport == "aes") return Rung::aes;
    if (transport == "tpap") return Rung::tpap;
    if (transport == "xor") return Rung::port9999;
    return std::nullopt;
}

std::string announced_transport(const Target& target) {
    return target.announced ? target.announced->transport : "";
}

net::Tls tls_of(const Target& target) {
    return target.announced && target.announced->https ? net::Tls::device : net::Tls::none;
}

bool is_kasa(const Target& target) {
    return target.family == Family::kasa_plug || (target.announced && target.announced->iot);
}

net::HttpOptions where_of(const Climb& climb) {
    net::HttpOptions options = climb.options(kPlugPort, tls_of(climb.target));
    options.reply_timeout = climb.deps.plug_reply_timeout;
    return options;
}

void take_smart(Climb& climb, std::unique_ptr<Transport> transport, std::uint16_t port) {
    climb.learned.transport = transport->name();
    climb.learned.port = port;
    climb.family = Family::tapo_plug;
    climb.session = std::make_unique<SmartSession>(std::move(transport), climb.deps.random, climb.deps.clock);
}

void take_iot(Climb& climb, std::unique_ptr<Transport> transport, std::uint16_t port) {
    climb.learned.transport = transport->name();
    climb.learned.port = port;
    climb.family = Family::kasa_plug;
    climb.session = std::make_unique<kasa::IotSession>(std::move(transport), climb.deps.clock);
}

/// Asks in the SMART language: only that has an error_code in its answers.
bool answers_in_iot(KlapTransport& klap) {
    if (!klap.login()) return false;
    const auto reply = klap.exchange(R"({"method":"get_device_info"})");
    const auto object = reply ? parse_object(*reply) : fail(Errc::malformed, "");
    return object && !object->contains("error_code");
}

bool carries_iot(const Climb& climb, KlapTransport& klap) {
    const Target& target = climb.target;
    if (klap.version() == KlapVersion::v1) return true;
    if (target.announced && target.announced->family != Family::unknown) return target.announced->iot;
    if (target.learned.transport.starts_with("klap2")) return target.learned.transport == "klap2-iot";
    return target.family != Family::tapo_plug && answers_in_iot(klap);
}

void try_klap(Climb& climb) {
    auto http = climb.deps.http(where_of(climb));
    const net::HttpClient& seen = *http; // owned by the transport from here on
    auto klap = std::make_unique<KlapTransport>(std::move(http), climb.target.credentials, climb.deps.random,
                                                climb.deps.clock);
    const std::stop_callback cancel(climb.deps.stop, [&klap = *klap] { klap.cancel(); });
    if (auto probed = klap->probe(); !probed) return climb.missed("klap2", std::move(probed).error());
    climb.learned.factory_account = klap->factory_account();
    if (tls_of(climb.target) != net::Tls::none) climb.learned.certificate_sha256 = seen.certificate_sha256();
    if (carries_iot(climb, *klap)) {
        klap->carry_iot();
        return take_iot(climb, std::move(klap), climb.port(kPlugPort));
    }
    take_smart(climb, std::move(klap), climb.port(kPlugPort));
}

void try_aes(Climb& climb) {
    if (!climb.deps.rsa_1024) return climb.missed("aes", {Errc::unsupported, "AES: no RSA key given", 0, {}});
    const bool hashed = climb.target.announced && climb.target.announced->login_version >= 2;
    auto aes = std::make_unique<AesTransport>(climb.deps.http(where_of(climb)),
                                              climb.target.credentials, climb.deps.rsa_1024,
                                              hashed ? AesLogin::hashed : AesLogin::plain, climb.deps.clock);
    const std::stop_callback cancel(climb.deps.stop, [&aes = *aes] { aes.cancel(); });
    if (auto probed = aes->probe(); !probed) return climb.missed("aes", std::move(probed).error());
    climb.learned.factory_account.clear();
    take_smart(climb, std::move(aes), climb.port(kPlugPort));
}

void try_tpap(Climb& climb) {
    const bool proven = climb.target.learned.transport == "tpap";
    auto tpap = std::make_unique<TpapTransport>(
        climb.deps.http, where_of(climb), climb.target.credentials,
        climb.deps.random, climb.deps.clock, proven);
    const std::stop_callback cancel(climb.deps.stop, [&tpap = *tpap] { tpap.cancel(); });
    auto done = tpap->probe();
    if (done) done = tpap->login();
    if (!done && done.error().code == Errc::session_expired) done = tpap->login();
    if (!done) return climb.missed("tpap", std::move(done).error());
    climb.learned.factory_account = tpap->uses_factory_passcode() ? "its factory passcode" : "";
    climb.learned.certificate_sha256 = tpap->certificate_sha256();
    if (tpap->attestation_problem()) climb.missed("tpap attestation", *tpap->attestation_problem()); // said, not required
    take_smart(climb, std::move(tpap), climb.port(kPlugPort));
}

void try_rung(Climb& climb, Rung rung) {
    switch (rung) {
    case Rung::klap: return try_klap(climb);
    case Rung::aes: return try_aes(climb);
    case Rung::tpap: return try_tpap(climb);
    case Rung::port9999: return try_xor(climb);
    }
}

/// Learned, announced, then the usual order. Source: ladder.md, "Order".
std::deque<Rung> order_of(const Target& target) {
    std::deque<Rung> order;
    const auto add = [&](std::optional<Rung> rung) {
        if (rung && std::find(order.begin(), order.end(), *rung) == order.end()) order.push_back(*rung);
    };
    add(rung_of(target.learned.transport));
    add(rung_of(announced_transport(target)));
    if (is_kasa(target) && announced_transport(target).empty()) add(Rung::port9999);
    for (const Rung rung : {Rung::klap, Rung::aes, Rung::tpap}) add(rung);
    if (is_kasa(target) || target.family == Family::unknown ||
        (target.announced && target.announced->answers_xor))
        add(Rung::port9999);
    return order;
}

void prefer(std::deque<Rung>& order, Rung rung) {
    const auto at = std::find(order.begin(), order.end(), rung);
    if (at == order.end()) return;
    order.erase(at);
    order.push_front(rung);
}

/// What a refusal says about the rungs left.
void adapt(std::deque<Rung>& order, Rung asked, const Error& error) {
    if (error.code == Errc::unreachable || error.code == Errc::timeout || error.code == Errc::cancelled) {
        if (asked != Rung::port9999) // one door for three logins
            std::erase_if(order, [](Rung rung) { return rung != Rung::port9999; });
        return;
    }
    if (asked == Rung::klap) prefer(order, error.device_code == kForbidden ? Rung::tpap : Rung::aes);
    if (asked == Rung::aes && error.device_code == code::kWrongTransport) {
        prefer(order, Rung::tpap);
        prefer(order, Rung::klap);
    }
    if (asked == Rung::tpap && error.code == Errc::unsupported) prefer(order, Rung::klap);
}

/// The older logins are refused as such and the newer one is not offered.
bool compatibility_is_off(const Climb& climb) {
    return std::any_of(climb.attempts.begin(), climb.attempts.end(), [](const Attempt& attempt) {
        const int number = attempt.error.device_code;
        return attempt.error.code == Errc::unsupported &&
               (number == kForbidden || number == code::kWrongTransport);
    });
}

constexpr const char* kCompatibilityOff =
    "third-party compatibility is off: the device refuses the older logins and offers no TPAP; turn it on in "
    "the Tapo app: "
    "Me > Third-Party Services (Kasa app: Me > Settings), off and on again if it is on";

} // namespace

void try_plug(Climb& climb) {
    std::deque<Rung> order = order_of(climb.target);
    while (!order.empty() && !climb.session && !climb.deps.stop.stop_requested()) {
        const Rung rung = order.front();
        order.pop_front();
        const std::size_t before = climb.attempts.size();
        try_rung(climb, rung);
        if (climb.session || climb.attempts.size() == before) return;
        const Error& error = climb.attempts.back().error;
        // A proof for another account says nothing against a newer login that was announced.
        const bool tpap_left = announced_transport(climb.target) == "tpap" &&
                               std::find(order.begin(), order.end(), Rung::tpap) != order.end();
        if (error.code == Errc::auth_failed && rung == Rung::klap && tpap_left)
            order = {Rung::tpap};
        else if (!climb.goes_on())
            return;
        adapt(order, rung, error);
    }
    if (climb.goes_on() && compatibility_is_off(climb))
        climb.missed("verdict", {Errc::unsupported, kCompatibilityOff, 0, {}});
}

void try_xor(Climb& climb) {
    const bool learned = climb.target.learned.transport == "xor" && climb.target.learned.port != 0;
    const std::uint16_t port = climb.target.port != 0 ? climb.target.port
                               : learned              ? climb.target.learned.port
                                                      : kasa::kXorPort;
    auto transport = std::make_unique<kasa::XorTransport>(climb.deps.tcp(), climb.target.host, port);
    const std::stop_callback cancel(climb.deps.stop, [&transport = *transport] { transport.cancel(); });
    kasa::XorTransport& asked = *transport;
    asked.set_reply_timeout(climb.deps.xor_probe_timeout);
    auto session = std::make_unique<kasa::IotSession>(std::move(transport), climb.deps.clock);
    const auto identity = session->identify();
    asked.set_reply_timeout(climb.deps.xor_reply_timeout);
    if (!identity) return climb.missed("xor", identity.error());
    climb.learned.transport = "xor";
    climb.learned.port = port;
    climb.learned.factory_account.clear();
    climb.family =
        identity->device_type.find("IPCAMERA") != std::string::npos ? Family::kasa_camera : Family::kasa_plug;
    climb.session = std::move(session);
}

} // namespace tplink::tapo
