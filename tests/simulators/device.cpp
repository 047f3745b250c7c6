#include "tests/simulators/device.hpp"

#include <boost/json.hpp>

#include "tests/simulators/connection.hpp"
#include "tests/simulators/discovery.hpp"

namespace tplink::sim {

namespace json = boost::json;

Device::Device(DeviceOptions options)
    : options_(std::move(options)),
      sleeper_(options_.sleep ? std::make_unique<Sleeper>(*options_.sleep, options_.world) : nullptr) {}

Device::~Device() = default;

HttpServerOptions Device::http_options() {
    HttpServerOptions out;
    out.address = options_.address;
    out.port = options_.port;
    out.tls = tls();
    out.reactor = options_.reactor;
    if (sleeper_) out.idle = sleeper_->options().stays_awake; // asleep it keeps no connection
    if (sleeper_) out.on_client = [this](Connection& connection) { return admit(connection); };
    return out;
}

/// Whoever connects wakes a sleeping device and waits for it, unless it sleeps too deep.
bool Device::admit(Connection& connection) {
    if (sleeper_->options().deep && !sleeper_->awake()) {
        connection.reset();
        return false;
    }
    return !sleeper_->touch("control") || connection.wait_open(sleeper_->options().wakes_in);
}

HttpReply Device::handle(const HttpRequest&) { return {.status = 404, .content_type = "text/html"}; }

std::unique_ptr<Port> Device::make_control_port(std::function<void()> on_revived) {
    HttpServerOptions http = http_options();
    http.on_revived = std::move(on_revived);
    return std::make_unique<HttpServer>(
        std::move(http),
        [this](const HttpRequest& request) {
            if (sleeper_) sleeper_->touch("control");
            if (faults_.take_expiry()) expire_sessions();
            return handle(request);
        },
        faults_);
}

void Device::start() {
    if (control_) return;
    control_ = make_control_port([this] {
        if (reachability_hook_) reachability_hook_(true);
    });
    control_->start();
    options_.port = control_->number();
    side_ = make_side_ports();
    for (const auto& port : side_) port->start();
    alive_ = true;
    if (options_.discovery_port) {
        discovery_ = make_discovery_port(options_.address, *options_.discovery_port, options_.reactor,
                                         [this](const Probe& probe) { return announce(probe.rsa_key); });
        discovery_->start();
    }
    if (options_.lazy_http) {
        control_->kill();
        waits_for_probe_ = true;
    }
}

std::string Device::announce(const std::string& rsa_key) {
    if (!alive_ || (sleeper_ && !sleeper_->awake())) return {};
    if (waits_for_probe_.exchange(false))
        control_->revive(*options_.lazy_http);
    else if (!options_.lazy_http && !control_->listening())
        return {};
    const json::object result = announcement(rsa_key);
    if (result.empty()) return {};
    return json::serialize(json::object{{"error_code", 0}, {"result", result}});
}

void Device::stop() {
    alive_ = false;
    if (discovery_) discovery_->stop();
    for (const auto& port : side_) port->stop();
    if (control_) control_->stop();
    discovery_.reset();
    side_.clear();
    control_.reset();
}

void Device::kill() {
    alive_ = false;
    waits_for_probe_ = false;
    if (control_) control_->kill();
    for (const auto& port : side_) port->kill();
    if (reachability_hook_) reachability_hook_(false);
}

void Device::open(std::chrono::milliseconds after) {
    alive_ = true;
    for (const auto& port : side_) port->revive(after);
    if (options_.lazy_http)
        waits_for_probe_ = true;
    else
        control_->revive(after);
}

void Device::revive() {
    if (control_) open(std::chrono::milliseconds(0));
}

void Device::reboot() {
    if (!control_) return;
    kill();
    forget_everything();
    open(std::chrono::milliseconds(options_.reboot_ms));
}

std::uint16_t Device::port() const { return options_.port; }

std::uint16_t Device::discovery_port() const { return discovery_ ? discovery_->number() : std::uint16_t{0}; }

bool Device::alive() const { return alive_ && control_ && control_->listening(); }

void Device::issued(std::string secret) {
    constexpr std::size_t kEnough = 64;
    const std::lock_guard lock(issued_mutex_);
    if (issued_.size() < kEnough) issued_.push_back(std::move(secret));
}

json::object Device::state() const {
    json::object out{{"kind", kind()},
                     {"mac", options_.mac},
                     {"alias", options_.alias},
                     {"alive", alive()},
                     {"requests", requests_.load()},
                     {"login_attempts", login_attempts_.load()},
                     {"login_failures", login_failures_.load()},
                     {"open_connections", control_ ? control_->connections_open() : 0},
                     {"faults", to_json(faults_.get())}};
    if (sleeper_) out["sleep"] = sleeper_->state();
    {
        const std::lock_guard lock(issued_mutex_);
        out["secrets"] = json::array(issued_.begin(), issued_.end());
    }
    const json::object own = own_state();
    for (const auto& [key, value] : own) out[key] = value;
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
