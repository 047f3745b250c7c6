// Battery models and doorbells (protocols/tapo/catalogue.md, "Battery", "Doorbell").

#include "gateway/capabilities/tapo_camera_rows.hpp"
#include "gateway/device/battery_care.hpp"

namespace tplink::gateway::camera {
namespace {

// The same request as the identity's, but at the pace of the device: charge and temperature move.
constexpr Query kState{"getDeviceInfo", R"({"device_info":{"name":["basic_info"]}})"};
constexpr Query kSave{"getBatteryPowerSave", R"({"battery":{"name":"power_save"}})"};
constexpr Query kMode{"getBatteryOperatingMode", R"({"battery":{"name":"operating"}})"};
constexpr Query kModes{"getBatteryOperatingModeParam", R"({"battery":{"name":"operating_mode_param"}})", 3600};
constexpr Query kCharging{"getChargingMode", R"({"battery":{"name":"charging_mode"}})"};
constexpr Query kWake{"getWakeUpConfig", R"({"wake_up":{"name":"config"}})"};
constexpr Query kRing{"getRingStatus", R"({"ring":{"name":"status"}})"};
constexpr Query kChimePlan{"getChimeRingPlan", R"({"chime_ring_plan":{"name":"chn1_chime_ring_plan"}})"};
constexpr Query kChimes{"getChimeCtrlList", R"({"chime_ctrl":{"get_paired_device_list":{}}})", 3600};
constexpr Query kReplies{"getQuickRespList", R"({"quick_response":{}})", 3600};

constexpr std::string_view kSaving[] = {"auto", "off"};
constexpr std::string_view kWakers[] = {"doorbell", "detection"};
constexpr std::string_view kBasic = "/device_info/basic_info";
constexpr std::string_view kReplyList = "/quick_response/quick_resp_audio";
constexpr Hint kDiagnostic{.category = Category::diagnostic};

/// "NO", "YES", "CHARGING", true, false: spelled as the firmware likes.
json::value is_charging(const json::object& document, std::int64_t) {
    const json::value* value = at(document, kState.method, "/device_info/basic_info/battery_charging");
    if (value == nullptr) return nullptr;
    if (value->is_bool()) return value->get_bool() ? "on" : "off";
    if (!value->is_string() || value->get_string().empty()) return nullptr;
    const std::string_view text = value->get_string();
    return text == "NO" || text == "no" || text == "off" || text == "0" ? "off" : "on";
}

Result<Request> set_mode(const json::value& value, const WriteContext&) {
    return request("setBatteryOperatingMode", "/battery/operating", json::object{{"mode", value}, {"follow_config", false}});
}

// Both are told by the gateway itself (gateway/device/battery_care.hpp).
json::value is_asleep(const json::object& document, std::int64_t) {
    const json::value* asleep = at(document, kBatteryKey, "/asleep");
    return asleep == nullptr ? json::value(nullptr) : *asleep;
}
json::value awake_today(const json::object& document, std::int64_t) {
    const json::value* seconds = at(document, kBatteryKey, "/awake_s");
    return seconds == nullptr ? json::value(nullptr) : *seconds;
}

/// unverified: where the list stands; the first list below the answer is it.
json::value paired_chimes(const json::object& document, std::int64_t) {
    const json::value* answer = at(document, kChimes.method, "/chime_ctrl");
    const json::object* object = answer == nullptr ? nullptr : answer->if_object();
    if (object == nullptr) return nullptr;
    for (const auto& [key, value] : *object)
        if (const json::array* list = value.if_array()) return static_cast<std::int64_t>(list->size());
    return nullptr;
}

json::value no_reply(const json::object&, std::int64_t) { return nullptr; }
Result<Request> play_reply(const json::value& name, const WriteContext& context) {
    const json::value* replies = at(context.document, kReplies.method, kReplyList);
    if (replies != nullptr && replies->is_array())
        for (const json::value& reply : replies->get_array()) {
            const json::object* entry = reply.if_object();
            const json::value* id = entry == nullptr ? nullptr : entry->if_contains("id");
            const json::value* known = entry == nullptr ? nullptr : entry->if_contains("name");
            if (id != nullptr && known != nullptr && *known == name)
                return request("playQuickResp", "/quick_response/play_quick_resp_audio", json::object{{"id", *id}, {"force", "force"}});
        }
    return fail(Errc::refused, "this answer is gone: reload the list");
}

constexpr Capability battery_fact(std::string_view id, std::string_view name, Kind kind, std::string_view pointer, Hint hint) {
    return fact(id, name, "battery", kind, kState, pointer, hint);
}

constexpr Capability kRows[] = {
    battery_fact("battery", "Battery", Number{.min = 0, .max = 100}, "/device_info/basic_info/battery_percent",
                 {.device_class = "battery", .unit = "%", .category = Category::diagnostic, .state_class = "measurement"}),
    {.id = "charging", .name = "Charging", .needs = "battery", .kind = OnOff{}, .query = kState, .pointer = "/device_info/basic_info/battery_charging",
     .hint = {.device_class = "battery_charging", .category = Category::diagnostic}, .derive = is_charging},
    battery_fact("low_battery", "Battery low", OnOff{"true", "false"}, "/device_info/basic_info/low_battery",
                 {.device_class = "battery", .category = Category::diagnostic}),
    battery_fact("battery_overheated", "Battery overheated", OnOff{"true", "false"}, "/device_info/basic_info/battery_overheated",
                 {.device_class = "heat", .category = Category::diagnostic}),
    battery_fact("battery_voltage", "Battery voltage", Number{.min = 0, .max = 100, .scale = 0.001}, "/device_info/basic_info/battery_voltage",
                 {.device_class = "voltage", .unit = "V", .category = Category::diagnostic, .state_class = "measurement", .precision = 2, .enabled = false}),
    battery_fact("battery_temperature", "Battery temperature", Number{.min = -60, .max = 120}, "/device_info/basic_info/battery_temperature",
                 {.device_class = "temperature", .unit = "°C", .category = Category::diagnostic, .state_class = "measurement", .enabled = false}),
    battery_fact("power_source", "Power", Text{}, "/device_info/basic_info/power", {.icon = "mdi:power-plug-battery", .category = Category::diagnostic}),
    battery_fact("power_saving", "Saving power", OnOff{}, "/device_info/basic_info/power_save_status",
                 {.icon = "mdi:leaf", .category = Category::diagnostic, .enabled = false}),
    {.id = "asleep", .name = "Asleep", .needs = "battery", .kind = OnOff{}, .hint = {.icon = "mdi:sleep", .category = Category::diagnostic},
     .derive = is_asleep},
    {.id = "awake_today", .name = "Awake today because of us", .needs = "battery", .kind = Number{.min = 0, .max = 86400},
     .hint = {.device_class = "duration", .unit = "s", .category = Category::diagnostic}, .derive = awake_today},
    choice("power_save", "Power saving", "battery", kSave, "setBatteryPowerSave", "/battery/power_save/enabled", Choice{kSaving}),
    {.id = "battery_mode", .name = "Battery mode", .needs = "battery",
     .kind = DynamicChoice{.options_pointer = "/battery/operating_mode_param/config_array", .options_method = "getBatteryOperatingModeParam", .field = "mode"}, .query = kMode,
     .pointer = "/battery/operating/mode", .write = Build{set_mode}, .hint = kConfig, .also = kModes},
    toggle("charging_privacy", "Privacy while charging", "battery", kCharging, "setChargingMode", "/battery/charging_mode/charging_privacy_mode", kRareConfig),
    choice("wake_up", "Wakes up by", "wakeUp", kWake, "setWakeUpConfig", "/wake_up/config/wake_up_type", Choice{kWakers}),
    toggle("doorbell_ring", "Ring at the doorbell", "ring", kRing, "setRingStatus", "/ring/status/enabled"),
    toggle("chime", "Chime", "chimeCtrl", kChimePlan, "setChimeRingPlan", "/chime_ring_plan/chn1_chime_ring_plan/enabled"),
    {.id = "paired_chimes", .name = "Paired chimes", .needs = "chimeCtrl", .kind = Number{.min = 0, .max = 100}, .query = kChimes, .pointer = "/chime_ctrl",
     .hint = {.icon = "mdi:bell-ring", .category = Category::diagnostic, .enabled = false}, .derive = paired_chimes},
    {.id = "quick_response", .name = "Quick response", .needs = "quickResponse", .kind = DynamicChoice{.options_pointer = kReplyList, .field = "name"}, .query = kReplies,
     .pointer = kReplyList, .write = Build{play_reply}, .hint = {.icon = "mdi:message-reply-text"}, .derive = no_reply, .spent = true},
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> battery_rows() { return kRows; }

}  // namespace tplink::gateway::camera
