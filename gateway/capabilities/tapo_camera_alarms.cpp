// Siren and automatic alarm in their dialects (protocols/tapo/catalogue.md, "Alarm"). Variants of one id stand in the order
// in which they are believed: with a getter first, then those that only take start and stop.

#include <algorithm>

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kHubSiren{"getSirenStatus", R"({"siren":{}})"};
constexpr Query kHubConfig{"getSirenConfig", R"({"siren":{}})"};
constexpr Query kHubTones{"getSirenTypeList", R"({"siren":{}})", 3600};
constexpr Query kSiren{"getSirenStatus", R"({"msg_alarm":{}})"};
constexpr Query kOldAlert{"getLastAlarmInfo", R"({"msg_alarm":{"name":["chn1_msg_alarm_info"]}})"};
constexpr Query kTones{"getAlertTypeList", R"({"msg_alarm":{"name":"alert_type"}})", 3600};
constexpr Query kChildAlarm{"getAlarmConfig", R"({"msg_alarm":{}})"};
constexpr Query kChildTones{"getSirenTypeList", R"({"msg_alarm":{}})", 3600};
constexpr Query kPlan{"getAlertPlan", R"({"msg_alarm_plan":{"name":"chn1_msg_alarm_plan"}})", 300};

constexpr Hint kSirenHint{.component = "siren"};
constexpr Hint kSeconds{.device_class = "duration", .unit = "s", .category = Category::config};
constexpr std::string_view kInfo = "/msg_alarm/chn1_msg_alarm_info";
constexpr std::string_view kMode = "/msg_alarm/chn1_msg_alarm_info/alarm_mode";
constexpr std::string_view kToneList = "/msg_alarm/alert_type/alert_type_list";
constexpr std::string_view kVolumes[] = {"low", "normal", "high"};
// The alarm has no getter; this is how long the default one sounds. unverified: the length differs by model.
constexpr int kAlarmSeconds = 300;

Result<Request> manual_alarm(const json::value& value, const WriteContext&) {
    return request("do", "/msg_alarm/manual_msg_alarm/action", value == json::value("on") ? "start" : "stop");
}

Result<Request> test_sound(const json::value& value, const WriteContext&) {
    json::object order{{"action", "stop"}};
    if (value == json::value("on")) order = {{"id", "0"}, {"force", "1"}};
    return request("testUsrDefAudio", "/msg_alarm/test_usr_def_audio", std::move(order));
}

/// The hub wants its three settings together.
Result<Request> set_hub_siren(const WriteContext& context, std::string_view field, const json::value& value) {
    json::object config;
    for (const std::string_view key : {"duration", "siren_type", "volume"})
        if (const json::value* known = at(context.document, kHubConfig.method, "/" + std::string(key))) config[key] = *known;
    config[field] = value;
    return request("setSirenConfig", "/siren", std::move(config));
}
Result<Request> set_siren_volume(const json::value& value, const WriteContext& context) { return set_hub_siren(context, "volume", value); }
Result<Request> set_siren_type(const json::value& value, const WriteContext& context) { return set_hub_siren(context, "siren_type", value); }
Result<Request> set_siren_duration(const json::value& value, const WriteContext& context) { return set_hub_siren(context, "duration", value); }

/// The alarm's settings: older cameras tell them by another method, and take them in the old style alone.
const json::value* alert_at(const json::object& document, std::string_view pointer) {
    const json::value* newer = at(document, kAlert.method, pointer);
    return newer != nullptr ? newer : at(document, kOldAlert.method, pointer);
}
std::string_view alert_setter(const json::object& document) { return at(document, kAlert.method, kInfo) != nullptr ? "setAlertConfig" : "set"; }

json::value mode_state(const json::object& document, std::string_view word) {
    const json::value* modes = alert_at(document, kMode);
    if (modes == nullptr || !modes->is_array()) return nullptr;
    for (const json::value& mode : modes->get_array())
        if (mode.is_string() && mode.get_string() == word) return "on";
    return "off";
}
bool has_mode(const json::object& document, std::string_view word) { return mode_state(document, word) == json::value("on"); }
json::value alarm_sound(const json::object& document, std::int64_t) { return mode_state(document, "sound"); }
json::value alarm_light(const json::object& document, std::int64_t) { return mode_state(document, "light"); }

/// The camera takes the whole section only.
Result<Request> set_alert(const WriteContext& context, std::string_view field, json::value value) {
    const json::value* known = alert_at(context.document, kInfo);
    if (known == nullptr || !known->is_object()) return fail(Errc::refused, "the alarm's settings are not known yet; ask again in a minute");
    json::object section;
    for (const auto& [key, part] : known->get_object())
        if (!key.starts_with('.')) section[key] = part;
    section[field] = std::move(value);
    return request(alert_setter(context.document), kInfo, std::move(section));
}
Result<Request> set_alarm(const json::value& value, const WriteContext& context) { return set_alert(context, "enabled", value); }
Result<Request> set_alarm_volume(const json::value& value, const WriteContext& context) { return set_alert(context, "alarm_volume", value); }
Result<Request> set_alarm_duration(const json::value& value, const WriteContext& context) { return set_alert(context, "alarm_duration", value); }

/// An empty list would make the field disappear from the camera.
Result<Request> set_mode(const WriteContext& context, std::string_view word, bool on) {
    json::array modes;
    for (const std::string_view mode : {"sound", "light"})
        if (mode == word ? on : has_mode(context.document, mode)) modes.emplace_back(mode);
    if (modes.empty()) return fail(Errc::refused, "an alarm needs sound or light; switch the alarm off instead");
    return set_alert(context, "alarm_mode", std::move(modes));
}
Result<Request> set_alarm_sound(const json::value& value, const WriteContext& context) { return set_mode(context, "sound", value == json::value("on")); }
Result<Request> set_alarm_light(const json::value& value, const WriteContext& context) { return set_mode(context, "light", value == json::value("on")); }

/// The same of hub children and battery models, whose word for sound is another.
json::value child_mode(const json::object& document, std::string_view word) {
    const json::value* modes = at(document, kChildAlarm.method, "/alarm_mode");
    if (modes == nullptr || !modes->is_array()) return nullptr;
    const json::array& list = modes->get_array();
    return std::find(list.begin(), list.end(), json::value(json::string(word))) != list.end() ? "on" : "off";
}
Result<Request> set_child_mode(const WriteContext& context, std::string_view word, bool on) {
    json::array modes;
    for (const std::string_view mode : {"siren", "light"})
        if (mode == word ? on : child_mode(context.document, mode) == json::value("on")) modes.emplace_back(mode);
    if (modes.empty()) return fail(Errc::refused, "an alarm needs sound or light; switch the alarm off instead");
    return request("setAlarmConfig", "/msg_alarm/alarm_mode", std::move(modes));
}
json::value child_sound(const json::object& document, std::int64_t) { return child_mode(document, "siren"); }
json::value child_light(const json::object& document, std::int64_t) { return child_mode(document, "light"); }
Result<Request> set_child_sound(const json::value& value, const WriteContext& context) { return set_child_mode(context, "siren", value == json::value("on")); }
Result<Request> set_child_light(const json::value& value, const WriteContext& context) { return set_child_mode(context, "light", value == json::value("on")); }

/// The camera keeps the place of the tone in its list.
json::value alarm_type(const json::object& document, std::int64_t) {
    const std::string_view index = text_at(document, kAlert.method, "/msg_alarm/chn1_msg_alarm_info/alarm_type");
    if (index.empty()) return nullptr;
    const json::value* tone = at(document, kTones.method, std::string(kToneList) + "/" + std::string(index));
    return tone == nullptr ? json::value(nullptr) : *tone;
}
Result<Request> set_alarm_type(const json::value& value, const WriteContext& context) {
    const json::value* tones = at(context.document, kTones.method, kToneList);
    if (tones != nullptr && tones->is_array())
        for (std::size_t i = 0; i < tones->get_array().size(); ++i)
            if (tones->get_array()[i] == value) return set_alert(context, "alarm_type", json::string(std::to_string(i)));
    return fail(Errc::refused, "this tone is gone: reload the list");
}

/// A siren that tells whether it sounds.
constexpr Capability told_siren(std::string_view needs, Query query, std::string_view pointer) {
    return {.id = "siren", .name = "Siren", .needs = needs, .kind = OnOff{}, .query = query, .pointer = "/status",
            .write = Set{"setSirenStatus", pointer}, .hint = kSirenHint};
}

/// A siren that only takes start and stop: known to be there by `query`, on for a while after a confirmed start.
constexpr Capability blind_siren(std::string_view needs, Query query, std::string_view pointer, Build build) {
    return {.id = "siren", .name = "Siren", .needs = needs, .kind = OnOff{}, .query = query, .pointer = pointer, .write = build,
            .hint = kSirenHint, .latch_s = kAlarmSeconds};
}

constexpr Capability siren_time(std::string_view needs, Query query) {
    return fact("siren_time_left", "Siren goes off in", needs, Number{.min = 0, .max = 86400}, query, "/time_left",
                {.device_class = "duration", .unit = "s", .category = Category::diagnostic, .enabled = false});
}

constexpr Capability kRows[] = {
    told_siren("siren", kHubSiren, "/siren/status"),
    told_siren("siren", kSiren, "/msg_alarm/status"),
    told_siren("manualAlarm", kSiren, "/msg_alarm/status"),
    told_siren("alert", kSiren, "/msg_alarm/status"),
    blind_siren("alert", kAlert, kInfo, manual_alarm),
    blind_siren("alert", kOldAlert, kInfo, manual_alarm),
    blind_siren("manualAlarm", kAlert, kInfo, manual_alarm),
    blind_siren("alert", kAlert, kInfo, test_sound),
    siren_time("siren", kHubSiren),
    siren_time("siren", kSiren),
    siren_time("manualAlarm", kSiren),
    siren_time("alert", kSiren),
    {.id = "siren_type", .name = "Siren tone", .needs = "siren", .kind = DynamicChoice{.options_pointer = "/siren_type_list", .options_method = "getSirenTypeList"}, .query = kHubConfig,
     .pointer = "/siren_type", .write = Build{set_siren_type}, .hint = kConfig, .also = kHubTones},
    {.id = "siren_volume", .name = "Siren volume", .needs = "siren", .kind = Number{.min = 1, .max = 10, .as_text = true}, .query = kHubConfig,
     .pointer = "/volume", .write = Build{set_siren_volume}, .hint = {.icon = "mdi:volume-high", .category = Category::config}},
    {.id = "siren_duration", .name = "Siren duration", .needs = "siren", .kind = Number{.min = 1, .max = 599}, .query = kHubConfig,
     .pointer = "/duration", .write = Build{set_siren_duration}, .hint = kSeconds},
    {.id = "alarm", .name = "Alarm on detection", .needs = "alert", .kind = OnOff{}, .query = kAlert, .pointer = "/msg_alarm/chn1_msg_alarm_info/enabled",
     .write = Build{set_alarm}, .hint = kConfig},
    {.id = "alarm", .name = "Alarm on detection", .needs = "alert", .kind = OnOff{}, .query = kOldAlert, .pointer = "/msg_alarm/chn1_msg_alarm_info/enabled",
     .write = Build{set_alarm}, .hint = kConfig},
    {.id = "alarm", .name = "Alarm on detection", .needs = "batCamSystem", .kind = OnOff{}, .query = kChildAlarm, .pointer = "/enabled",
     .write = Set{"setAlarmConfig", "/msg_alarm/enabled"}, .hint = kConfig},
    {.id = "alarm_sound", .name = "Alarm with sound", .needs = "alert", .kind = OnOff{}, .query = kAlert, .pointer = kMode,
     .write = Build{set_alarm_sound}, .hint = kConfig, .derive = alarm_sound},
    {.id = "alarm_sound", .name = "Alarm with sound", .needs = "alert", .kind = OnOff{}, .query = kOldAlert, .pointer = kMode,
     .write = Build{set_alarm_sound}, .hint = kConfig, .derive = alarm_sound},
    {.id = "alarm_sound", .name = "Alarm with sound", .needs = "batCamSystem", .kind = OnOff{}, .query = kChildAlarm, .pointer = "/alarm_mode",
     .write = Build{set_child_sound}, .hint = kConfig, .derive = child_sound},
    {.id = "alarm_light", .name = "Alarm with light", .needs = "alert", .kind = OnOff{}, .query = kAlert, .pointer = kMode,
     .write = Build{set_alarm_light}, .hint = kConfig, .derive = alarm_light},
    {.id = "alarm_light", .name = "Alarm with light", .needs = "alert", .kind = OnOff{}, .query = kOldAlert, .pointer = kMode,
     .write = Build{set_alarm_light}, .hint = kConfig, .derive = alarm_light},
    {.id = "alarm_light", .name = "Alarm with light", .needs = "batCamSystem", .kind = OnOff{}, .query = kChildAlarm, .pointer = "/alarm_mode",
     .write = Build{set_child_light}, .hint = kConfig, .derive = child_light},
    {.id = "alarm_siren_type", .name = "Alarm siren tone", .needs = "batCamSystem", .kind = DynamicChoice{.options_pointer = "/siren_type_list", .options_method = "getSirenTypeList"},
     .query = kChildAlarm, .pointer = "/siren_type", .write = Set{"setAlarmConfig", "/msg_alarm/siren_type"}, .hint = kConfig, .also = kChildTones},
    {.id = "alarm_siren_volume", .name = "Alarm siren volume", .needs = "batCamSystem", .kind = Number{.min = 1, .max = 10, .as_text = true}, .query = kChildAlarm,
     .pointer = "/siren_volume", .write = Set{"setAlarmConfig", "/msg_alarm/siren_volume"}, .hint = {.icon = "mdi:volume-high", .category = Category::config}},
    {.id = "alarm_siren_volume", .name = "Alarm siren volume", .needs = "batCamSystem", .kind = Number{.min = 1, .max = 10, .as_text = true}, .query = kChildAlarm,
     .pointer = "/alarm_volume", .write = Set{"setAlarmConfig", "/msg_alarm/alarm_volume"}, .hint = {.icon = "mdi:volume-high", .category = Category::config}},
    {.id = "alarm_siren_duration", .name = "Alarm siren duration", .needs = "batCamSystem", .kind = Number{.min = 1, .max = 599}, .query = kChildAlarm,
     .pointer = "/siren_duration", .write = Set{"setAlarmConfig", "/msg_alarm/siren_duration"}, .hint = kSeconds},
    {.id = "alarm_siren_duration", .name = "Alarm siren duration", .needs = "batCamSystem", .kind = Number{.min = 1, .max = 599}, .query = kChildAlarm,
     .pointer = "/alarm_duration", .write = Set{"setAlarmConfig", "/msg_alarm/alarm_duration"}, .hint = kSeconds},
    {.id = "alarm_type", .name = "Alarm tone", .needs = "alert", .kind = DynamicChoice{.options_pointer = kToneList, .options_method = "getAlertTypeList"}, .query = kAlert,
     .pointer = "/msg_alarm/chn1_msg_alarm_info/alarm_type", .write = Build{set_alarm_type}, .hint = kConfig, .derive = alarm_type, .also = kTones},
    {.id = "alarm_volume", .name = "Alarm volume", .needs = "alert", .kind = Choice{kVolumes}, .query = kAlert,
     .pointer = "/msg_alarm/chn1_msg_alarm_info/alarm_volume", .write = Build{set_alarm_volume}, .hint = kConfig},
    {.id = "alarm_volume", .name = "Alarm volume", .needs = "alert", .kind = Choice{kVolumes}, .query = kOldAlert,
     .pointer = "/msg_alarm/chn1_msg_alarm_info/alarm_volume", .write = Build{set_alarm_volume}, .hint = kConfig},
    {.id = "alarm_duration", .name = "Alarm duration", .needs = "alert", .kind = Number{.min = 0, .max = 300, .as_text = true}, .query = kAlert,
     .pointer = "/msg_alarm/chn1_msg_alarm_info/alarm_duration", .write = Build{set_alarm_duration}, .hint = kSeconds},
    {.id = "alarm_duration", .name = "Alarm duration", .needs = "alert", .kind = Number{.min = 0, .max = 300, .as_text = true}, .query = kOldAlert,
     .pointer = "/msg_alarm/chn1_msg_alarm_info/alarm_duration", .write = Build{set_alarm_duration}, .hint = kSeconds},
    toggle("alarm_plan", "Alarm by schedule", "alert", kPlan, "setAlertPlan", "/msg_alarm_plan/chn1_msg_alarm_plan/enabled", kRareConfig),
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> alarm_rows() { return kRows; }

}  // namespace tplink::gateway::camera
