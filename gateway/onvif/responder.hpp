#pragma once
// Offers every camera as an ONVIF device of its own: a port each, and WS-Discovery for all.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/onvif/camera.hpp"
#include "protocols/base/random.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::gateway::onvif {

struct ResponderOptions {
    std::string address = "0.0.0.0";  ///< where the cameras' ports listen
    std::uint16_t port = 8746;        ///< of the first camera; the others follow
    Credentials user;                 ///< empty password: open
    std::uint16_t rtsp_port = 8654;
    bool discovery = true;            ///< answer WS-Discovery
    std::uint16_t discovery_port = 3702;
    /// Which of the ports after the first is this camera's; the same for ever.
    std::function<unsigned(const std::string& id)> slot;
    std::function<void(const std::string& sentence)> problem;
};

/// Thread-safe.
class Responder {
public:
    Responder(ResponderOptions options, Backend& backend, const Clock& clock = system_clock(), RandomBytes& random = system_random());
    ~Responder();
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;

    /// New or changed; unchanged: nothing happens. The first time its port is opened.
    void set_camera(Camera camera);
    void remove_camera(const std::string& id);
    void happened(const std::string& id, const Event& event);
    /// The port of a camera; 0: none.
    std::uint16_t port_of(const std::string& id) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tplink::gateway::onvif
