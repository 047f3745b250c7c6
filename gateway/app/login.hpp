#pragma once
// Who may use our own listeners, and how the broker is found.

#include "gateway/config/configuration.hpp"
#include "gateway/config/state_store.hpp"
#include "gateway/diagnostics/log.hpp"
#include "gateway/mqtt/broker.hpp"

namespace tplink::gateway {

struct ListenerLogin {
    Credentials user;  ///< empty password: open (loopback only)
    bool generated_now = false;
};

/// The configured user; a listener others can reach without a password gets a generated one, kept under `key`.
ListenerLogin login_of(const Listen& listen, const std::string& username, const Secret& password, StateStore& store, const std::string& key);

/// The user of RTSP: its own, or that of the page.
ListenerLogin rtsp_login(const Config& config, const Credentials& http_user, StateStore& store);

/// Broker address and login: the configuration's, else the add-on Supervisor's, which the broker session asks itself
/// until it knows: at boot the broker often starts after us. errors: refused when there is neither.
Result<MqttOptions> mqtt_options(const Config& config, const Environment& environment, const std::string& client_id);

/// The session with it, under a client id of this installation's own. errors: those of mqtt_options().
Result<std::unique_ptr<Broker>> make_broker(const Config& config, const Environment& environment, StateStore& store, Log& log);

/// "http://", or "https://" with a certificate.
std::string http_scheme(const HttpConfig& http);

/// Where people of this network find the page, "http://192.168.1.5:8745/": Home Assistant links to it from every device.
/// Empty when nobody knows.
std::string page_address(const Config& config);

}  // namespace tplink::gateway
