// White lamp and floodlight (protocols/tapo/catalogue.md, "Lights").

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kLamp{"getWhitelampStatus", R"({"image":{"get_wtl_status":["null"]}})"};
constexpr Query kLampConfig{"getWhitelampConfig", R"({"image":{"name":["switch"]}})"};
constexpr Query kFlood{"getFloodlightStatus", R"({"floodlight":{"get_floodlight_status":""}})"};
constexpr Query kFloodConfig{"getFloodlightConfig", R"({"floodlight":{"name":["config"]}})"};
constexpr Query kFloodRange{"getFloodlightCapability", R"({"floodlight":{"name":["capability"]}})", 3600};

constexpr std::string_view kTimes[] = {"5 min", "10 min", "15 min", "30 min"};
constexpr std::string_view kSeconds[] = {"300", "600", "900", "1800"};
constexpr std::string_view kLevel = "/image/switch/wtl_intensity_level";
constexpr Hint kLight{.icon = "mdi:light-flood-down"};

// The lamp has five steps in the plain style of the picture, a hundred in the others. A level above five proves the
// hundred whatever the style says: one recorded camera of the plain style stands at 30.
bool five_steps(const json::object& document) {
    return text_at(document, kImage.method, "/image/common/style") == "standard" && text_at(document, kLampConfig.method, kLevel).size() == 1;
}
bool hundred_steps(const json::object& document) { return !five_steps(document); }

Result<Request> flip_lamp(const json::value&, const WriteContext&) {
    return request("reverseWhitelampStatus", "/image/reverse_wtl_status", json::array{"null"});
}

/// The status comes as "on", "1", 1 or true.
json::value flood_on(const json::object& document, std::int64_t) {
    const json::value* status = at(document, kFlood.method, "/status");
    if (status == nullptr) return nullptr;
    const bool on = *status == json::value("on") || *status == json::value("1") || *status == json::value(1) || *status == json::value(true);
    return on ? "on" : "off";
}
Result<Request> set_flood(const json::value& value, const WriteContext&) {
    return request("manualFloodlightOp", "/floodlight/manual_floodlight_op/action", value == json::value("on") ? "start" : "stop");
}

double number_of(const json::value* value, double otherwise) {
    if (value == nullptr) return otherwise;
    if (value->is_int64()) return static_cast<double>(value->get_int64());
    if (!value->is_string()) return otherwise;
    char* end = nullptr;
    const double number = std::strtod(value->get_string().c_str(), &end);
    return end == value->get_string().c_str() || !std::isfinite(number) ? otherwise : number;
}

struct Range {
    double min, max;
};
// unverified: the spelling of the limits; without them 1 to 100 is taken.
Range flood_range(const json::object& document) {
    const double min = number_of(at(document, kFloodRange.method, "/floodlight/capability/min_intensity"), 1);
    const double max = number_of(at(document, kFloodRange.method, "/floodlight/capability/max_intensity"), 100);
    return max > min ? Range{min, max} : Range{1, 100};
}
json::value flood_percent(const json::object& document, std::int64_t) {
    const json::value* level = at(document, kFloodConfig.method, "/floodlight/config/intensity_level");
    if (level == nullptr) return nullptr;
    const Range range = flood_range(document);
    return std::clamp<std::int64_t>(std::lround(100 * number_of(level, range.min) / range.max), 1, 100);
}
Result<Request> set_flood_percent(const json::value& value, const WriteContext& context) {
    const Range range = flood_range(context.document);
    const auto level = std::lround(std::clamp(number_of(&value, 100) * range.max / 100, range.min, range.max));
    return request("setFloodlightConfig", "/floodlight/config/intensity_level", json::string(std::to_string(level)));
}

constexpr Capability kRows[] = {
    {.id = "spotlight", .name = "Spotlight", .needs = "whiteLamp", .kind = OnOff{"1", "0"}, .query = kLamp, .pointer = "/status",
     .write = Build{flip_lamp}, .hint = kLight, .toggles = true},
    toggle("spotlight", "Spotlight", "whiteLamp", kLampConfig, "setLdc", "/image/switch/force_wtl_state", kLight),
    {.id = "spotlight_brightness", .name = "Spotlight brightness", .needs = "whiteLamp",
     .kind = Number{.min = 20, .max = 100, .step = 20, .as_text = true, .scale = 20}, .query = kLampConfig, .pointer = kLevel,
     .write = Set{"setWhitelampConfig", kLevel}, .hint = kPercent, .also = kImage, .asked_when = five_steps},
    {.id = "spotlight_brightness", .name = "Spotlight brightness", .needs = "whiteLamp", .kind = kSensitivityText, .query = kLampConfig,
     .pointer = kLevel, .write = Set{"setWhitelampConfig", kLevel}, .hint = kPercent, .also = kImage, .asked_when = hundred_steps},
    choice("spotlight_duration", "Spotlight duration", "whiteLamp", kLampConfig, "setWhitelampConfig", "/image/switch/wtl_force_time",
           Choice{kTimes, kSeconds}),
    fact("spotlight_time_left", "Spotlight goes off in", "whiteLamp", Number{.min = 0, .max = 86400}, kLamp, "/rest_time",
         {.device_class = "duration", .unit = "s", .category = Category::diagnostic, .enabled = false}),
    {.id = "floodlight", .name = "Floodlight", .needs = "floodlight", .kind = OnOff{}, .query = kFlood, .pointer = "/status",
     .write = Build{set_flood}, .hint = kLight, .derive = flood_on},
    {.id = "floodlight_brightness", .name = "Floodlight brightness", .needs = "floodlight", .kind = Number{.min = 1, .max = 100},
     .query = kFloodConfig, .pointer = "/floodlight/config/intensity_level", .write = Build{set_flood_percent}, .hint = kPercent,
     .derive = flood_percent, .also = kFloodRange},
    number("floodlight_duration", "Floodlight duration", "floodlight", kFloodConfig, "setFloodlightConfig", "/floodlight/config/manual_duration",
           Number{.min = 0, .max = 86400, .as_text = true}, {.device_class = "duration", .unit = "s", .category = Category::config, .enabled = false}),
    toggle("floodlight_on_motion", "Floodlight on motion", "floodlight", kFloodConfig, "setFloodlightConfig", "/floodlight/config/img_det_tri_enabled", kRareConfig),
    number("floodlight_motion_duration", "Floodlight duration on motion", "floodlight", kFloodConfig, "setFloodlightConfig", "/floodlight/config/trigger_duration",
           Number{.min = 0, .max = 86400, .as_text = true}, {.device_class = "duration", .unit = "s", .category = Category::config, .enabled = false}),
    toggle("floodlight_schedule", "Floodlight by schedule", "floodlight", kFloodConfig, "setFloodlightConfig", "/floodlight/config/schedule_enabled", kRareConfig),
    toggle("floodlight_auto_off", "Floodlight auto off", "floodlight", kFloodConfig, "setFloodlightConfig", "/floodlight/config/auto_off_enabled", kRareConfig),
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> light_rows() { return kRows; }

}  // namespace tplink::gateway::camera
