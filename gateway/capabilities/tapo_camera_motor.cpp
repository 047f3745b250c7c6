// Pan, tilt, presets, tracking, patrol (protocols/tapo/catalogue.md, "Motor").

#include <cmath>
#include <string>

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kTrack{"getTargetTrackConfig", R"({"target_track":{"name":["target_track_info"]}})"};
constexpr Query kKinds{"getSmartTrackConfig", R"({"smart_track":{"name":"smart_track_info"}})", 300};
constexpr Query kPatrol{"getPatrolAction", R"({"patrol":{"get_patrol_action":{}}})"};
constexpr int kStepDegrees = 10;

Result<Request> move(long x, long y) {
    return request("motorMove", "/motor/move", json::object{{"x_coord", std::to_string(x)}, {"y_coord", std::to_string(y)}});
}
// +x is right and +y is up. unverified: some models are said to pan the other way round.
Result<Request> move_left(const json::value&, const WriteContext&) { return move(-kStepDegrees, 0); }
Result<Request> move_right(const json::value&, const WriteContext&) { return move(kStepDegrees, 0); }
Result<Request> move_up(const json::value&, const WriteContext&) { return move(0, kStepDegrees); }
Result<Request> move_down(const json::value&, const WriteContext&) { return move(0, -kStepDegrees); }
Result<Request> stop_old(const json::value&, const WriteContext&) { return request("do", "/motor/stop", "null"); }
Result<Request> stop_new(const json::value&, const WriteContext&) { return request("cruiseStop", "/motor/cruise_stop", json::object()); }
Result<Request> cruise_pan(const json::value&, const WriteContext&) { return request("cruiseMove", "/motor/cruise/coord", "x"); }
Result<Request> cruise_tilt(const json::value&, const WriteContext&) { return request("cruiseMove", "/motor/cruise/coord", "y"); }
Result<Request> calibrate(const json::value&, const WriteContext&) { return request("manualCalibrate", "/motor/manual_cali", ""); }

long degrees(const json::value& value) {
    if (value.is_double()) return std::lround(value.get_double());
    return value.is_int64() ? static_cast<long>(value.get_int64()) : 0;
}
Result<Request> pan_by(const json::value& value, const WriteContext&) { return move(degrees(value), 0); }
Result<Request> tilt_by(const json::value& value, const WriteContext&) { return move(0, degrees(value)); }
/// Presets are parallel lists: the id stands at the place of the name. errors: refused.
Result<json::value> preset_id(const json::value& name, const WriteContext& context) {
    const json::value* names = at(context.document, kPresets.method, "/preset/preset/name");
    const json::value* ids = at(context.document, kPresets.method, "/preset/preset/id");
    if (names != nullptr && names->is_array() && ids != nullptr && ids->is_array())
        for (std::size_t i = 0; i < names->get_array().size() && i < ids->get_array().size(); ++i)
            if (names->get_array()[i] == name) return ids->get_array()[i];
    return fail(Errc::refused, "this preset is gone: reload the list");
}
Result<Request> go_to_preset(const json::value& name, const WriteContext& context) {
    return request("motorMoveToPreset", "/preset/goto_preset/id", TRY(preset_id(name, context)));
}
Result<Request> delete_preset(const json::value& name, const WriteContext& context) {
    return request("deletePreset", "/preset/remove_preset/id", json::array{TRY(preset_id(name, context))});
}
Result<Request> save_preset(const json::value& name, const WriteContext&) {
    constexpr std::size_t kLongestName = 32;
    if (!name.is_string() || name.get_string().size() > kLongestName) return fail(Errc::refused, "expected a name of 1 to 32 characters");
    return request("addMotorPostion", "/preset/set_preset", json::object{{"name", name}, {"save_ptz", "1"}});  // spelled so by the firmware
}
// The name is used up by saving.
json::value no_name(const json::object&, std::int64_t) { return nullptr; }

Result<Request> set_patrol(const json::value& value, const WriteContext&) { return request("setPatrolStatus", "/patrol/set_patrol_status/value", value); }

constexpr Capability motor_press(std::string_view id, std::string_view name, Build build, Hint hint) {
    return press(id, name, "ptz", build, hint, kPresets, "/preset");
}
// unverified: the names of the kinds; those the camera does not name are not offered.
constexpr Capability track_kind(std::string_view id, std::string_view name, std::string_view pointer) {
    return toggle(id, name, "smartTrack", kKinds, "setSmartTrackConfig", pointer, kRareConfig);
}
constexpr Hint kDegrees{.unit = "°", .icon = "mdi:rotate-3d-variant", .enabled = false};

constexpr Capability kRows[] = {
    motor_press("ptz_left", "Pan left", move_left, {.icon = "mdi:arrow-left"}),
    motor_press("ptz_right", "Pan right", move_right, {.icon = "mdi:arrow-right"}),
    motor_press("ptz_up", "Tilt up", move_up, {.icon = "mdi:arrow-up"}),
    motor_press("ptz_down", "Tilt down", move_down, {.icon = "mdi:arrow-down"}),
    motor_press("ptz_stop", "Stop moving", stop_old, {.icon = "mdi:stop", .enabled = false}),
    motor_press("ptz_stop", "Stop moving", stop_new, {.icon = "mdi:stop", .enabled = false}),
    motor_press("cruise_pan", "Pan around", cruise_pan, {.icon = "mdi:rotate-right", .enabled = false}),
    motor_press("cruise_tilt", "Tilt up and down", cruise_tilt, {.icon = "mdi:swap-vertical", .enabled = false}),
    {.id = "pan_by", .name = "Pan by", .needs = "ptz", .kind = Number{.min = -180, .max = 180}, .query = kPresets, .pointer = "/preset",
     .write = Build{pan_by}, .hint = kDegrees, .spent = true},
    {.id = "tilt_by", .name = "Tilt by", .needs = "ptz", .kind = Number{.min = -90, .max = 90}, .query = kPresets, .pointer = "/preset",
     .write = Build{tilt_by}, .hint = kDegrees, .spent = true},
    motor_press("calibrate", "Calibrate pan and tilt", calibrate, kConfig),
    {.id = "preset", .name = "Preset", .needs = "ptz", .kind = DynamicChoice{"/preset/preset/name"}, .query = kPresets,
     .write = Build{go_to_preset}, .hint = {.icon = "mdi:camera-marker"}},
    {.id = "preset_save", .name = "Save preset", .needs = "ptz", .kind = Text{}, .query = kPresets, .pointer = "/preset",
     .write = Build{save_preset}, .hint = kRareConfig, .derive = no_name, .spent = true},
    {.id = "preset_delete", .name = "Delete preset", .needs = "ptz", .kind = DynamicChoice{"/preset/preset/name"}, .query = kPresets,
     .write = Build{delete_preset}, .hint = kRareConfig},
    {.id = "patrol", .name = "Patrol", .needs = "patrol", .kind = OnOff{}, .query = kPatrol, .pointer = "/patrol/patrol/action",
     .write = Build{set_patrol}, .hint = {.icon = "mdi:walk"}},
    toggle("auto_track", "Auto track", "targetTrack", kTrack, "setTargetTrackConfig", "/target_track/target_track_info/enabled"),
    // unverified: that these are seconds, and how many are taken.
    number("auto_track_return", "Return after tracking", "targetTrack", kTrack, "setTargetTrackConfig", "/target_track/target_track_info/back_time",
           Number{.min = 0, .max = 300, .as_text = true}, {.device_class = "duration", .unit = "s", .category = Category::config, .enabled = false}),
    track_kind("track_people", "Track people", "/smart_track/smart_track_info/people_enabled"),
    track_kind("track_vehicles", "Track vehicles", "/smart_track/smart_track_info/vehicle_enabled"),
    track_kind("track_pets", "Track pets", "/smart_track/smart_track_info/pet_enabled"),
    track_kind("track_sound", "Track sounds", "/smart_track/smart_track_info/sound_enabled"),
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> motor_rows() { return kRows; }

}  // namespace tplink::gateway::camera
