#include "gateway/capabilities/smart_values.hpp"

#include <algorithm>

#include "gateway/capabilities/engine.hpp"
#include "gateway/capabilities/lookup.hpp"

namespace tplink::gateway::smart {
namespace {

constexpr std::string_view kDevice = "get_device_info";
const json::value kNothing(nullptr);

bool is_active(const json::object& document) {
    return bool_in(document, kCountdown.method, "/rule_list/0/enable").value_or(false) &&
           int_in(document, kCountdown.method, "/rule_list/0/remain").value_or(0) > 0;
}

/// Some firmwares call the flag `enabled`, some `protection_enabled`: the key that was read is the key to write.
std::string flag_of(const json::object& protection) {
    for (const auto& [key, value] : protection)
        if (value.is_bool() && std::string_view(key).ends_with("enabled")) return std::string(key);
    return "enabled";
}

json::value fade(const json::object& document, std::string_view side) {
    const std::string at = "/" + std::string(side);
    if (!bool_in(document, kGradually.method, at + "/enable").value_or(false)) return json::value(0);
    const auto duration = int_in(document, kGradually.method, at + "/duration");
    return duration ? json::value(*duration) : kNothing;
}

Result<Request> set_fade(std::string_view side, const json::value& seconds) {
    const bool on = seconds.to_number<double>() > 0;
    json::object state{{"enable", on}};
    if (on) state["duration"] = seconds;
    return Request{"set_on_off_gradually_info", json::object{{side, std::move(state)}}};
}

const json::array* preset_list(const json::object& document) {
    for (const std::string_view pointer : {"/states", "/brightness"})
        if (const json::value* list = find_in(document, kPresets.method, pointer); list != nullptr && list->is_array() && !list->get_array().empty())
            return &list->get_array();
    return nullptr;
}

/// Does the light show this preset now?
bool shows(const json::object& document, const json::value& preset) {
    const json::value* info = document.if_contains(kDevice);
    if (info == nullptr || !info->is_object()) return false;
    if (preset.is_int64()) return int_in(document, kDevice, "/brightness") == preset.get_int64();
    if (!preset.is_object()) return false;
    return std::all_of(preset.get_object().begin(), preset.get_object().end(), [&](const auto& member) {
        const json::value* now = info->get_object().if_contains(member.key());
        const bool matters = int_in(document, kDevice, "/color_temp").value_or(0) == 0 || (member.key() != "hue" && member.key() != "saturation");
        return !matters || now == nullptr || *now == member.value();
    });
}

}  // namespace

bool has_relay(const json::object& document) { return bool_in(document, kDevice, "/device_on").has_value(); }
bool is_wall_switch(const json::object& document) { return text_in(document, kDevice, "/type").find("SWITCH") != std::string::npos && has_relay(document); }
bool is_chime(const json::object& document) { return text_in(document, kDevice, "/type") == "SMART.TAPOCHIME"; }
bool counts_on_time(const json::object& document) { return has_relay(document) && int_in(document, kDevice, "/on_time").has_value(); }
bool tells_default_on(const json::object& document) { return !text_in(document, kDevice, "/default_states/type").empty() && find_in(document, kDevice, "/brightness") == nullptr; }
bool has_protection(const json::object& document) { return int_in(document, kProtection.method, "/protection_power").has_value(); }
bool has_gradual_times(const json::object& document) { return find_in(document, kGradually.method, "/on_state") != nullptr; }
bool has_energy_usage(const json::object& document) { return document.contains("get_energy_usage"); }
bool tells_latest(const json::object& document) { return find_in(document, kLatest.method, "/type") != nullptr || find_in(document, kLatest.method, "/need_to_upgrade") != nullptr; }

std::optional<Range> white_range(const json::object& document) {
    const auto low = int_in(document, kDevice, "/color_temp_range/0");
    const auto high = int_in(document, kDevice, "/color_temp_range/1");
    if (!low || !high || *low >= *high) return std::nullopt;
    return Range{static_cast<double>(*low), static_cast<double>(*high)};
}
bool has_white_range(const json::object& document) { return white_range(document).has_value(); }

json::value on_since(const json::object& document, std::int64_t now) {
    if (!bool_in(document, kDevice, "/device_on").value_or(false)) return kNothing;
    return json::value(now - int_in(document, kDevice, "/on_time").value_or(0));
}

json::value auto_off_at(const json::object& document, std::int64_t now) {
    if (text_in(document, kDevice, "/auto_off_status") != "on") return kNothing;
    const auto remain = int_in(document, kDevice, "/auto_off_remain_time");
    return remain && *remain > 0 ? json::value(now + *remain) : kNothing;
}

json::value default_on(const json::object& document, std::int64_t) {
    const std::string type = text_in(document, kDevice, "/default_states/type");
    if (type == "last_states") return json::value(json::string(type));
    const auto on = bool_in(document, kDevice, "/default_states/state/on");
    if (type != "custom" || !on) return kNothing;
    return json::value(*on ? "always_on" : "always_off");
}

Result<Request> set_default_on(const json::value& value, const WriteContext&) {
    json::object states{{"type", "last_states"}, {"state", json::object()}};
    if (value != json::value("last_states")) states = {{"type", "custom"}, {"state", json::object{{"on", value == json::value("always_on")}}}};
    return Request{"set_device_info", json::object{{"default_states", std::move(states)}}};
}

Result<Request> set_power_type(const json::value& value, const WriteContext& context) {
    json::object states;
    if (const json::value* known = find_in(context.document, kDevice, "/default_states"); known != nullptr && known->is_object()) states = known->get_object();
    states.erase("re_power_type_capability");  // told, not set
    states["re_power_type"] = value;
    return Request{"set_device_info", json::object{{"default_states", std::move(states)}}};
}

json::value countdown_seconds(const json::object& document, std::int64_t) {
    return json::value(is_active(document) ? *int_in(document, kCountdown.method, "/rule_list/0/remain") : 0);
}
json::value countdown_minutes(const json::object& document, std::int64_t now) {
    return json::value((countdown_seconds(document, now).get_int64() + 59) / 60);
}

/// One timer at a time: the one that runs, or stands in the list, makes room.
std::optional<Request> end_countdown(const json::value& minutes, const WriteContext& context) {
    const json::value* rules = find_in(context.document, kCountdown.method, "/rule_list");
    const bool any = rules != nullptr && rules->is_array() && !rules->get_array().empty();
    if (!any || minutes.to_number<double>() <= 0) return std::nullopt;
    return Request{"remove_countdown_rules", json::object{{"remove_all", true}}};
}

Result<Request> set_countdown(const json::value& minutes, const WriteContext& context) {
    const auto seconds = static_cast<std::int64_t>(minutes.to_number<double>() * 60);
    if (seconds == 0) return Request{"remove_countdown_rules", json::object{{"remove_all", true}}};
    const bool on = bool_in(context.document, kDevice, "/device_on").value_or(true);
    return Request{"add_countdown_rule", json::object{{"delay", seconds}, {"remain", seconds}, {"enable", true}, {"desired_states", json::object{{"on", !on}}}}};
}

json::value power_limit(const json::object& document, std::int64_t) {
    const json::value* protection = document.if_contains(kProtection.method);
    if (protection == nullptr || !protection->is_object()) return kNothing;
    const json::value* enabled = protection->get_object().if_contains(flag_of(protection->get_object()));
    if (enabled == nullptr || !enabled->is_bool()) return kNothing;
    if (!enabled->get_bool()) return json::value(0);
    const auto power = int_in(document, kProtection.method, "/protection_power");
    return power ? json::value(*power) : kNothing;
}

Result<Request> set_power_limit(const json::value& watts, const WriteContext& context) {
    const json::value* known = context.document.if_contains(kProtection.method);
    json::object whole = known != nullptr && known->is_object() ? known->get_object() : json::object();
    const bool on = watts.to_number<double>() > 0;
    whole[flag_of(whole)] = on;
    if (on) whole["protection_power"] = watts;
    return Request{"set_protection_power", std::move(whole)};
}

std::optional<Range> power_limit_range(const json::object& document) {
    const auto max = int_in(document, kMaxPower.method, "/max_power");
    return max && *max > 0 ? std::optional(Range{0, static_cast<double>(*max)}) : std::nullopt;
}

json::value color_temp(const json::object& document, std::int64_t) {
    const auto kelvin = int_in(document, kDevice, "/color_temp");
    return kelvin && *kelvin > 0 ? json::value(*kelvin) : kNothing;  // 0: it shows a colour
}

json::value color(const json::object& document, std::int64_t) {
    const auto hue = int_in(document, kDevice, "/hue");
    const auto saturation = int_in(document, kDevice, "/saturation");
    if (!hue || !saturation) return kNothing;
    return json::array{*hue, *saturation};
}

json::value color_mode(const json::object& document, std::int64_t) {
    return json::value(int_in(document, kDevice, "/color_temp").value_or(0) > 0 ? "color_temp" : "hs");
}

Result<Request> set_color(const json::value& value, const WriteContext&) {
    const json::array& pair = value.as_array();
    return Request{"set_device_info", json::object{{"hue", pair.at(0)}, {"saturation", pair.at(1)}, {"color_temp", 0}}};
}

json::value fade_on(const json::object& document, std::int64_t) { return fade(document, "on_state"); }
json::value fade_off(const json::object& document, std::int64_t) { return fade(document, "off_state"); }
Result<Request> set_fade_on(const json::value& value, const WriteContext&) { return set_fade("on_state", value); }
Result<Request> set_fade_off(const json::value& value, const WriteContext&) { return set_fade("off_state", value); }

std::vector<std::string> led_rules(const json::object& document) {
    const std::string now = text_in(document, "get_led_info", "/led_rule");
    if (now.empty()) return {};
    std::vector<std::string> rules = {"always", "never", "night_mode"};
    if (std::find(rules.begin(), rules.end(), now) == rules.end()) rules.push_back(now);  // wall switches have "auto" and "toggle"
    return rules;
}

std::vector<std::string> preset_names(const json::object& document) {
    std::vector<std::string> names;
    if (const json::array* list = preset_list(document))
        for (std::size_t i = 0; i < list->size() && i < 32; ++i) names.push_back("Preset " + std::to_string(i + 1));
    return names;
}

json::value preset(const json::object& document, std::int64_t) {
    const auto names = preset_names(document);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (shows(document, preset_list(document)->at(i))) return json::value(json::string(names[i]));
    return kNothing;
}

Result<Request> set_preset(const json::value& name, const WriteContext& context) {
    const auto names = preset_names(context.document);
    const auto at = std::find(names.begin(), names.end(), name.is_string() ? std::string(name.get_string()) : std::string());
    if (at == names.end()) return fail(Errc::refused, "this preset is gone: reload the list");
    const json::value& preset = preset_list(context.document)->at(static_cast<std::size_t>(at - names.begin()));
    if (preset.is_object()) return Request{"set_device_info", preset};
    return Request{"set_device_info", json::object{{"brightness", preset}}};
}

Result<Request> set_child_lock(const json::value& value, const WriteContext&) {
    return Request{"set_child_protection", json::object{{"enable", value}}};
}

json::value latest_firmware(const json::object& document, std::int64_t) {
    const bool newer = bool_in(document, kLatest.method, "/need_to_upgrade").value_or(int_in(document, kLatest.method, "/type").value_or(0) != 0);
    const std::string latest = text_in(document, kLatest.method, "/fw_ver");
    const std::string own = text_in(document, kDevice, "/fw_ver");
    const std::string& shown = newer && !latest.empty() ? latest : own;
    return shown.empty() ? kNothing : json::value(json::string(shown));
}

// get_fw_download_state: 0 idle, 2 downloading, 3 flashing, below 0 an error.
bool is_updating(const json::object& document) { return int_in(document, "get_fw_download_state", "/status").value_or(0) > 0; }
json::value updating(const json::object& document, std::int64_t) { return json::value(is_updating(document)); }
json::value update_percent(const json::object& document, std::int64_t) {
    const auto percent = int_in(document, "get_fw_download_state", "/download_progress");
    return is_updating(document) && percent ? json::value(*percent) : kNothing;
}

Result<Request> install_firmware(const json::value&, const WriteContext&) { return Request{"fw_download", nullptr}; }
Result<Request> reboot(const json::value&, const WriteContext&) { return Request{"device_reboot", json::object{{"delay", 1}}}; }

json::value is_cloud_connected(const json::object& document, std::int64_t) {
    const auto status = int_in(document, "get_connect_cloud_state", "/status");
    return status ? json::value(*status == 0) : kNothing;
}

}  // namespace tplink::gateway::smart
