// Devices of the IOT dialect: older Kasa plugs, strips, wall switches, dimmers, bulbs (protocols/kasa/kasa.md).

#include "gateway/capabilities/join.hpp"
#include "gateway/capabilities/kasa_values.hpp"
#include "gateway/capabilities/strip_sums.hpp"
#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

using namespace iot;

constexpr Query kCloud{"cnCloud.get_info", "", 300};
constexpr Query kBulbCloud{"smartlife.iot.common.cloud.get_info", "", 300};
constexpr Query kDimmer{"smartlife.iot.dimmer.get_dimmer_parameters", "", 3600};
constexpr Query kMotion{"smartlife.iot.PIR.get_config", "", 60};
constexpr Query kAmbient{"smartlife.iot.LAS.get_config", "", 60};
constexpr Query kAmbientNow{"smartlife.iot.LAS.get_current_brt", ""};
constexpr OnOff kOne{"1", "0"};
constexpr std::string_view kRanges[] = {"far", "middle", "near", "custom"};
constexpr std::string_view kRangeNumbers[] = {"0", "1", "2", "3"};

constexpr Hint kConfig{.category = Category::config};
constexpr Hint kMain{.device_class = "outlet", .main_entity = true};
constexpr Hint measured(std::string_view device_class, std::string_view unit, int precision) {
    return {.device_class = device_class, .unit = unit, .state_class = "measurement", .precision = precision};
}
constexpr Hint counted(bool enabled = true) {
    return {.device_class = "energy", .unit = "kWh", .category = enabled ? Category::main : Category::diagnostic, .state_class = "total_increasing", .precision = 2, .enabled = enabled};
}
constexpr Hint diagnostic(std::string_view device_class, bool enabled = true) {
    return {.device_class = device_class, .category = Category::diagnostic, .enabled = enabled};
}
constexpr Hint fade() { return {.device_class = "duration", .unit = "ms", .category = Category::config, .enabled = false}; }

/// One reading of the meter: old firmware tells volts, newer millivolts; the key decides.
constexpr Capability meter(std::string_view id, std::string_view name, std::string_view needs, Query query, std::string_view pointer, double scale, double band, Hint hint) {
    return {.id = id, .name = name, .needs = needs, .unless = "strip", .kind = Number{.min = 0, .max = 1e9, .scale = scale, .dead_band = band}, .query = query, .pointer = pointer, .hint = hint};
}

// A strip would answer for its first socket: it shows what its sockets draw together instead.
constexpr Capability kMeter[] = {
    meter("power", "Power", "ENE", kRealtime, "/power_mw", 0.001, 0.1, measured("power", "W", 1)),
    meter("power", "Power", "ENE", kRealtime, "/power", 1, 0.1, measured("power", "W", 1)),
    meter("power", "Power", "", kBulbRealtime, "/power_mw", 0.001, 0.1, measured("power", "W", 1)),
    strip_row<StripSum::power>("Power", kSysinfo, Number{.min = 0, .max = 1e6, .dead_band = 0.1}, measured("power", "W", 1)),
    meter("voltage", "Voltage", "ENE", kRealtime, "/voltage_mv", 0.001, 0.5, measured("voltage", "V", 1)),
    meter("voltage", "Voltage", "ENE", kRealtime, "/voltage", 1, 0.5, measured("voltage", "V", 1)),
    strip_row<StripSum::voltage>("Voltage", kSysinfo, Number{.min = 0, .max = 1e6, .dead_band = 0.5}, measured("voltage", "V", 1)),
    meter("current", "Current", "ENE", kRealtime, "/current_ma", 0.001, 0.002, measured("current", "A", 3)),
    meter("current", "Current", "ENE", kRealtime, "/current", 1, 0.002, measured("current", "A", 3)),
    strip_row<StripSum::current>("Current", kSysinfo, Number{.min = 0, .max = 1e6, .dead_band = 0.002}, measured("current", "A", 3)),
    {.id = "energy_today", .name = "Energy today", .needs = "ENE", .unless = "strip", .kind = Number{.min = 0, .max = 1e9}, .query = kDays, .hint = counted(), .derive = energy_today},
    {.id = "energy_today", .name = "Energy today", .needs = "bulb", .kind = Number{.min = 0, .max = 1e9}, .query = kBulbDays, .hint = counted(), .derive = energy_today},
    strip_row<StripSum::energy_today>("Energy today", kSysinfo, Number{.min = 0, .max = 1e9}, counted()),
    {.id = "energy_month", .name = "Energy this month", .needs = "ENE", .unless = "strip", .kind = Number{.min = 0, .max = 1e9}, .query = kMonths, .hint = counted(), .derive = energy_month},
    {.id = "energy_month", .name = "Energy this month", .needs = "bulb", .kind = Number{.min = 0, .max = 1e9}, .query = kBulbMonths, .hint = counted(), .derive = energy_month},
    strip_row<StripSum::energy_month>("Energy this month", kSysinfo, Number{.min = 0, .max = 1e9}, counted()),
    // Falls back to 0 when the device is reset: the total below does not.
    meter("energy_counter", "Energy counter", "ENE", kRealtime, "/total_wh", 0.001, 0, counted(false)),
    meter("energy_counter", "Energy counter", "ENE", kRealtime, "/total", 1, 0, counted(false)),
    meter("energy_counter", "Energy counter", "", kBulbRealtime, "/total_wh", 0.001, 0, counted(false)),
    strip_row<StripSum::energy_counter>("Energy counter", kSysinfo, Number{.min = 0, .max = 1e9}, counted(false)),
    {.id = "energy_total", .name = "Energy", .needs = "ENE", .unless = "strip", .kind = Number{.min = 0, .max = 1e9}, .query = kRealtime, .hint = counted(), .derive = energy_total},
    {.id = "energy_total", .name = "Energy", .unless = "strip", .kind = Number{.min = 0, .max = 1e9}, .query = kBulbRealtime, .hint = counted(), .derive = energy_total, .when = is_light},
    strip_row<StripSum::energy_total>("Energy", kSysinfo, Number{.min = 0, .max = 1e9}, counted()),
    {.id = "countdown", .name = "Countdown", .needs = "TIM", .unless = "strip", .kind = Number{.min = 0, .max = 1439}, .query = kCountdown, .write = Build{set_countdown},
     .hint = {.device_class = "duration", .unit = "min", .category = Category::config}, .derive = countdown_minutes, .before = end_countdown},
};

constexpr Capability kDevice[] = {
    {.id = "state", .name = "Plug", .needs = "plug", .kind = kOne, .query = kSysinfo, .pointer = "/relay_state", .write = Set{"system.set_relay_state", "/state"}, .hint = kMain},
    {.id = "state", .name = "Switch", .kind = kOne, .query = kSysinfo, .pointer = "/relay_state", .write = Set{"system.set_relay_state", "/state"},
     .hint = {.device_class = "switch", .main_entity = true}},
    {.id = "state", .name = "Light", .kind = kOne, .query = kSysinfo, .pointer = "/light_state/on_off", .write = Build{set_light}, .hint = {.main_entity = true}},
    {.id = "state", .name = "All outlets", .needs = "strip", .kind = kOne, .query = kSysinfo, .write = Set{"system.set_relay_state", "/state"},
     .hint = kMain, .derive = any_outlet_on, .when = has_outlets},
    {.id = "brightness", .name = "Brightness", .needs = "dimmer", .kind = Number{.min = 1, .max = 100}, .query = kSysinfo, .pointer = "/brightness",
     .write = Set{"smartlife.iot.dimmer.set_brightness", "/brightness"}, .hint = {.unit = "%", .icon = "mdi:brightness-6"}},
    {.id = "brightness", .name = "Brightness", .needs = "dimmable", .kind = Number{.min = 1, .max = 100}, .query = kSysinfo, .write = Build{set_brightness},
     .hint = {.unit = "%", .icon = "mdi:brightness-6"}, .derive = brightness},
    // unverified: the range; the device does not tell it, and clamps what it cannot show
    {.id = "color_temp", .name = "Colour temperature", .needs = "color_temp", .kind = Number{.min = 2500, .max = 9000}, .query = kSysinfo, .write = Build{set_color_temp},
     .hint = {.unit = "K", .icon = "mdi:thermometer"}, .derive = color_temp},
    {.id = "color", .name = "Colour", .needs = "color", .kind = HueSaturation{}, .query = kSysinfo, .write = Build{set_color}, .hint = {.icon = "mdi:palette"},
     .derive = color, .when = has_color_state},
    {.id = "color_mode", .name = "Colour mode", .needs = "color", .kind = Text{}, .query = kSysinfo, .hint = diagnostic("", false), .derive = color_mode, .when = has_color_state},
    {.id = "light_preset", .name = "Preset", .kind = DynamicChoice{.options = preset_names}, .query = kSysinfo, .write = Build{set_preset},
     .hint = {.icon = "mdi:palette-swatch", .category = Category::config}, .derive = preset, .when = has_presets},
    {.id = "led", .name = "Status LED", .kind = OnOff{"0", "1"}, .query = kSysinfo, .pointer = "/led_off", .write = Set{"system.set_led_off", "/off"}, .hint = kConfig},
    // unverified: the setters of these four are known from other implementations only
    {.id = "fade_on_time", .name = "Fade on", .needs = "dimmer", .kind = Number{.min = 0, .max = 10000}, .query = kDimmer, .pointer = "/fadeOnTime",
     .write = Set{"smartlife.iot.dimmer.set_fade_on_time", "/fadeTime"}, .hint = fade()},
    {.id = "fade_off_time", .name = "Fade off", .needs = "dimmer", .kind = Number{.min = 0, .max = 10000}, .query = kDimmer, .pointer = "/fadeOffTime",
     .write = Set{"smartlife.iot.dimmer.set_fade_off_time", "/fadeTime"}, .hint = fade()},
    {.id = "gentle_on_time", .name = "Gentle on", .needs = "dimmer", .kind = Number{.min = 0, .max = 120000}, .query = kDimmer, .pointer = "/gentleOnTime",
     .write = Set{"smartlife.iot.dimmer.set_gentle_on_time", "/duration"}, .hint = fade()},
    {.id = "gentle_off_time", .name = "Gentle off", .needs = "dimmer", .kind = Number{.min = 0, .max = 120000}, .query = kDimmer, .pointer = "/gentleOffTime",
     .write = Set{"smartlife.iot.dimmer.set_gentle_off_time", "/duration"}, .hint = fade()},
    {.id = "motion_sensor", .name = "Motion sensor", .needs = "switch", .kind = kOne, .query = kMotion, .pointer = "/enable",
     .write = Set{"smartlife.iot.PIR.set_enable", "/enable"}, .hint = kConfig},
    {.id = "motion_sensor", .name = "Motion sensor", .needs = "dimmer", .kind = kOne, .query = kMotion, .pointer = "/enable",
     .write = Set{"smartlife.iot.PIR.set_enable", "/enable"}, .hint = kConfig},
    {.id = "motion_range", .name = "Motion range", .kind = Choice{kRanges, kRangeNumbers}, .query = kMotion, .pointer = "/trigger_index",
     .write = Set{"smartlife.iot.PIR.set_trigger_sens", "/index"}, .hint = kConfig, .when = [](const json::object& document) { return document.contains("smartlife.iot.PIR.get_config"); }},
    {.id = "ambient_light_sensor", .name = "Ambient light sensor", .needs = "switch", .kind = kOne, .query = kAmbient, .pointer = "/devs/0/enable",
     .write = Set{"smartlife.iot.LAS.set_enable", "/enable"}, .hint = kConfig},
    {.id = "ambient_light_sensor", .name = "Ambient light sensor", .needs = "dimmer", .kind = kOne, .query = kAmbient, .pointer = "/devs/0/enable",
     .write = Set{"smartlife.iot.LAS.set_enable", "/enable"}, .hint = kConfig},
    {.id = "ambient_light", .name = "Ambient light", .needs = "switch", .kind = Number{.min = 0, .max = 1e6}, .query = kAmbientNow, .pointer = "/value",
     .hint = {.unit = "%", .icon = "mdi:brightness-5", .state_class = "measurement"}},
    {.id = "ambient_light", .name = "Ambient light", .needs = "dimmer", .kind = Number{.min = 0, .max = 1e6}, .query = kAmbientNow, .pointer = "/value",
     .hint = {.unit = "%", .icon = "mdi:brightness-5", .state_class = "measurement"}},
    {.id = "on_since", .name = "On since", .kind = Timestamp{}, .query = kSysinfo, .hint = diagnostic("timestamp", false), .derive = on_since, .when = iot::counts_on_time},
    {.id = "cloud_connection", .name = "Cloud connection", .kind = kOne, .query = kCloud, .pointer = "/cld_connection", .hint = diagnostic("connectivity", false)},
    {.id = "cloud_connection", .name = "Cloud connection", .kind = kOne, .query = kBulbCloud, .pointer = "/cld_connection", .hint = diagnostic("connectivity", false)},
    {.id = "rssi", .name = "Signal strength", .kind = Number{.min = -150, .max = 0, .dead_band = 3}, .query = kSysinfo, .pointer = "/rssi",
     .hint = {.device_class = "signal_strength", .unit = "dBm", .category = Category::diagnostic, .state_class = "measurement", .enabled = false}},
    {.id = "firmware", .name = "Firmware version", .kind = Text{}, .query = kSysinfo, .pointer = "/sw_ver", .hint = {.icon = "mdi:chip", .category = Category::diagnostic}},
    {.id = "firmware_updating", .name = "Updating", .kind = kOne, .query = kSysinfo, .pointer = "/updating", .hint = diagnostic("running", false)},
    {.id = "reboot", .name = "Restart", .unless = "bulb", .kind = Press{.may_not_answer = true}, .write = Build{iot::reboot},
     .hint = {.device_class = "restart", .category = Category::config}},
    {.id = "reboot", .name = "Restart", .kind = Press{.may_not_answer = true}, .write = Build{reboot_bulb}, .hint = {.device_class = "restart", .category = Category::config}},
};

constexpr Capability kSocket[] = {
    {.id = "state", .name = "Outlet", .kind = kOne, .query = kSysinfo, .pointer = "/state", .write = Set{"system.set_relay_state", "/state"}, .hint = kMain},
    {.id = "on_since", .name = "On since", .kind = Timestamp{}, .query = kSysinfo, .hint = diagnostic("timestamp", false), .derive = outlet_on_since},
};

constexpr auto kTable = join(kDevice, kMeter);
constexpr auto kOutlet = join(kSocket, kMeter);
static_assert(valid(kTable) && valid(kOutlet));

constexpr Composite kComposites[] = {
    {.component = "light", .id = "light", .name = "Light", .hint = {.main_entity = true}, .anchor = "brightness", .power = "state",
     .brightness = "brightness", .color_temp = "color_temp", .color = "color", .color_mode = "color_mode"},
};

Table socket_table(std::string_view) { return {.rows = kOutlet}; }

constexpr ChildrenOf kSockets[] = {{.needs = "strip",
                                    .list = kSysinfo,
                                    .pointer = "/children",
                                    .id = "id",
                                    .name = "alias",
                                    .lands_in = "system.get_sysinfo",
                                    .list_only = true,
                                    .inherited = "ENE,TIM",
                                    .every_s = 30,
                                    .table = socket_table}};

}  // namespace

std::span<const Capability> kasa_plug_table() { return kTable; }
std::span<const Capability> kasa_outlet_table() { return kOutlet; }
std::span<const Composite> kasa_plug_composites() { return kComposites; }
std::span<const ChildrenOf> kasa_sockets() { return kSockets; }

}  // namespace tplink::gateway
