#pragma once
// The only place that spells topics.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/mqtt/broker.hpp"

namespace tplink::gateway {

struct PropertySet {
    std::string id, property;
};
struct DeviceSet {
    std::string id;
};
struct DeviceGet {
    std::string id;
};
struct DeviceRaw {  ///< a request in the device's own language
    std::string id;
};
struct BridgeRequest {
    std::string what;  ///< "restart", "device/remove"
};
struct HaStatus {};  ///< Home Assistant came or went
using ParsedTopic = std::variant<PropertySet, DeviceSet, DeviceGet, DeviceRaw, BridgeRequest, HaStatus>;

/// "a842a1001122" or "a842a1001122_2": ids that may appear in topics and unique ids.
bool is_device_id(std::string_view text);

class Topics {
public:
    /// base: "tplink2mqtt"; prefix: "homeassistant".
    explicit Topics(std::string base = "tplink2mqtt", std::string prefix = "homeassistant");

    const std::string& base() const { return base_; }

    std::string bridge_state() const { return bridge("state"); }
    std::string bridge(std::string_view leaf) const;  ///< info, devices, health, logging, event
    std::string bridge_request(std::string_view what) const;
    std::string bridge_response(std::string_view what) const;

    std::string device(std::string_view id, std::string_view leaf) const;
    std::string state(std::string_view id) const { return device(id, "state"); }
    std::string availability(std::string_view id) const { return device(id, "availability"); }
    std::string result(std::string_view id) const { return device(id, "result"); }
    std::string event(std::string_view id) const { return device(id, "event"); }
    std::string snapshot(std::string_view id) const { return device(id, "snapshot"); }
    std::string detection(std::string_view id) const { return device(id, "detection"); }
    std::string raw_response(std::string_view id) const { return device(id, "raw/response"); }
    std::string command(std::string_view id, std::string_view property) const;

    /// Unique within the broker: the base topic (characters Home Assistant refuses become '_') and the id.
    std::string unique_id(std::string_view id) const;
    std::string device_discovery(std::string_view id) const;
    std::string component_discovery(std::string_view platform, std::string_view id, std::string_view component) const;
    std::string ha_status() const { return prefix_ + "/status"; }

    /// Everything the gateway listens to.
    std::vector<Subscription> subscriptions() const;
    /// Only where the configuration allows it.
    Subscription raw_subscription() const { return {base_ + "/+/raw/request", 1, true}; }
    /// Listened to for a moment after the start, to find what devices that are gone have left behind.
    std::vector<Subscription> leftover_subscriptions() const;

    /// Nothing for a topic that is not ours or whose id cannot be one.
    std::optional<ParsedTopic> parse(std::string_view topic) const;

    /// A retained topic of ours found after the start. `id` may be "bridge".
    struct Leftover {
        enum class Kind { device_discovery, component_discovery, state } kind;
        std::string id;
        std::string platform, component;  ///< component_discovery only
    };
    std::optional<Leftover> parse_leftover(std::string_view topic) const;

private:
    std::string base_, prefix_, node_;
};

}  // namespace tplink::gateway
