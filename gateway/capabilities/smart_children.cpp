// What hangs on SMART strips, multi-gang switches and hubs (protocols/tapo/smart.md).

#include "gateway/capabilities/lookup.hpp"
#include "gateway/capabilities/smart_values.hpp"
#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

using smart::kBool;
using smart::kInfo;

std::optional<Range> control_range(const json::object& document) {
    const auto low = int_in(document, kInfo.method, "/min_control_temp");
    const auto high = int_in(document, kInfo.method, "/max_control_temp");
    return low && high ? std::optional(Range{static_cast<double>(*low), static_cast<double>(*high)}) : std::nullopt;
}

json::value heating(const json::object& document, std::int64_t) {
    const json::value* states = find_in(document, kInfo.method, "/trv_states");
    if (states == nullptr || !states->is_array()) return json::value(nullptr);
    for (const json::value& state : states->get_array())
        if (state == json::value("heating")) return json::value(true);
    return json::value(false);
}
bool is_valve(const json::object& document) { return find_in(document, kInfo.method, "/trv_states") != nullptr; }

constexpr Hint diagnostic(std::string_view device_class, bool enabled = true) {
    return {.device_class = device_class, .category = Category::diagnostic, .enabled = enabled};
}

/// Sensors and radiator valves. They sleep: everything they have to say stands in their hub's list.
constexpr Capability kSensor[] = {
    {.id = "temperature", .name = "Temperature", .kind = Number{.min = -60, .max = 150, .dead_band = 0.05}, .query = kInfo, .pointer = "/current_temp",
     .hint = {.device_class = "temperature", .unit = "°C", .state_class = "measurement", .precision = 1}},
    {.id = "humidity", .name = "Humidity", .kind = Number{.min = 0, .max = 100}, .query = kInfo, .pointer = "/current_humidity",
     .hint = {.device_class = "humidity", .unit = "%", .state_class = "measurement"}},
    {.id = "target_temperature", .name = "Target temperature", .kind = Number{.min = 5, .max = 30, .step = 0.5, .range = control_range}, .query = kInfo,
     .pointer = "/target_temp", .write = Set{"set_device_info", "/target_temp"}, .hint = {.device_class = "temperature", .unit = "°C"}},
    {.id = "temperature_offset", .name = "Temperature offset", .kind = Number{.min = -10, .max = 10}, .query = kInfo, .pointer = "/temp_offset",
     .write = Set{"set_device_info", "/temp_offset"}, .hint = {.unit = "°C", .category = Category::config, .enabled = false}},
    {.id = "heating", .name = "Heating", .kind = kBool, .query = kInfo, .hint = diagnostic("heat"), .derive = heating, .when = is_valve},
    {.id = "child_lock", .name = "Child lock", .kind = kBool, .query = kInfo, .pointer = "/child_protection", .write = Set{"set_device_info", "/child_protection"},
     .hint = {.category = Category::config}},
    {.id = "frost_protection", .name = "Frost protection", .kind = kBool, .query = kInfo, .pointer = "/frost_protection_on",
     .write = Set{"set_device_info", "/frost_protection_on"}, .hint = {.category = Category::config}},
    {.id = "open", .name = "Open", .kind = kBool, .query = kInfo, .pointer = "/open", .hint = {.device_class = "opening"}},
    {.id = "motion", .name = "Motion", .kind = kBool, .query = kInfo, .pointer = "/detected", .hint = {.device_class = "motion"}},
    {.id = "water_leak", .name = "Water leak", .kind = OnOff{"water_leak", "normal", true}, .query = kInfo, .pointer = "/water_leak_status",
     .hint = {.device_class = "moisture"}},
    {.id = "battery", .name = "Battery", .kind = Number{.min = 0, .max = 100}, .query = kInfo, .pointer = "/battery_percentage",
     .hint = {.device_class = "battery", .unit = "%", .category = Category::diagnostic, .state_class = "measurement"}},
    {.id = "battery_low", .name = "Battery low", .kind = kBool, .query = kInfo, .pointer = "/at_low_battery", .hint = diagnostic("battery")},
    {.id = "rssi", .name = "Signal strength", .kind = Number{.min = -150, .max = 0, .dead_band = 3}, .query = kInfo, .pointer = "/rssi",
     .hint = {.device_class = "signal_strength", .unit = "dBm", .category = Category::diagnostic, .state_class = "measurement", .enabled = false}},
    {.id = "signal_level", .name = "Signal level", .kind = Number{.min = 0, .max = 5}, .query = kInfo, .pointer = "/signal_level",
     .hint = {.icon = "mdi:wifi", .category = Category::diagnostic, .enabled = false}},
    {.id = "firmware", .name = "Firmware version", .kind = Text{}, .query = kInfo, .pointer = "/fw_ver", .hint = {.icon = "mdi:chip", .category = Category::diagnostic}},
};
static_assert(valid(kSensor));

Table table_of_kind(std::string_view kind) {
    if (kind.starts_with("subg.")) return {.rows = kSensor};
    return {.rows = tapo_outlet_table(), .composites = tapo_plug_composites()};
}

constexpr ChildrenOf kChildren[] = {{.needs = "child_device",
                                     .list = {"get_child_device_list", R"({"start_index":0})"},
                                     .pointer = "/child_device_list",
                                     .mac = "mac",
                                     .name = "nickname",
                                     .position = "position",
                                     .model = "model",
                                     .hardware = "hw_ver",
                                     .firmware = "fw_ver",
                                     .type = "type",
                                     .kind = "category",
                                     .name_is_base64 = true,
                                     .status = "status",
                                     .lands_in = "get_device_info",
                                     .components = {"get_child_device_component_list", R"({"start_index":0})", 86400},
                                     .components_pointer = "/child_component_list",
                                     .every_s = 30,
                                     .table = table_of_kind}};

}  // namespace

std::span<const Capability> tapo_sensor_table() { return kSensor; }
std::span<const ChildrenOf> smart_children() { return kChildren; }

}  // namespace tplink::gateway
