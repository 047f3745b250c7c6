#include "gateway/app/kasa_opener.hpp"

#include "protocols/kasa/camera_session.hpp"

namespace tplink::gateway {
namespace {

constexpr std::uint16_t kStatePort = 9999, kControlPort = 10443;

kasa::ControlMode mode_of(KasaControl control) {
    switch (control) {
    case KasaControl::automatic: break;
    case KasaControl::local: return kasa::ControlMode::local;
    case KasaControl::cloud: return kasa::ControlMode::cloud;
    case KasaControl::none: return kasa::ControlMode::none;
    }
    return kasa::ControlMode::automatic;
}

}  // namespace

Opened open_kasa_camera(const OpenRequest& request, const std::string& address, CloudOf cloud) {
    kasa::CameraOptions options;
    options.state_port = request.state_port != 0 ? request.state_port : kStatePort;
    options.control.host = address;
    options.control.port = request.port != 0 ? request.port : kControlPort;
    options.control.credentials = request.credentials;
    options.control.mode = mode_of(request.control);
    options.control.known = {request.learned.transport, request.learned.hash_form, request.learned.certificate_sha256};
    kasa::CameraDeps deps;
    deps.control.cloud = std::move(cloud);
    Opened opened{std::make_unique<kasa::CameraSession>(std::move(options), std::move(deps)), request.learned};
    opened.learned.port = request.port;
    opened.learned.family = Family::kasa_camera;
    return opened;
}

bool is_kasa_camera(const std::string& address, std::uint16_t state_port) {
    kasa::SysinfoReader reader(address, state_port != 0 ? state_port : kStatePort, [] { return net::make_udp_socket(); }, system_clock());
    return reader.read().has_value();
}

}  // namespace tplink::gateway
