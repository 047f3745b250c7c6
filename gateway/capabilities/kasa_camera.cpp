// Kasa cameras (protocols/kasa/camera.md). State by UDP, the rest by port 10443 or the cloud: whatever a camera
// answers for is offered.

#include <string>

#include "gateway/capabilities/engine.hpp"
#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

constexpr int kOften_s = 30;   // switches and choices
constexpr int kSeldom_s = 300; // what hardly changes

constexpr Query kState{"system.get_sysinfo", ""};
constexpr Query kPosition{"ptz.get_position", "", kSeldom_s};
constexpr Query kPresets{"ptz.get_all_preset", "", kSeldom_s};
constexpr Query kLevels{"motionDetect.get_sensitivity_level", "", kOften_s};
constexpr Query kTrigger{"motionDetect.get_min_trigger_time", "", kSeldom_s};
constexpr Query kResolution{"videoControl.get_resolution", "", kOften_s};
constexpr Query kQuality{"videoControl.get_channel_quality", "", kOften_s};
constexpr Query kQuiet{"dndSchedule.get_dnd_enable", "", kOften_s};
constexpr Hint kConfig{.category = Category::config};

constexpr std::string_view kLowToHigh[] = {"low", "medium", "high"};
constexpr std::string_view kNight[] = {"auto", "on", "off"};
constexpr std::string_view kNightDevice[] = {"auto", "night", "day"};
constexpr std::string_view kResolutions[] = {"1080P", "720P", "360P"};
constexpr std::string_view kDegrees[] = {"0", "180"};
constexpr std::string_view kHertz[] = {"50 Hz", "60 Hz"};
constexpr std::string_view kHertzDevice[] = {"50", "60"};
constexpr int kSpeed = 5;  // 1 to 10; how far one press goes

json::value at(const json::object& document, std::string_view method, std::string_view pointer) {
    const json::value* result = document.if_contains(method);
    boost::system::error_code ec;
    const json::value* found = result == nullptr ? nullptr : result->find_pointer(pointer, ec);
    return found == nullptr ? json::value(nullptr) : *found;
}

/// A switch of the usual form: get -> {"value"}, set {"value"}.
constexpr Capability onoff(std::string_view id, std::string_view name, std::string_view getter, std::string_view setter, Hint hint = kConfig) {
    return {.id = id, .name = name, .kind = OnOff{}, .query = {getter, "", kOften_s}, .pointer = "/value", .write = Set{setter, "/value"}, .hint = hint};
}

constexpr Capability choice(std::string_view id, std::string_view name, Choice kind, std::string_view getter, std::string_view setter, Hint hint = kConfig) {
    return {.id = id, .name = name, .kind = kind, .query = {getter, "", kOften_s}, .pointer = "/value", .write = Set{setter, "/value"}, .hint = hint};
}

/// Some firmware answers true or 1 where others say "on".
json::value quiet(const json::object& document, std::int64_t) {
    const json::value value = at(document, kQuiet.method, "/enable");
    if (value.is_null() || value.is_object() || value.is_array()) return nullptr;
    return value == json::value("on") || value == json::value(true) || value == json::value(1) ? json::value("on") : json::value("off");
}

Result<Request> per_channel(std::string_view method, std::string_view key, const json::value& value) {
    return Request{std::string(method), json::object{{"value", json::array{json::object{{"channel", 1}, {key, value}}}}}};
}
Result<Request> set_resolution(const json::value& value, const WriteContext&) { return per_channel("videoControl.set_resolution", "resolution", value); }
Result<Request> set_quality(const json::value& value, const WriteContext&) { return per_channel("videoControl.set_channel_quality", "quality", value); }

// The words are exact; "up" and "down" are refused (source: camera.md, "Pan and tilt").
Result<Request> move(const char* direction) { return Request{"ptz.set_move", json::object{{"direction", direction}, {"speed", kSpeed}}}; }
Result<Request> move_left(const json::value&, const WriteContext&) { return move("left"); }
Result<Request> move_right(const json::value&, const WriteContext&) { return move("right"); }
Result<Request> move_up(const json::value&, const WriteContext&) { return move("top"); }
Result<Request> move_down(const json::value&, const WriteContext&) { return move("bottom"); }
Result<Request> move_up_left(const json::value&, const WriteContext&) { return move("top left"); }
Result<Request> move_up_right(const json::value&, const WriteContext&) { return move("top right"); }
Result<Request> move_down_left(const json::value&, const WriteContext&) { return move("bottom left"); }
Result<Request> move_down_right(const json::value&, const WriteContext&) { return move("bottom right"); }
Result<Request> stop(const json::value&, const WriteContext&) { return Request{"ptz.set_stop", nullptr}; }
Result<Request> calibrate(const json::value&, const WriteContext&) { return Request{"ptz.set_motor_rectify", nullptr}; }
Result<Request> reboot(const json::value&, const WriteContext&) { return Request{"system.set_reboot", json::object{{"delay", 1}}}; }

/// Name of one preset; one without a name is called by its number.
std::string preset_name(const json::value& entry) {
    if (!entry.is_object()) return {};
    const json::value* name = entry.get_object().if_contains("name");
    if (name != nullptr && name->is_string() && !name->get_string().empty()) return std::string(name->get_string());
    const json::value* index = entry.get_object().if_contains("index");
    return index != nullptr && index->is_int64() ? "Preset " + std::to_string(index->get_int64()) : std::string();
}

std::vector<std::string> presets(const json::object& document) {
    std::vector<std::string> names;
    const json::value list = at(document, kPresets.method, "/preset_attr");
    if (list.is_array())
        for (const json::value& entry : list.get_array())
            if (std::string name = preset_name(entry); !name.empty() && names.size() < 32) names.push_back(std::move(name));
    return names;
}

Result<Request> go_to_preset(const json::value& name, const WriteContext& context) {
    const json::value list = at(context.document, kPresets.method, "/preset_attr");
    if (list.is_array() && name.is_string())
        for (const json::value& entry : list.get_array())
            if (preset_name(entry) == std::string_view(name.get_string())) {
                const json::value* index = entry.get_object().if_contains("index");
                if (index != nullptr && index->is_int64()) return Request{"ptz.set_run_to_preset", json::object{{"index", *index}}};
            }
    return fail(Errc::refused, "this preset is gone: reload the list");
}

constexpr Capability button(std::string_view id, std::string_view name, Build build, std::string_view icon, bool shown = true) {
    return {.id = id, .name = name, .kind = Press{}, .query = kPosition, .write = build, .hint = {.icon = icon, .enabled = shown}};
}

constexpr Capability kTable[] = {
    {.id = "privacy", .name = "Privacy", .kind = OnOff{.on = "off", .off = "on"}, .query = kState, .pointer = "/camera_switch",
     .write = Set{"switch.set_is_enable", "/value"}, .hint = {.icon = "mdi:eye-off"}},
    {.id = "led", .name = "Status LED", .kind = OnOff{}, .query = kState, .pointer = "/led_status", .write = Set{"led.set_status", "/value"}, .hint = kConfig},
    onoff("button_led", "Button light", "led.get_buttonled_status", "led.set_buttonled_status"),
    {.id = "motion", .name = "Motion", .kind = OnOff{}, .query = kState, .pointer = "/motion", .hint = {.device_class = "motion"}},
    onoff("motion_detection", "Motion detection", "motionDetect.get_is_enable", "motionDetect.set_is_enable"),
    choice("motion_sensitivity", "Motion sensitivity", Choice{kLowToHigh}, "motionDetect.get_sensitivity", "motionDetect.set_sensitivity"),
    // unverified: the limits of levels and times; the page names no range.
    {.id = "motion_sensitivity_day", .name = "Motion sensitivity by day", .kind = Number{.min = 0, .max = 100}, .query = kLevels, .pointer = "/day_mode_level",
     .write = Set{"motionDetect.set_sensitivity_level", "/day_mode_level", true}, .hint = kConfig},
    {.id = "motion_sensitivity_night", .name = "Motion sensitivity by night", .kind = Number{.min = 0, .max = 100}, .query = kLevels,
     .pointer = "/night_mode_level", .write = Set{"motionDetect.set_sensitivity_level", "/night_mode_level", true}, .hint = kConfig},
    {.id = "motion_time_day", .name = "Shortest motion by day", .kind = Number{.min = 0, .max = 60000, .step = 100}, .query = kTrigger,
     .pointer = "/day_mode_value", .write = Set{"motionDetect.set_min_trigger_time", "/day_mode_value", true},
     .hint = {.unit = "ms", .category = Category::config, .enabled = false}},
    {.id = "motion_time_night", .name = "Shortest motion by night", .kind = Number{.min = 0, .max = 60000, .step = 100}, .query = kTrigger,
     .pointer = "/night_mode_value", .write = Set{"motionDetect.set_min_trigger_time", "/night_mode_value", true},
     .hint = {.unit = "ms", .category = Category::config, .enabled = false}},
    onoff("person_detection", "Person detection", "intelligence.get_pd_enable", "intelligence.set_pd_enable"),
    onoff("baby_cry_detection", "Baby cry detection", "intelligence.get_bcd_enable", "intelligence.set_bcd_enable"),
    onoff("sound_detection", "Sound detection", "soundDetect.get_is_enable", "soundDetect.set_is_enable"),
    choice("sound_sensitivity", "Sound sensitivity", Choice{kLowToHigh}, "soundDetect.get_sensitivity", "soundDetect.set_sensitivity"),
    // Stops by itself after the time set in the app.
    onoff("siren", "Siren", "siren.get_state", "siren.set_state", {.component = "siren"}),
    onoff("spotlight", "Spotlight", "dayNight.get_force_lamp_state", "dayNight.set_force_lamp_state", {.icon = "mdi:spotlight-beam"}),
    choice("night_vision", "Night vision", Choice{kNight, kNightDevice}, "dayNight.get_mode", "dayNight.set_mode",
           {.icon = "mdi:weather-night", .category = Category::config}),
    button("ptz_left", "Pan left", move_left, "mdi:arrow-left"),
    button("ptz_right", "Pan right", move_right, "mdi:arrow-right"),
    button("ptz_up", "Tilt up", move_up, "mdi:arrow-up"),
    button("ptz_down", "Tilt down", move_down, "mdi:arrow-down"),
    button("ptz_up_left", "Up and left", move_up_left, "mdi:arrow-top-left", false),
    button("ptz_up_right", "Up and right", move_up_right, "mdi:arrow-top-right", false),
    button("ptz_down_left", "Down and left", move_down_left, "mdi:arrow-bottom-left", false),
    button("ptz_down_right", "Down and right", move_down_right, "mdi:arrow-bottom-right", false),
    button("ptz_stop", "Stop moving", stop, "mdi:stop"),
    {.id = "calibrate", .name = "Calibrate pan and tilt", .kind = Press{}, .query = kPosition, .write = Build{calibrate},
     .hint = {.category = Category::config, .enabled = false}},
    {.id = "preset", .name = "Preset", .kind = DynamicChoice{.options = presets}, .query = kPresets, .write = Build{go_to_preset},
     .hint = {.icon = "mdi:camera-marker"}},
    onoff("patrol", "Patrol", "ptz.get_patrol_is_enable", "ptz.set_patrol_is_enable", {.icon = "mdi:rotate-360"}),
    onoff("tracking", "Motion tracking", "ptz.get_ptz_tracking_is_enable", "ptz.set_ptz_tracking_is_enable", {.icon = "mdi:target"}),
    {.id = "resolution", .name = "Resolution", .kind = Choice{kResolutions}, .query = kResolution, .pointer = "/value/0/resolution",
     .write = Build{set_resolution}, .hint = kConfig},
    {.id = "video_quality", .name = "Video quality", .kind = Choice{kLowToHigh}, .query = kQuality, .pointer = "/value/0/quality",
     .write = Build{set_quality}, .hint = kConfig},
    choice("rotation", "Picture rotation", Choice{kDegrees, kDegrees}, "videoControl.get_rotation_degree", "videoControl.set_rotation_degree"),
    choice("power_frequency", "Mains frequency", Choice{kHertz, kHertzDevice}, "videoControl.get_power_frequency", "videoControl.set_power_frequency",
           {.category = Category::config, .enabled = false}),
    onoff("osd_logo", "Logo on the picture", "OSD.get_logo_is_enable", "OSD.set_logo_is_enable"),
    onoff("osd_time", "Time on the picture", "OSD.get_time_is_enable", "OSD.set_time_is_enable"),
    {.id = "microphone_volume", .name = "Microphone volume", .kind = Number{.min = 0, .max = 100}, .query = {"audio.get_mic_config", "", kOften_s},
     .pointer = "/volume", .write = Set{"audio.set_mic_config", "/volume"}, .hint = {.unit = "%", .icon = "mdi:microphone", .category = Category::config}},
    onoff("clip_audio", "Sound in recordings", "delivery.get_clip_audio_is_enable", "delivery.set_clip_audio_is_enable"),
    onoff("recording", "Recording", "delivery.get_local_clip_is_enable", "delivery.set_local_clip_is_enable"),
    onoff("recording", "Recording", "vod.get_is_enable", "vod.set_is_enable"),
    {.id = "do_not_disturb", .name = "Do not disturb", .kind = OnOff{}, .query = kQuiet, .write = Set{"dndSchedule.set_dnd_enable", "/value"},
     .hint = kConfig, .derive = quiet},
    {.id = "sd_status", .name = "SD card", .kind = Text{}, .query = {"sdCard.get_sd_card_state", "", kSeldom_s}, .pointer = "/state",
     .hint = {.icon = "mdi:micro-sd", .category = Category::diagnostic}},
    {.id = "last_activity", .name = "Last activity", .kind = Timestamp{}, .query = kState, .pointer = "/last_activity_timestamp",
     .hint = {.device_class = "timestamp", .category = Category::diagnostic}},
    {.id = "rssi", .name = "Signal strength", .kind = Number{.min = -150, .max = 0, .dead_band = 3}, .query = kState, .pointer = "/rssi",
     .hint = {.device_class = "signal_strength", .unit = "dBm", .category = Category::diagnostic, .state_class = "measurement", .enabled = false}},
    {.id = "firmware", .name = "Firmware version", .kind = Text{}, .query = kState, .pointer = "/sw_ver", .hint = {.icon = "mdi:chip", .category = Category::diagnostic}},
    {.id = "reboot", .name = "Restart", .kind = Press{.may_not_answer = true}, .write = Build{reboot},
     .hint = {.device_class = "restart", .category = Category::config, .enabled = false}},
};
static_assert(valid(kTable));

}  // namespace

std::span<const Capability> kasa_camera_table() { return kTable; }

}  // namespace tplink::gateway
