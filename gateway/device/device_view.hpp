#pragma once
// What the rest of the gateway may know of a device: an immutable picture, made by its actor after each change.

#include <atomic>
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/capabilities/capability.hpp"
#include "gateway/config/configuration.hpp"
#include "gateway/device/command.hpp"
#include "protocols/base/clock.hpp"
#include "protocols/session.hpp"

namespace tplink::gateway {

/// Something a person may have to act on.
struct Problem {
    Errc code{};
    std::string message;  ///< one sentence: what happened
    std::string hint;     ///< one sentence: what to do next
    bool operator==(const Problem&) const = default;
};

struct DeviceCounters {
    std::uint64_t polls = 0, errors = 0, commands = 0, logins = 0, flaps = 0;
    double latency_ms = 0;  ///< of the last good poll
};

/// Counts that go on while the view stays the same. Written by the actor's thread.
struct Pulse {
    std::atomic<std::uint64_t> polls{0}, errors{0}, commands{0}, logins{0}, flaps{0};
    std::atomic<double> latency_ms{0};
    std::atomic<std::int64_t> last_seen_s{0};  ///< unix time of the last good reply
};

struct DeviceView {
    std::string id;    ///< topic id: MAC, or "host_<address with _>" while the MAC is unknown; "<mac>_<n>" of an outlet
    std::string via;   ///< id of the strip or hub it hangs on; empty: it has a connection of its own
    std::string name;  ///< configured, else the device's own, else model and end of MAC
    std::string host;
    Family family = Family::automatic;
    Identity identity;
    std::string transport;
    bool online = false;
    std::optional<Problem> problem;
    std::vector<const Capability*> rows;                     ///< offered, in table order
    std::vector<std::string> excluded;                       ///< rows the user does not want
    std::vector<const Composite*> composites;                ///< those whose first member is offered
    std::map<std::string, std::vector<std::string>> options; ///< of choices, by row id
    std::map<std::string, Range> ranges;                     ///< of numbers whose limits the device tells, by row id
    std::uint64_t shape = 0;                                 ///< grows when anything but `state` changed
    json::object state;                                      ///< id -> published value
    WallTime since{};      ///< of the present online/offline
    bool first_contact = false;  ///< online, and was never before
    std::shared_ptr<const Pulse> pulse = std::make_shared<const Pulse>();  ///< of the connection: shared by all that hang on it

    DeviceCounters counters() const {
        return {pulse->polls, pulse->errors, pulse->commands, pulse->logins, pulse->flaps, pulse->latency_ms};
    }
    /// Last good reply; epoch: never.
    WallTime last_seen() const { return WallTime(std::chrono::seconds(pulse->last_seen_s)); }
    bool mac_known() const { return !identity.mac.empty(); }
    bool is_camera() const {
        return family == Family::tapo_camera || family == Family::vigi_camera || family == Family::kasa_camera;
    }
    /// Hubs and chimes speak the cameras' language and see nothing; of what hangs on a hub some are cameras.
    bool has_picture() const {
        const auto is = [this](std::string_view word) { return identity.device_type.find(word) != std::string::npos; };
        if (!is_camera()) return false;
        return via.empty() ? !is("HUB") && !is("CHIME") : is("CAMERA") || is("DOORBELL");
    }
};

/// Where actors tell what changed. Called on the actor's thread; must not block.
class DeviceSink {
public:
    virtual ~DeviceSink() = default;
    virtual void device_changed(std::shared_ptr<const DeviceView> view) = 0;
    /// An outlet or child is no longer there.
    virtual void device_gone(std::shared_ptr<const DeviceView> view) { (void)view; }
    /// After the state that confirms (or denies) the command.
    virtual void command_done(const CommandResult& result) = 0;
    /// Facts worth keeping over a restart (transport, pin, MAC) changed.
    virtual void device_learned(const std::string& id) = 0;
};

}  // namespace tplink::gateway
