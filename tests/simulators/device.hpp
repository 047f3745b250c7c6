#pragma once
// What all simulated devices have in common: an identity, a control port, faults, a state to look at and to
// change.

#include <atomic>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "protocols/base/result.hpp"
#include "tests/simulators/faults.hpp"
#include "tests/simulators/http_server.hpp"
#include "tests/simulators/sleeper.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

class Port;
class Reactor;

struct DeviceOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; ///< control port, 0: any
    std::optional<std::uint16_t>
        discovery_port; ///< UDP port on the same address: 20002 as real devices, 0 any; none: silent
    std::string mac = "02-00-00-00-00-01"; ///< upper case, '-'
    std::string alias = "Simulated device";
    std::string username = "demo@example.com";
    std::string password = "demo-password";
    int reboot_ms = 1500; ///< how long a reboot takes
    /// The control port opens only that long after a TDP probe, at start and after each reboot, as firmware
    /// that starts its HTTP server late.
    std::optional<std::chrono::milliseconds> lazy_http = {};
    std::optional<SleepOptions> sleep = {}; ///< a battery camera; none: always awake
    std::shared_ptr<Reactor> reactor = {};  ///< shared with other devices; null: one per port
    World world = real_world();
};

class Device {
public:
    explicit Device(DeviceOptions options);
    virtual ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    /// Listens when it returns. Throws std::system_error when an address cannot be bound.
    void start();
    void stop();
    /// Off the network at once, sessions stay known; revive() listens again on the same ports.
    void kill();
    void revive();
    /// kill, forget all sessions, and come back after `reboot_ms`.
    void reboot();

    const DeviceOptions& options() const { return options_; }
    /// Called with false when the device leaves the network and true when it is back; set before start().
    void set_reachability_hook(std::function<void(bool)> hook) { reachability_hook_ = std::move(hook); }

    std::uint16_t port() const;
    std::uint16_t discovery_port() const;
    /// False between kill and revive, and while rebooting.
    bool alive() const;
    FaultSwitch& faults() { return faults_; }
    /// Null: a device that never sleeps.
    Sleeper* sleeper() { return sleeper_.get(); }

    /// "tapo_plug_klap", "kasa_plug_xor", "tapo_camera_l3" ...
    virtual std::string_view kind() const = 0;
    /// True state and counters: what a test compares with what the client says.
    boost::json::object state() const;
    /// Somebody presses the button, an event happens. refused: unknown key or value; nothing is changed then.
    virtual Result<void> set_state(const boost::json::object& changes) = 0;
    /// All sessions end now, as if their time were over.
    virtual void expire_sessions() = 0;
    /// The control API's faults document: members of Faults, and the actions expire_sessions, kill, revive,
    /// reboot (true).
    Result<void> apply_faults(const boost::json::object& changes);

    /// Answers on the HTTP control port; 404 unless the device has one.
    virtual HttpReply handle(const HttpRequest& request);
    /// `result` of the TDP answer; empty: this device keeps silent there. rsa_key: PEM from the probe, empty
    /// when it had none.
    virtual boost::json::object announcement(const std::string& rsa_key) const = 0;

protected:
    virtual boost::json::object own_state() const = 0;
    /// Sessions and lockouts a power cycle clears.
    virtual void forget_everything() = 0;
    virtual std::shared_ptr<ssl_ctx_st> tls() const { return nullptr; }
    virtual HttpServerOptions http_options();
    /// The port that options().port numbers: HTTP unless overridden.
    virtual std::unique_ptr<Port> make_control_port(std::function<void()> on_revived);
    /// Further ports, which vanish and come back with the first.
    virtual std::vector<std::unique_ptr<Port>> make_side_ports() { return {}; }
    const std::vector<std::unique_ptr<Port>>& side_ports() const { return side_; }
    const World& world() const { return options_.world; }
    /// A token or key was agreed on: state() lists it, so that tests can look for it where it must not be.
    void issued(std::string secret);

    // What a client did here; read by state().
    std::atomic<std::uint64_t> requests_ = 0;       ///< answered inner requests
    std::atomic<std::uint64_t> login_attempts_ = 0; ///< logins that carried a proof of the password
    std::atomic<std::uint64_t> login_failures_ = 0;

private:
    DeviceOptions options_;
    FaultSwitch faults_;
    void open(std::chrono::milliseconds after);
    std::string announce(const std::string& rsa_key);

    bool admit(Connection& connection);

    const std::unique_ptr<Sleeper> sleeper_;
    mutable std::mutex issued_mutex_;
    std::vector<std::string> issued_; ///< guarded by issued_mutex_; the first ones
    std::unique_ptr<Port> control_;
    std::unique_ptr<Port> discovery_;
    std::vector<std::unique_ptr<Port>> side_;
    std::atomic<bool> alive_ = false;
    std::atomic<bool> waits_for_probe_ = false; ///< lazy_http: the control port is closed until then
    std::function<void(bool)> reachability_hook_;
};

} // namespace tplink::sim
