#pragma once
// Events of all cameras: which sources watch which device, and who hears of what they notice.

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "gateway/app/registry.hpp"
#include "gateway/events/listeners.hpp"

namespace tplink::gateway {

struct EventsOptions {
    std::uint16_t doorbell_port = DoorbellListener::kPort;  ///< 0: nobody listens
    std::uint16_t onvif_port = 2020;                         ///< of the cameras
};

/// Thread-safe.
class Events {
public:
    /// happened: once per new thing; called on the source's thread, must not block.
    Events(Registry& registry, std::function<void(const DetectionEvent&)> happened, EventLog log, EventsOptions options);
    ~Events();

    void start();
    /// A device is new or changed in more than values.
    void device(const DeviceView& view, const std::optional<Registry::Access>& access);
    void removed(const std::string& id);
    /// A camera's own list told it.
    void alarm(const std::string& id, const std::string& kind, std::int64_t at_unix_s);
    /// Its events arrive by themselves, as its own list confirms.
    bool has_push(const std::string& id) const { return watch_.is_listening(id); }
    /// A datagram of a doorbell came from there.
    void pressed(const std::string& address);
    void stop();

private:
    Registry& registry_;
    const EventLog log_;
    const EventsOptions options_;
    EventDesk desk_;
    OnvifWatch watch_;
    DoorbellListener doorbells_;
};

/// The kinds a device can notice, in the order of its rows, `ring` among them.
std::vector<std::string> event_kinds(const DeviceView& view);
bool has_battery(const DeviceView& view, const DeviceConfig& config);

}  // namespace tplink::gateway
