// Devices of the SMART dialect: Tapo and newer Kasa plugs, strips, switches, dimmers, bulbs (protocols/tapo/smart.md).

#include "gateway/capabilities/energy.hpp"
#include "gateway/capabilities/join.hpp"
#include "gateway/capabilities/lookup.hpp"
#include "gateway/capabilities/smart_values.hpp"
#include "gateway/capabilities/strip_sums.hpp"
#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace smart {

json::value energy_total(const json::object& document, std::int64_t) {
    const json::value* total = find_in(document, kEnergyKey, "/kwh");
    return total == nullptr ? json::value(nullptr) : *total;
}

}  // namespace smart

namespace {

using namespace smart;

constexpr Query kEnergy{"get_energy_usage", ""};
constexpr Query kEmeter{"get_emeter_data", ""};
constexpr Query kAutoOff{"get_auto_off_config", "", 60};
constexpr Query kLed{"get_led_info", "", 3600};  // hourly: LED queries crashed P100s. seen on: P100 fw 1.1
constexpr Query kCloud{"get_connect_cloud_state", "", 60};
constexpr Query kAutoUpdate{"get_auto_update_info", "", 3600};
constexpr Query kChildLock{"get_child_protection", "", 60};
constexpr std::string_view kMeter = "energy_monitoring";

constexpr std::string_view kNightTypes[] = {"sunrise_sunset", "custom"};
constexpr std::string_view kPowerOn[] = {"last", "on", "off"};
constexpr std::string_view kPowerOnDevice[] = {"last_states", "always_on", "always_off"};

constexpr Hint kConfig{.category = Category::config};
constexpr Hint kRare{.category = Category::config, .enabled = false};
constexpr Hint measured(std::string_view device_class, std::string_view unit, int precision) {
    return {.device_class = device_class, .unit = unit, .state_class = "measurement", .precision = precision};
}
constexpr Hint counted() { return {.device_class = "energy", .unit = "kWh", .state_class = "total_increasing", .precision = 2}; }
constexpr Hint diagnostic(std::string_view device_class, bool enabled = true) {
    return {.device_class = device_class, .category = Category::diagnostic, .enabled = enabled};
}
constexpr Hint duration(std::string_view unit, bool enabled = true) {
    return {.device_class = "duration", .unit = unit, .category = Category::config, .enabled = enabled};
}
/// Watts; below a tenth nobody needs to hear of it.
constexpr Number watts(double scale) { return {.min = 0, .max = 1e6, .scale = scale, .dead_band = 0.1}; }
constexpr Number kilowatt_hours() { return {.min = 0, .max = 1e9, .scale = 0.001}; }

/// What a device, an outlet of a strip and a part of a switch have.
constexpr Capability kLoad[] = {
    {.id = "state", .name = "Switch", .kind = kBool, .query = kInfo, .pointer = "/device_on", .write = Set{"set_device_info", "/device_on"},
     .hint = {.device_class = "switch", .main_entity = true}, .when = is_wall_switch},
    {.id = "state", .name = "Plug", .kind = kBool, .query = kInfo, .pointer = "/device_on", .write = Set{"set_device_info", "/device_on"},
     .hint = {.device_class = "outlet", .main_entity = true}},
    {.id = "brightness", .name = "Brightness", .needs = "brightness", .kind = Number{.min = 1, .max = 100}, .query = kInfo, .pointer = "/brightness",
     .write = Set{"set_device_info", "/brightness"}, .hint = {.unit = "%", .icon = "mdi:brightness-6"}},
    {.id = "color_temp", .name = "Colour temperature", .needs = "color_temperature", .kind = Number{.min = 2500, .max = 9000, .range = white_range},
     .query = kInfo, .write = Set{"set_device_info", "/color_temp"}, .hint = {.unit = "K", .icon = "mdi:thermometer"}, .derive = color_temp, .when = has_white_range},
    {.id = "color", .name = "Colour", .needs = "color", .kind = HueSaturation{}, .query = kInfo, .write = Build{set_color},
     .hint = {.icon = "mdi:palette"}, .derive = color},
    {.id = "color_mode", .name = "Colour mode", .needs = "color", .kind = Text{}, .query = kInfo, .hint = diagnostic("", false), .derive = color_mode},
    {.id = "light_preset", .name = "Preset", .needs = "preset", .kind = DynamicChoice{.options = preset_names}, .query = kInfo,
     .write = Build{set_preset}, .hint = {.icon = "mdi:palette-swatch", .category = Category::config}, .derive = preset, .also = kPresets},
    {.id = "fan_speed", .name = "Fan speed", .needs = "fan_control", .kind = Number{.min = 1, .max = 4}, .query = kInfo, .pointer = "/fan_speed_level",
     .write = Set{"set_device_info", "/fan_speed_level"}, .hint = {.icon = "mdi:fan"}},
    {.id = "fan_sleep_mode", .name = "Sleep mode", .needs = "fan_control", .kind = kBool, .query = kInfo, .pointer = "/fan_sleep_mode_on",
     .write = Set{"set_device_info", "/fan_sleep_mode_on"}, .hint = kConfig},
    {.id = "transition_on", .name = "Fade on", .needs = "on_off_gradually", .kind = Number{.min = 0, .max = 60}, .query = kGradually,
     .write = Build{set_fade_on}, .hint = duration("s"), .derive = fade_on, .when = has_gradual_times},
    {.id = "transition_off", .name = "Fade off", .needs = "on_off_gradually", .kind = Number{.min = 0, .max = 60}, .query = kGradually,
     .write = Build{set_fade_off}, .hint = duration("s"), .derive = fade_off, .when = has_gradual_times},
    {.id = "smooth_transitions", .name = "Smooth transitions", .needs = "on_off_gradually", .kind = kBool, .query = kGradually, .pointer = "/enable",
     .write = Set{"set_on_off_gradually_info", "/enable"}, .hint = kConfig},
    {.id = "power", .name = "Power", .needs = kMeter, .kind = watts(0.001), .query = kEmeter, .pointer = "/power_mw", .hint = measured("power", "W", 1)},
    {.id = "power", .name = "Power", .needs = kMeter, .kind = watts(0.001), .query = kEnergy, .pointer = "/current_power", .hint = measured("power", "W", 1)},
    {.id = "power", .name = "Power", .needs = kMeter, .kind = watts(1), .query = {"get_current_power", ""}, .pointer = "/current_power",
     .hint = measured("power", "W", 1)},
    strip_row<StripSum::power>("Power", kInfo, watts(1), measured("power", "W", 1)),
    {.id = "voltage", .name = "Voltage", .needs = kMeter, .kind = Number{.min = 0, .max = 1e6, .scale = 0.001, .dead_band = 0.5}, .query = kEmeter,
     .pointer = "/voltage_mv", .hint = measured("voltage", "V", 1)},
    strip_row<StripSum::voltage>("Voltage", kInfo, Number{.min = 0, .max = 1e6, .dead_band = 0.5}, measured("voltage", "V", 1)),
    {.id = "current", .name = "Current", .needs = kMeter, .kind = Number{.min = 0, .max = 1e6, .scale = 0.001, .dead_band = 0.002}, .query = kEmeter,
     .pointer = "/current_ma", .hint = measured("current", "A", 3)},
    strip_row<StripSum::current>("Current", kInfo, Number{.min = 0, .max = 1e6, .dead_band = 0.002}, measured("current", "A", 3)),
    {.id = "energy_today", .name = "Energy today", .needs = kMeter, .kind = kilowatt_hours(), .query = kEnergy, .pointer = "/today_energy", .hint = counted()},
    strip_row<StripSum::energy_today>("Energy today", kInfo, Number{.min = 0, .max = 1e9}, counted()),
    {.id = "energy_month", .name = "Energy this month", .needs = kMeter, .kind = kilowatt_hours(), .query = kEnergy, .pointer = "/month_energy", .hint = counted()},
    strip_row<StripSum::energy_month>("Energy this month", kInfo, Number{.min = 0, .max = 1e9}, counted()),
    {.id = "energy_total", .name = "Energy", .needs = kMeter, .kind = Number{.min = 0, .max = 1e9}, .query = kEnergy, .hint = counted(), .derive = energy_total, .when = has_energy_usage},
    strip_row<StripSum::energy_total>("Energy", kInfo, Number{.min = 0, .max = 1e9}, counted()),
    {.id = "runtime_today", .name = "On time today", .needs = kMeter, .kind = Number{.min = 0, .max = 1e6}, .query = kEnergy, .pointer = "/today_runtime",
     .hint = {.device_class = "duration", .unit = "min", .category = Category::diagnostic, .enabled = false}},
    {.id = "runtime_month", .name = "On time this month", .needs = kMeter, .kind = Number{.min = 0, .max = 1e6}, .query = kEnergy, .pointer = "/month_runtime",
     .hint = {.device_class = "duration", .unit = "min", .category = Category::diagnostic, .enabled = false}},
    {.id = "auto_off", .name = "Auto off", .needs = "auto_off", .kind = kBool, .query = kAutoOff, .pointer = "/enable",
     .write = Set{"set_auto_off_config", "/enable", true}, .hint = kConfig},
    {.id = "auto_off_minutes", .name = "Auto off delay", .needs = "auto_off", .kind = Number{.min = 1, .max = 1440}, .query = kAutoOff,
     .pointer = "/delay_min", .write = Set{"set_auto_off_config", "/delay_min", true}, .hint = duration("min")},
    {.id = "auto_off_at", .name = "Auto off at", .needs = "auto_off", .kind = Timestamp{}, .query = kInfo, .hint = diagnostic("timestamp", false),
     .derive = auto_off_at},
    {.id = "countdown", .name = "Countdown", .needs = "countdown", .kind = Number{.min = 0, .max = 1439}, .query = kCountdown,
     .write = Build{set_countdown}, .hint = duration("min"), .derive = countdown_minutes, .before = end_countdown},
    {.id = "countdown_remaining", .name = "Countdown remaining", .needs = "countdown", .kind = Number{.min = 0, .max = 1e6}, .query = kCountdown,
     .hint = {.device_class = "duration", .unit = "s", .category = Category::diagnostic, .enabled = false}, .derive = countdown_seconds},
    {.id = "power_on_behavior", .name = "After a power cut", .needs = "default_states", .kind = Choice{kPowerOn, kPowerOnDevice}, .query = kInfo,
     .pointer = "/default_states/re_power_type", .write = Build{set_power_type}, .hint = kConfig},
    // unverified: plugs tell this shape; that they take it is not recorded
    {.id = "power_on_behavior", .name = "After a power cut", .needs = "default_states", .kind = Choice{kPowerOn, kPowerOnDevice}, .query = kInfo,
     .write = Build{set_default_on}, .hint = kConfig, .derive = default_on, .when = tells_default_on},
    {.id = "power_protection", .name = "Power limit", .needs = "power_protection",
     .kind = Number{.min = 0, .max = 4000, .range = power_limit_range}, .query = kProtection, .write = Build{set_power_limit},
     .hint = {.device_class = "power", .unit = "W", .category = Category::config, .enabled = false}, .derive = power_limit, .when = has_protection, .also = kMaxPower},
    {.id = "overloaded", .name = "Overloaded", .needs = "power_protection", .kind = OnOff{"overloaded", "normal", true}, .query = kInfo,
     .pointer = "/power_protection_status", .hint = diagnostic("problem")},
    {.id = "overcurrent", .name = "Overcurrent", .kind = OnOff{"lifted", "normal", true}, .query = kInfo, .pointer = "/overcurrent_status",
     .hint = diagnostic("problem", false)},
    {.id = "charging_finished", .name = "Charging finished", .kind = OnOff{"finished", "normal", true}, .query = kInfo, .pointer = "/charging_status",
     .hint = diagnostic("", false)},
    // Newer firmware names the level, older says yes or no: anything but normal is hot.
    {.id = "overheated", .name = "Overheated", .kind = OnOff{"overheated", "normal", true}, .query = kInfo, .pointer = "/overheat_status", .hint = diagnostic("heat")},
    {.id = "overheated", .name = "Overheated", .kind = kBool, .query = kInfo, .pointer = "/overheated", .hint = diagnostic("heat")},
    {.id = "child_lock", .name = "Child lock", .needs = "child_protection", .kind = kBool, .query = kChildLock, .pointer = "/child_protection",
     .write = Build{set_child_lock}, .hint = kConfig},
    {.id = "on_since", .name = "On since", .kind = Timestamp{}, .query = kInfo, .hint = diagnostic("timestamp", false), .derive = on_since, .when = counts_on_time},
};

json::value paired_devices(const json::object& document, std::int64_t) {
    const json::value* list = find_in(document, "get_pair_list", "/mac_list");
    return list != nullptr && list->is_array() ? json::value(static_cast<std::int64_t>(list->get_array().size())) : json::value(nullptr);
}

/// What only the device that has the connection tells.
constexpr Capability kHousehold[] = {
    {.id = "led", .name = "Status LED", .needs = "led", .kind = OnOff{"always", "never", true}, .query = kLed, .pointer = "/led_rule",
     .write = Set{"set_led_info", "/led_rule", true}, .hint = kConfig},
    {.id = "led_rule", .name = "LED rule", .needs = "led", .kind = DynamicChoice{.options = led_rules}, .query = kLed, .pointer = "/led_rule",
     .write = Set{"set_led_info", "/led_rule", true}, .hint = kRare},
    {.id = "led_night_mode", .name = "LED night mode", .needs = "led", .kind = Choice{kNightTypes}, .query = kLed, .pointer = "/night_mode/night_mode_type",
     .write = Set{"set_led_info", "/night_mode/night_mode_type", true}, .hint = kRare},
    {.id = "led_night_start", .name = "LED night start", .needs = "led", .kind = Number{.min = 0, .max = 1439}, .query = kLed, .pointer = "/night_mode/start_time",
     .write = Set{"set_led_info", "/night_mode/start_time", true}, .hint = duration("min", false)},
    {.id = "led_night_end", .name = "LED night end", .needs = "led", .kind = Number{.min = 0, .max = 1439}, .query = kLed, .pointer = "/night_mode/end_time",
     .write = Set{"set_led_info", "/night_mode/end_time", true}, .hint = duration("min", false)},
    {.id = "alarm", .name = "Alarm", .needs = "alarm", .kind = kBool, .query = kInfo, .pointer = "/in_alarm",
     .write = Build{[](const json::value& on, const WriteContext&) -> Result<Request> { return Request{on == json::value(true) ? "play_alarm" : "stop_alarm", nullptr}; }},
     .hint = {.component = "siren"}},
    // Of a chime. What it rings by is set with the MAC of a paired device in the question: a row cannot ask that.
    {.id = "paired_devices", .name = "Paired devices", .kind = Number{.min = 0, .max = 100}, .query = {"get_pair_list", "", 3600}, .pointer = "/mac_list",
     .hint = {.icon = "mdi:bell-ring", .category = Category::diagnostic}, .derive = paired_devices, .asked_when = is_chime},
    {.id = "cloud_connection", .name = "Cloud connection", .needs = "cloud_connect", .kind = kBool, .query = kCloud, .hint = diagnostic("connectivity", false),
     .derive = is_cloud_connected},
    {.id = "rssi", .name = "Signal strength", .kind = Number{.min = -150, .max = 0, .dead_band = 3}, .query = kInfo, .pointer = "/rssi",
     .hint = {.device_class = "signal_strength", .unit = "dBm", .category = Category::diagnostic, .state_class = "measurement", .enabled = false}},
    {.id = "signal_level", .name = "Signal level", .kind = Number{.min = 0, .max = 5}, .query = kInfo, .pointer = "/signal_level",
     .hint = {.icon = "mdi:wifi", .category = Category::diagnostic, .enabled = false}},
    {.id = "firmware", .name = "Firmware version", .kind = Text{}, .query = kInfo, .pointer = "/fw_ver", .hint = {.icon = "mdi:chip", .category = Category::diagnostic}},
    {.id = "firmware_latest", .name = "Latest firmware", .needs = "firmware", .kind = Text{}, .query = kLatest, .hint = diagnostic("", false),
     .derive = latest_firmware, .when = tells_latest},
    {.id = "firmware_updating", .name = "Updating", .needs = "firmware", .kind = kBool, .query = kDownload, .hint = diagnostic("running", false), .derive = updating},
    {.id = "firmware_progress", .name = "Update progress", .needs = "firmware", .kind = Number{.min = 0, .max = 100}, .query = kDownload,
     .hint = {.unit = "%", .category = Category::diagnostic, .enabled = false}, .derive = update_percent},
    {.id = "firmware_install", .name = "Install firmware", .needs = "firmware", .kind = Press{.may_not_answer = true}, .query = kDownload, .pointer = "/status",
     .write = Build{install_firmware}, .hint = {.device_class = "update", .category = Category::config, .enabled = false}},
    {.id = "auto_update", .name = "Automatic updates", .needs = "firmware", .kind = kBool, .query = kAutoUpdate, .pointer = "/enable",
     .write = Set{"set_auto_update_info", "/enable", true}, .hint = kConfig},
    {.id = "reboot", .name = "Restart", .kind = Press{.may_not_answer = true}, .write = Build{reboot}, .hint = {.device_class = "restart", .category = Category::config}},
};

constexpr auto kTable = join(kLoad, kHousehold);
static_assert(valid(kTable));

constexpr Composite kComposites[] = {
    {.component = "light", .id = "light", .name = "Light", .hint = {.main_entity = true}, .anchor = "brightness", .power = "state",
     .brightness = "brightness", .color_temp = "color_temp", .color = "color", .color_mode = "color_mode"},
    {.component = "update", .id = "update", .name = "Firmware", .hint = {.category = Category::config}, .anchor = "firmware_latest",
     .installed = "firmware", .latest = "firmware_latest", .in_progress = "firmware_updating", .percentage = "firmware_progress", .install = "firmware_install"},
};

}  // namespace

std::span<const Capability> tapo_plug_table() { return kTable; }
std::span<const Capability> tapo_outlet_table() { return kLoad; }
std::span<const Composite> tapo_plug_composites() { return kComposites; }

}  // namespace tplink::gateway
