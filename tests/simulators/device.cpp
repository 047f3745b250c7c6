#include "tests/simulators/device.hpp"

#include <boost/json.hpp>

#include "tests/simulators/discovery.hpp"

namespace tplink::sim {

namespace json = boost::json;

Device::Device(DeviceOptions options) : options_(std::move(options)) {}

Device::~Device() = default;

HttpServerOptions Device::http_options() const {
    HttpServerOptions out;
    out.address = options_.address;
    out.port = options_.port;
    out.tls = tls();
    return out;
}

void Device::start() {
    if (http_) return;
    HttpServerOptions http = http_options();
    http.on_revived = [this] {
        if (reachability_hook_) reachability_hook_(true);
    };
    http_ = std::make_unique<HttpServer>(
        std::move(http), [this](const HttpRequest& request) { return handle(request); }, faults_);
    http_->start();
    options_.port = http_->port();
    alive_ = true;
    if (!options_.discovery_port) return;
    discovery_ = std::make_unique<DiscoveryResponder>(
        options_.address, *options_.discovery_port, [this](const Probe& probe) -> std::string {
            if (!alive()) return {};
            return json::serialize(json::object{{"error_code", 0}, {"result", announcement(probe.rsa_key)}});
        });
}

void Device::stop() {
    alive_ = false;
    discovery_.reset();
    if (http_) http_->stop();
    http_.reset();
}

void Device::kill() {
    alive_ = false;
    if (http_) http_->kill();
    if (reachability_hook_) reachability_hook_(false);
}

void Device::revive() {
    if (!http_) return;
    alive_ = true;
    http_->revive();
}

void Device::reboot() {
    if (!http_) return;
    http_->kill();
    if (reachability_hook_) reachability_hook_(false);
    forget_everything();
    http_->revive(std::chrono::milliseconds(options_.reboot_ms));
}

std::uint16_t Device::port() const { return options_.port; }

std::uint16_t Device::discovery_port() const { return discovery_ ? discovery_->port() : std::uint16_t{0}; }

bool Device::alive() const { return alive_ && http_ && http_->listening(); }

json::object Device::state() const {
    json::object out{{"kind", kind()},
                     {"mac", options_.mac},
                     {"alias", options_.alias},
                     {"alive", alive()},
                     {"requests", requests_.load()},
                     {"login_attempts", login_attempts_.load()},
                     {"login_failures", login_failures_.load()},
                     {"open_connections", http_ ? http_->connections_open() : 0},
                     {"faults", to_json(faults_.get())}};
    for (const auto& [key, value] : own_state()) out[key] = value;
    return out;
}

Result<void> Device::apply_faults(const json::object& changes) {
    json::object plain;
    for (const auto& [key, value] : changes)
        if (key != "expire_sessions" && key != "kill" && key != "revive" && key != "reboot")
            plain[key] = value;
    TRY_VOID(faults_.apply(plain));
    const auto asked = [&](std::string_view action) {
        const json::value* value = changes.if_contains(action);
        return value && *value == true;
    };
    if (asked("expire_sessions")) expire_sessions();
    if (asked("kill")) kill();
    if (asked("revive")) revive();
    if (asked("reboot")) reboot();
    return {};
}

} // namespace tplink::sim
