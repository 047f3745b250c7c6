#include "protocols/tapo/camera_l1.hpp"
#include "protocols/tapo/camera_l3.hpp"
#include "protocols/tapo/camera_login.hpp"
#include "protocols/tapo/camera_session.hpp"
#include "protocols/tapo/reply.hpp"
#include "protocols/tapo/rungs.hpp"

namespace tplink::tapo {
namespace {

constexpr std::uint16_t kCameraPort = 443;

bool is_newer(std::string_view transport) { return transport == "tapo3" || transport == "tapo4"; }

/// What it announced now, or spoke at a former visit: an older login afterwards is a step down somebody may have forced.
bool announces_newer(const Target& target) {
    return is_newer(target.learned.transport) || (target.announced && is_newer(target.announced->transport));
}

/// Asks as a VIGI camera is asked; 401 and an error are its normal answer.
bool is_vigi(net::HttpClient& http, const CameraHost& where) {
    constexpr const char* kQuestion = R"({"method":"do","user_management":{"get_encrypt_info":null}})";
    const auto response = http.send(camera_request(where, "/", kQuestion));
    const auto reply = response ? parse_object(response->body) : fail(Errc::malformed, "");
    const json::object* data = reply ? find_object(*reply, "data") : nullptr;
    return data && !find_text(*data, "key").empty();
}

void take(Climb& climb, std::unique_ptr<Transport> transport) {
    climb.learned.transport = transport->name();
    climb.session = std::make_unique<CameraSession>(std::move(transport), climb.deps.clock);
}

void take_generation(Climb& climb, std::unique_ptr<net::HttpClient> http, const CameraHost& where,
                     CameraProbe probe) {
    const Target& target = climb.target;
    switch (probe.generation) {
    case CameraGeneration::l4: return climb.missed("tapo4", wants_tpap("camera"));
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

std::optional<CameraProbe> ask(Climb& climb, net::HttpClient& http, const CameraHost& where) {
    const std::stop_callback cancel(climb.deps.stop, [&http] { http.cancel(); });
    auto probe = probe_camera(http, where, climb.deps.random);
    if (probe) return std::move(*probe);
    const bool other = probe.error().code == Errc::unsupported;
    climb.missed("tapo3", std::move(probe).error());
    if (other && is_vigi(http, where))
        climb.missed("vigi",
                     {Errc::unsupported, "the camera speaks the VIGI login, not yet supported", 0, {}});
    return std::nullopt;
}

} // namespace

void try_camera(Climb& climb) {
    auto http = climb.connect(kCameraPort, net::Tls::device);
    const CameraHost where{climb.target.host, climb.port(kCameraPort)};
    auto probe = ask(climb, *http, where);
    if (!probe) return;
    climb.learned.certificate_sha256 = http->certificate_sha256();
    take_generation(climb, std::move(http), where, std::move(*probe));
}

Error wants_tpap(std::string_view who) {
    return {Errc::unsupported,
            "this " + std::string(who) +
                "'s firmware speaks TPAP, not yet supported; turn on third-party compatibility in the Tapo "
                "app: Me > "
                "Third-Party Services (off and on again if it is on)",
            0,
            {}};
}

std::uint16_t Climb::port(std::uint16_t own_port) const {
    if (target.port != 0) return target.port;
    return target.announced && target.announced->port != 0 ? target.announced->port : own_port;
}

std::unique_ptr<net::HttpClient> Climb::connect(std::uint16_t own_port, net::Tls tls) const {
    net::HttpOptions options;
    options.host = target.host;
    options.port = port(own_port);
    options.tls = tls;
    if (tls != net::Tls::none) options.certificate_sha256 = target.learned.certificate_sha256;
    return deps.http(options);
}

} // namespace tplink::tapo
