#include "protocols/tapo/camera_l1.hpp"
#include "protocols/tapo/camera_l3.hpp"
#include "protocols/tapo/camera_l4.hpp"
#include "protocols/tapo/camera_login.hpp"
#include "protocols/tapo/camera_session.hpp"
#include "protocols/tapo/reply.hpp"
#include "protocols/tapo/rungs.hpp"
#include "protocols/vigi/vigi_transport.hpp"

namespace tplink::tapo {
namespace {

constexpr std::uint16_t kCameraPort = 443;

bool is_newer(std::string_view transport) { return transport == "tapo3" || transport == "tapo4"; }

/// What it announced now, or spoke at a former visit: an older login afterwards is a step down somebody may
/// have forced.
bool announces_newer(const Target& target) {
    return is_newer(target.learned.transport) || (target.announced && is_newer(target.announced->transport));
}

template <class T> void take(Climb& climb, std::unique_ptr<T> transport) {
    climb.learned.transport = transport->name();
    climb.learned.port = climb.port(kCameraPort);
    climb.family =
        transport->name() == "vigi" ? discovery::Family::vigi_camera : discovery::Family::tapo_camera;
    climb.session = std::make_unique<CameraSession>(std::move(transport), climb.deps.clock);
}

/// Only a login tells which forms of user name and password this camera holds.
void take_l4(Climb& climb, std::unique_ptr<net::HttpClient> http, const CameraHost& where) {
    const Target& target = climb.target;
    CameraL4Known known = read_l4_form(target.learned.hash_form);
    const bool known_here = target.learned.transport == "tapo4" && known.hash;
    known.settled = known_here && !target.asked_afresh;
    known.worked = known_here && target.account_works;
    known.refused = read_l4_form(target.refused_form).hash;
    std::optional<TpapOffer> offer;
    if (const json::object* tdp = target.announced ? find_object(target.announced->raw, "tdp") : nullptr)
        offer = read_tpap_offer(*tdp);
    auto l4 = std::make_unique<CameraL4>(std::move(http), where, target.credentials, climb.deps.random,
                                         climb.deps.clock, known, std::move(offer), climb.deps.l4_pause);
    const std::stop_callback cancel(climb.deps.stop, [&l4 = *l4] { l4.cancel(); });
    if (auto done = l4->login(); !done) {
        climb.refused_form = l4->refused_form();
        return climb.missed("tapo4", std::move(done).error());
    }
    climb.learned.hash_form = l4_form_text(l4->known());
    take(climb, std::move(l4));
}

void take_generation(Climb& climb, std::unique_ptr<net::HttpClient> http, const CameraHost& where,
                     CameraProbe probe) {
    const Target& target = climb.target;
    switch (probe.generation) {
    case CameraGeneration::l4: return take_l4(climb, std::move(http), where);
    case CameraGeneration::l3:
        if (const auto form = match_hash(target.credentials.password.reveal(), probe.cnonce, probe.nonce,
                                         probe.device_confirm))
            climb.learned.hash_form = to_string(*form);
        return take(climb, std::make_unique<CameraL3>(std::move(http), where, target.credentials,
                                                      climb.deps.random, std::move(probe)));
    case CameraGeneration::l1:
        if (announces_newer(target))
            return climb.missed(
                "tapo1", {Errc::refused,
                          "the camera announces a newer login than it now offers; the older one would hand "
                          "out the password's MD5 and is not used",
                          0,
                          {}});
        climb.learned.hash_form = "md5";
        return take(climb, std::make_unique<CameraL1>(std::move(http), where, target.credentials));
    }
}

void try_vigi(Climb& climb, std::unique_ptr<net::HttpClient> http, const CameraHost& where) {
    const net::HttpClient& seen = *http;
    auto vigi = std::make_unique<vigi::VigiTransport>(std::move(http), where, climb.target.credentials);
    const std::stop_callback cancel(climb.deps.stop, [&vigi = *vigi] { vigi.cancel(); });
    if (auto probed = vigi->probe(); !probed) return climb.missed("vigi", std::move(probed).error());
    climb.learned.certificate_sha256 = seen.certificate_sha256();
    climb.learned.hash_form.clear();
    take(climb, std::move(vigi));
}

Result<CameraProbe> ask(Climb& climb, net::HttpClient& http, const CameraHost& where) {
    const std::stop_callback cancel(climb.deps.stop, [&http] { http.cancel(); });
    return probe_camera(http, where, climb.deps.random);
}

/// False when it is no Tapo camera but something that answers.
bool try_generations(Climb& climb, const CameraHost& where) {
    auto http = climb.connect(kCameraPort, net::Tls::device);
    auto probe = ask(climb, *http, where);
    if (!probe) {
        const bool other = probe.error().code == Errc::unsupported;
        climb.missed("tapo3", std::move(probe).error());
        return !other;
    }
    climb.learned.certificate_sha256 = http->certificate_sha256();
    take_generation(climb, std::move(http), where, std::move(*probe));
    return true;
}

} // namespace

void try_camera(Climb& climb) {
    const CameraHost where{climb.target.host, climb.port(kCameraPort)};
    const bool vigi_first =
        climb.target.family == discovery::Family::vigi_camera || climb.target.learned.transport == "vigi";
    if (vigi_first) {
        try_vigi(climb, climb.connect(kCameraPort, net::Tls::device), where);
        const bool other = !climb.session && climb.attempts.back().error.code == Errc::unsupported;
        if (!other) return;
        (void)try_generations(climb, where);
        return;
    }
    if (!try_generations(climb, where) && climb.goes_on())
        try_vigi(climb, climb.connect(kCameraPort, net::Tls::device), where);
}

std::uint16_t Climb::port(std::uint16_t own_port) const {
    if (target.port != 0) return target.port;
    if (target.announced && target.announced->port != 0 && target.announced->transport != "xor")
        return target.announced->port;
    return target.learned.port != 0 && target.learned.transport != "xor" ? target.learned.port : own_port;
}

net::HttpOptions Climb::options(std::uint16_t own_port, net::Tls tls) const {
    net::HttpOptions options;
    options.host = target.host;
    options.port = port(own_port);
    options.tls = tls;
    if (tls != net::Tls::none) options.certificate_sha256 = target.learned.certificate_sha256;
    return options;
}

std::unique_ptr<net::HttpClient> Climb::connect(std::uint16_t own_port, net::Tls tls) const {
    return deps.http(options(own_port, tls));
}

} // namespace tplink::tapo
