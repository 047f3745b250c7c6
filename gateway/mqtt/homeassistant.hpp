#pragma once
// From a device's rows to Home Assistant's discovery messages. Knows the rules of Home Assistant, no timing.

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/capabilities/capability.hpp"
#include "gateway/config/configuration.hpp"
#include "gateway/mqtt/topics.hpp"

namespace tplink::gateway {

/// What a camera offers beside its rows.
struct CameraEntities {
    std::vector<std::string> detections{};  ///< event types of the "Detection" event; empty: none
    bool doorbell = false;                ///< event "ring" and a device trigger
    bool last_detection = false;          ///< picture topic <id>/detection
    bool battery = false;                 ///< a switch "stream" that starts and stops the live stream
    bool picture = true;                  ///< it can be watched: picture and stream
    bool operator==(const CameraEntities&) const = default;
};

/// Everything discovery needs to know of one device. Texts unknown are empty.
struct DeviceDescription {
    std::string id{};   ///< see is_device_id()
    std::string mac{};  ///< 12 hex digits; empty: no connection entry
    std::string name{};
    std::string manufacturer = "TP-Link";
    std::string model{}, hardware{}, firmware{}, serial{};
    std::string via{};  ///< id of the hub or strip; empty: the bridge
    std::string configuration_url{};
    std::string suggested_area{};
    std::vector<const Capability*> rows{};                     ///< offered ones; of two with one id the first counts
    std::vector<std::string> excluded{};                       ///< ids the user does not want: gone at once
    std::map<std::string, std::vector<std::string>> options{};  ///< current texts of DynamicChoice rows, by row id
    std::map<std::string, Range> ranges{};                      ///< of Number rows whose limits the device tells
    std::vector<const Composite*> composites{};                 ///< rows shown as one entity
    std::optional<CameraEntities> camera{};
    bool operator==(const DeviceDescription&) const = default;
};

/// Who speaks; shown in Home Assistant's log beside every discovery problem.
struct Origin {
    std::string name = "tplink2mqtt";
    std::string version{};
    std::string url{};
};

/// One entity: a component of a device message, or a message of its own.
struct Entity {
    std::string id, platform;
    boost::json::object fields;  ///< long key names, without platform, device and origin
};

struct Discovery {
    std::string device_id;
    boost::json::object device;                  ///< the `device` object
    std::vector<boost::json::object> availability;  ///< what components without their own inherit
    std::vector<Entity> components;
    std::vector<std::string> state_keys;         ///< keys that must be in the state document
    std::vector<std::string> excluded;           ///< ids of components the user does not want
};

/// Rows and camera entities of one device. Components come in a stable order.
Discovery describe(const DeviceDescription& device, const Topics& topics);

/// The gateway itself: connection, version, log level, restart, discover, devices, problem.
Discovery describe_bridge(const Topics& topics, const Origin& origin, const std::string& configuration_url);

/// One message for the whole device. removed: component id -> platform of entities that shall go.
Message device_message(const Discovery& discovery, const std::map<std::string, std::string>& removed,
                       const Topics& topics, const Origin& origin);

/// One message per component, for Home Assistant before 2024.11.
std::vector<Message> component_messages(const Discovery& discovery, const Topics& topics, const Origin& origin);

/// Makes a state fit what discovery promised: every key there (null when unknown), whole numbers without exponent,
/// texts at most 255 characters, no choice outside its options.
boost::json::object conform_state(const DeviceDescription& device, const std::vector<std::string>& keys,
                                  boost::json::object state);

}  // namespace tplink::gateway
