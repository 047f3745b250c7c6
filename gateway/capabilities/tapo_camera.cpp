// Tapo cameras, control port 443 (protocols/tapo/camera.md).

#include <cstdlib>
#include <string>

#include "gateway/capabilities/engine.hpp"
#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

constexpr Query kImage{"getLdc", R"({"image":{"name":["switch","common"]}})"};
constexpr Query kPresets{"getPresetConfig", R"({"preset":{"name":["preset"]}})"};
constexpr Query kMotion{"getDetectionConfig", R"({"motion_detection":{"name":["motion_det"]}})"};
constexpr Query kDevice{"getDeviceInfo", R"({"device_info":{"name":["basic_info"]}})", 3600};
constexpr Query kLink{"getConnectionType", R"({"network":{"get_connection_type":[]}})", 300};
constexpr Query kCard{"getSdCardStatus", R"({"harddisk_manage":{"table":["hd_info"]}})", 300};
constexpr Query kSiren{"getSirenStatus", R"({"msg_alarm":{}})"};
constexpr Hint kConfig{.category = Category::config};
constexpr Hint kSirenHint{.component = "siren"};

constexpr std::string_view kDayNight[] = {"auto", "on", "off"};
constexpr int kStepDegrees = 10;
// The alarm has no getter; this is how long the default one sounds. unverified: the length differs by model.
constexpr int kAlarmSeconds = 300;

constexpr std::string_view kDisk = "/harddisk_manage/hd_info/0/hd_info_1";

const json::value* at(const json::object& document, std::string_view method, const std::string& pointer) {
    const json::value* result = document.if_contains(method);
    boost::system::error_code ec;
    return result == nullptr ? nullptr : result->find_pointer(pointer, ec);
}

/// "127878135808B" -> GB (10^9 bytes).
json::value gigabytes(const json::object& document, std::string_view field) {
    const json::value* text = at(document, kCard.method, std::string(kDisk) + "/" + std::string(field));
    if (text == nullptr || !text->is_string()) return json::value(nullptr);
    const double bytes = std::strtod(text->get_string().c_str(), nullptr);
    return json::value(static_cast<std::int64_t>(bytes / 1e8) / 10.0);
}
json::value card_total(const json::object& document, std::int64_t) { return gigabytes(document, "total_space_accurate"); }
json::value card_free(const json::object& document, std::int64_t) { return gigabytes(document, "free_space_accurate"); }

Result<Request> move(int x, int y) {
    return Request{"motorMove", json::object{{"motor", json::object{{"move", json::object{{"x_coord", std::to_string(x)},
                                                                                           {"y_coord", std::to_string(y)}}}}}}};
}
Result<Request> move_left(const json::value&, const WriteContext&) { return move(-kStepDegrees, 0); }
Result<Request> move_right(const json::value&, const WriteContext&) { return move(kStepDegrees, 0); }
Result<Request> move_up(const json::value&, const WriteContext&) { return move(0, kStepDegrees); }
Result<Request> move_down(const json::value&, const WriteContext&) { return move(0, -kStepDegrees); }
Result<Request> calibrate(const json::value&, const WriteContext&) {
    return Request{"manualCalibrate", json::object{{"motor", json::object{{"manual_cali", ""}}}}};
}

/// Presets are parallel lists: the id stands at the place of the name.
Result<Request> go_to_preset(const json::value& name, const WriteContext& context) {
    const json::value* names = at(context.document, kPresets.method, "/preset/preset/name");
    const json::value* ids = at(context.document, kPresets.method, "/preset/preset/id");
    if (names != nullptr && names->is_array() && ids != nullptr && ids->is_array())
        for (std::size_t i = 0; i < names->get_array().size() && i < ids->get_array().size(); ++i)
            if (names->get_array()[i] == name)
                return Request{"motorMoveToPreset",
                               json::object{{"preset", json::object{{"goto_preset", json::object{{"id", ids->get_array()[i]}}}}}}};
    return fail(Errc::refused, "this preset is gone: reload the list");
}

Result<Request> reboot(const json::value&, const WriteContext&) {
    return Request{"rebootDevice", json::object{{"system", json::object{{"reboot", "null"}}}}};
}

Result<Request> manual_alarm(const json::value& value, const WriteContext&) {
    const json::value action = value == json::value("on") ? json::value("start") : json::value("stop");
    return Request{"do", json::object{{"msg_alarm", json::object{{"manual_msg_alarm", json::object{{"action", action}}}}}}};
}

constexpr Hint step(std::string_view icon) { return {.icon = icon}; }

/// A detection that is only switched: get/set pair, one section.
constexpr Capability detection(std::string_view id, std::string_view name, std::string_view needs, Query query,
                               std::string_view pointer, std::string_view setter) {
    return {.id = id, .name = name, .needs = needs, .kind = OnOff{}, .query = query, .pointer = pointer,
            .write = Set{setter, pointer}, .hint = kConfig};
}

constexpr Capability kTable[] = {
    {.id = "privacy", .name = "Privacy", .needs = "lensMask", .kind = OnOff{},
     .query = {"getLensMaskConfig", R"({"lens_mask":{"name":["lens_mask_info"]}})"},
     .pointer = "/lens_mask/lens_mask_info/enabled", .write = Set{"setLensMaskConfig", "/lens_mask/lens_mask_info/enabled"},
     .hint = {.icon = "mdi:eye-off"}},
    {.id = "led", .name = "Status LED", .needs = "led", .kind = OnOff{},
     .query = {"getLedStatus", R"({"led":{"name":["config"]}})"}, .pointer = "/led/config/enabled",
     .write = Set{"setLedStatus", "/led/config/enabled"}, .hint = kConfig},
    detection("motion_detection", "Motion detection", "detection", kMotion, "/motion_detection/motion_det/enabled",
              "setDetectionConfig"),
    {.id = "motion_sensitivity", .name = "Motion sensitivity", .needs = "detection",
     .kind = Number{.min = 1, .max = 100, .as_text = true}, .query = kMotion,
     .pointer = "/motion_detection/motion_det/digital_sensitivity",
     .write = Set{"setDetectionConfig", "/motion_detection/motion_det/digital_sensitivity"},
     .hint = {.unit = "%", .icon = "mdi:tune", .category = Category::config}},
    detection("person_detection", "Person detection", "personDetection",
              {"getPersonDetectionConfig", R"({"people_detection":{"name":["detection"]}})"},
              "/people_detection/detection/enabled", "setPersonDetectionConfig"),
    // Newer models tell whether the siren sounds; older ones only take start and stop.
    {.id = "siren", .name = "Siren", .needs = "manualAlarm", .kind = OnOff{}, .query = kSiren, .pointer = "/status",
     .write = Set{"setSirenStatus", "/msg_alarm/status"}, .hint = kSirenHint},
    {.id = "siren", .name = "Siren", .needs = "alert", .kind = OnOff{},
     .query = {"getLastAlarmInfo", R"({"msg_alarm":{"name":["chn1_msg_alarm_info"]}})", 3600},
     .pointer = "/msg_alarm/chn1_msg_alarm_info", .write = Build{manual_alarm}, .hint = kSirenHint, .latch_s = kAlarmSeconds},
    {.id = "night_vision", .name = "Night vision", .needs = "dayNightMode", .kind = Choice{kDayNight}, .query = kImage,
     .pointer = "/image/common/inf_type", .write = Set{"setDayNightModeConfig", "/image/common/inf_type"},
     .hint = {.icon = "mdi:weather-night", .category = Category::config}},
    {.id = "ptz_left", .name = "Pan left", .needs = "ptz", .kind = Press{}, .query = kPresets, .pointer = "/preset",
     .write = Build{move_left}, .hint = step("mdi:arrow-left")},
    {.id = "ptz_right", .name = "Pan right", .needs = "ptz", .kind = Press{}, .query = kPresets, .pointer = "/preset",
     .write = Build{move_right}, .hint = step("mdi:arrow-right")},
    {.id = "ptz_up", .name = "Tilt up", .needs = "ptz", .kind = Press{}, .query = kPresets, .pointer = "/preset",
     .write = Build{move_up}, .hint = step("mdi:arrow-up")},
    {.id = "ptz_down", .name = "Tilt down", .needs = "ptz", .kind = Press{}, .query = kPresets, .pointer = "/preset",
     .write = Build{move_down}, .hint = step("mdi:arrow-down")},
    {.id = "calibrate", .name = "Calibrate pan and tilt", .needs = "ptz", .kind = Press{}, .query = kPresets, .pointer = "/preset",
     .write = Build{calibrate}, .hint = kConfig},
    {.id = "preset", .name = "Preset", .needs = "ptz", .kind = DynamicChoice{"/preset/preset/name"}, .query = kPresets,
     .write = Build{go_to_preset}, .hint = {.icon = "mdi:camera-marker"}},
    {.id = "rssi", .name = "Signal strength", .kind = Number{.min = -150, .max = 0}, .query = kLink, .pointer = "/rssiValue",
     .hint = {.device_class = "signal_strength", .unit = "dBm", .category = Category::diagnostic,
              .state_class = "measurement", .enabled = false}},
    {.id = "sd_status", .name = "SD card", .needs = "sdCard", .kind = Text{}, .query = kCard,
     .pointer = "/harddisk_manage/hd_info/0/hd_info_1/status",
     .hint = {.icon = "mdi:micro-sd", .category = Category::diagnostic}},
    {.id = "sd_total", .name = "SD card size", .needs = "sdCard", .kind = Number{.min = 0, .max = 1e6}, .query = kCard,
     .hint = {.device_class = "data_size", .unit = "GB", .category = Category::diagnostic, .enabled = false}, .derive = card_total},
    {.id = "sd_free", .name = "SD card free", .needs = "sdCard", .kind = Number{.min = 0, .max = 1e6}, .query = kCard,
     .hint = {.device_class = "data_size", .unit = "GB", .category = Category::diagnostic,
              .state_class = "measurement"}, .derive = card_free},
    {.id = "firmware", .name = "Firmware version", .kind = Text{}, .query = kDevice, .pointer = "/device_info/basic_info/sw_version",
     .hint = {.icon = "mdi:chip", .category = Category::diagnostic}},
    {.id = "reboot", .name = "Restart", .kind = Press{.may_not_answer = true}, .write = Build{reboot},
     .hint = {.device_class = "restart", .category = Category::config}},
};
static_assert(valid(kTable));

}  // namespace

std::span<const Capability> tapo_camera_table() { return kTable; }

}  // namespace tplink::gateway
