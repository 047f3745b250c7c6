// Tapo and newer Kasa plugs: SMART dialect (protocols/tapo/smart.md).

#include "gateway/capabilities/engine.hpp"
#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

constexpr Query kInfo{"get_device_info", ""};
constexpr Query kEnergy{"get_energy_usage", ""};
constexpr Query kEmeter{"get_emeter_data", ""};
constexpr Query kAutoOff{"get_auto_off_config", "", 60};
constexpr Query kLed{"get_led_info", "", 3600};  // hourly: LED queries crashed P100s. seen on: P100 fw 1.1
constexpr OnOff kBool{"true", "false"};
constexpr Hint kConfigSwitch{.category = Category::config};

json::value on_since(const json::object& document, std::int64_t now_unix_s) {
    const json::value* info = document.if_contains("get_device_info");
    if (info == nullptr || !info->is_object()) return json::value(nullptr);
    const json::value* on = info->get_object().if_contains("device_on");
    const json::value* on_time = info->get_object().if_contains("on_time");
    if (on == nullptr || !on->is_bool() || !on->get_bool() || on_time == nullptr || !on_time->is_int64())
        return json::value(nullptr);
    return json::value(now_unix_s - on_time->get_int64());
}

Result<Request> reboot(const json::value&, const WriteContext&) {
    return Request{"device_reboot", json::object{{"delay", 1}}};
}

constexpr Hint measured(std::string_view device_class, std::string_view unit, int precision) {
    return {.device_class = device_class, .unit = unit, .state_class = "measurement", .precision = precision};
}
constexpr Hint counted() {
    return {.device_class = "energy", .unit = "kWh", .state_class = "total_increasing", .precision = 2};
}

constexpr Capability kTable[] = {
    {.id = "state", .name = "Plug", .kind = kBool, .query = kInfo, .pointer = "/device_on",
     .write = Set{"set_device_info", "/device_on"}, .hint = {.device_class = "outlet", .main_entity = true}},
    {.id = "power", .name = "Power", .needs = "energy_monitoring", .kind = Number{.min = 0, .max = 1e6, .scale = 0.001},
     .query = kEmeter, .pointer = "/power_mw", .hint = measured("power", "W", 1)},
    {.id = "power", .name = "Power", .needs = "energy_monitoring", .kind = Number{.min = 0, .max = 1e6, .scale = 0.001},
     .query = kEnergy, .pointer = "/current_power", .hint = measured("power", "W", 1)},
    {.id = "power", .name = "Power", .needs = "energy_monitoring", .kind = Number{.min = 0, .max = 1e6},
     .query = {"get_current_power", ""}, .pointer = "/current_power", .hint = measured("power", "W", 1)},
    {.id = "voltage", .name = "Voltage", .needs = "energy_monitoring", .kind = Number{.min = 0, .max = 1e6, .scale = 0.001},
     .query = kEmeter, .pointer = "/voltage_mv", .hint = measured("voltage", "V", 1)},
    {.id = "current", .name = "Current", .needs = "energy_monitoring", .kind = Number{.min = 0, .max = 1e6, .scale = 0.001},
     .query = kEmeter, .pointer = "/current_ma", .hint = measured("current", "A", 3)},
    {.id = "energy_today", .name = "Energy today", .needs = "energy_monitoring",
     .kind = Number{.min = 0, .max = 1e9, .scale = 0.001}, .query = kEnergy, .pointer = "/today_energy", .hint = counted()},
    {.id = "energy_month", .name = "Energy this month", .needs = "energy_monitoring",
     .kind = Number{.min = 0, .max = 1e9, .scale = 0.001}, .query = kEnergy, .pointer = "/month_energy", .hint = counted()},
    {.id = "led", .name = "Status LED", .needs = "led", .kind = OnOff{"always", "never", true}, .query = kLed,
     .pointer = "/led_rule", .write = Set{"set_led_info", "/led_rule", true}, .hint = kConfigSwitch},
    {.id = "auto_off", .name = "Auto off", .needs = "auto_off", .kind = kBool, .query = kAutoOff, .pointer = "/enable",
     .write = Set{"set_auto_off_config", "/enable", true}, .hint = kConfigSwitch},
    {.id = "auto_off_minutes", .name = "Auto off delay", .needs = "auto_off", .kind = Number{.min = 1, .max = 1440},
     .query = kAutoOff, .pointer = "/delay_min", .write = Set{"set_auto_off_config", "/delay_min", true},
     .hint = {.device_class = "duration", .unit = "min", .category = Category::config}},
    // Newer firmware names the level, older says yes or no: anything but normal is hot.
    {.id = "overheated", .name = "Overheated", .kind = OnOff{"overheated", "normal", true}, .query = kInfo,
     .pointer = "/overheat_status", .hint = {.device_class = "heat", .category = Category::diagnostic}},
    {.id = "overheated", .name = "Overheated", .kind = kBool, .query = kInfo, .pointer = "/overheated",
     .hint = {.device_class = "heat", .category = Category::diagnostic}},
    {.id = "on_since", .name = "On since", .kind = Timestamp{}, .query = kInfo,
     .hint = {.device_class = "timestamp", .category = Category::diagnostic, .enabled = false}, .derive = on_since},
    {.id = "rssi", .name = "Signal strength", .kind = Number{.min = -150, .max = 0}, .query = kInfo, .pointer = "/rssi",
     .hint = {.device_class = "signal_strength", .unit = "dBm", .category = Category::diagnostic,
              .state_class = "measurement", .enabled = false}},
    {.id = "firmware", .name = "Firmware version", .kind = Text{}, .query = kInfo, .pointer = "/fw_ver",
     .hint = {.icon = "mdi:chip", .category = Category::diagnostic}},
    {.id = "reboot", .name = "Restart", .kind = Press{.may_not_answer = true}, .write = Build{reboot},
     .hint = {.device_class = "restart", .category = Category::config}},
};
static_assert(valid(kTable));

}  // namespace

std::span<const Capability> tapo_plug_table() { return kTable; }

}  // namespace tplink::gateway
