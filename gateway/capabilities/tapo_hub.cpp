// What hangs on a hub of the camera kind (H200 and kin): cameras and doorbells, sensors and buttons. What the hub's list
// tells costs the child nothing; asking it wakes it (protocols/tapo/catalogue.md, "Hub children").

#include <algorithm>
#include <vector>

#include "gateway/capabilities/tables.hpp"
#include "gateway/capabilities/tapo_camera_rows.hpp"
#include "gateway/device/battery_care.hpp"

namespace tplink::gateway {
namespace camera {
namespace {

// The hub's entry of a child, under a name no method has.
constexpr Query kEntry{"@entry", ""};
constexpr Query kChildren{"getChildDeviceList", R"({"childControl":{"start_index":0}})"};
constexpr Query kComponents{"getChildDeviceComponentList", R"({"childControl":{"start_index":0}})", 3600};
constexpr int kChildContact_s = 3600;  // a battery child is woken that seldom at most

constexpr Hint kBattery{.device_class = "battery", .unit = "%", .category = Category::diagnostic, .state_class = "measurement"};
constexpr Hint kLowBattery{.device_class = "battery", .category = Category::diagnostic};
constexpr Hint kSignal{.device_class = "signal_strength", .unit = "dBm", .category = Category::diagnostic, .state_class = "measurement", .enabled = false};
constexpr OnOff kTrueFalse{"true", "false"};

constexpr Capability told(std::string_view id, std::string_view name, Kind kind, std::string_view pointer, Hint hint) {
    return fact(id, name, "", kind, kEntry, pointer, hint);
}

json::value charging(const json::object& document, std::int64_t) {
    const std::string_view text = text_at(document, kEntry.method, "/battery_charging");
    if (text.empty()) return nullptr;
    return text == "NO" ? "off" : "on";
}

// Told by the gateway itself, also of a child whose components nobody lists.
bool has_care(const json::object& document) { return at(document, kBatteryKey, "/asleep") != nullptr; }
json::value asleep(const json::object& document, std::int64_t) {
    const json::value* value = at(document, kBatteryKey, "/asleep");
    return value == nullptr ? json::value(nullptr) : *value;
}
json::value awake_today(const json::object& document, std::int64_t) {
    const json::value* value = at(document, kBatteryKey, "/awake_s");
    return value == nullptr ? json::value(nullptr) : *value;
}

constexpr Capability kCameraEntry[] = {
    {.id = "asleep", .name = "Asleep", .kind = OnOff{}, .hint = {.icon = "mdi:sleep", .category = Category::diagnostic}, .derive = asleep, .when = has_care},
    {.id = "awake_today", .name = "Awake today because of us", .kind = Number{.min = 0, .max = 86400},
     .hint = {.device_class = "duration", .unit = "s", .category = Category::diagnostic}, .derive = awake_today, .when = has_care},
    told("battery", "Battery", Number{.min = 0, .max = 100}, "/battery_percent", kBattery),
    {.id = "charging", .name = "Charging", .kind = OnOff{}, .query = kEntry, .pointer = "/battery_charging",
     .hint = {.device_class = "battery_charging", .category = Category::diagnostic}, .derive = charging},
    told("low_battery", "Battery low", kTrueFalse, "/low_battery", kLowBattery),
    told("battery_voltage", "Battery voltage", Number{.min = 0, .max = 100, .scale = 0.001}, "/battery_voltage",
         {.device_class = "voltage", .unit = "V", .category = Category::diagnostic, .state_class = "measurement", .precision = 2, .enabled = false}),
    told("battery_temperature", "Battery temperature", Number{.min = -60, .max = 120}, "/battery_temperature",
         {.device_class = "temperature", .unit = "°C", .category = Category::diagnostic, .state_class = "measurement", .enabled = false}),
    told("power_source", "Power", Text{}, "/power", {.icon = "mdi:power-plug-battery", .category = Category::diagnostic}),
    told("rssi", "Signal strength", Number{.min = -150, .max = 0}, "/rssi", kSignal),
    told("firmware", "Firmware version", Text{}, "/sw_ver", {.icon = "mdi:chip", .category = Category::diagnostic}),
    told("ip", "IP address", Text{}, "/ipaddr", {.category = Category::diagnostic, .enabled = false}),
};
static_assert(valid(kCameraEntry));

Table camera_child(std::string_view) {
    static const std::vector<Capability> rows = [] {
        std::vector<Capability> all(std::begin(kCameraEntry), std::end(kCameraEntry));
        for (const Capability& row : tapo_camera_table()) {
            const bool from_entry = std::any_of(std::begin(kCameraEntry), std::end(kCameraEntry), [&](const Capability& told_row) { return told_row.id == row.id; });
            if (!from_entry && row.id != "reboot") all.push_back(row);
        }
        return all;
    }();
    return {.rows = rows, .composites = tapo_camera_composites()};
}
Table sensor_child(std::string_view) { return {.rows = tapo_sensor_table()}; }

constexpr ChildrenOf kKinds[] = {
    {.needs = "childControl", .list = kChildren, .pointer = "/child_device_list", .mac = "mac", .name = "alias", .model = "device_model",
     .hardware = "hw_ver", .firmware = "sw_ver", .type = "device_type", .kind = "category", .only_kind = "camera",
     .online = "online", .lands_in = kEntry.method, .components = kComponents, .components_pointer = "/child_component_list", .component_name = "name",
     .every_s = kChildContact_s, .table = camera_child},
    {.needs = "childControl", .list = kChildren, .pointer = "/child_device_list", .mac = "mac", .name = "nickname", .model = "model",
     .hardware = "hw_ver", .firmware = "fw_ver", .type = "type", .kind = "category", .only_kind = "subg.", .name_is_base64 = true,
     .status = "status", .lands_in = "get_device_info", .table = sensor_child},
};

}  // namespace

std::span<const ChildrenOf> hub_children() { return kKinds; }

}  // namespace camera
}  // namespace tplink::gateway
