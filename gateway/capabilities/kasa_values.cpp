#include "gateway/capabilities/kasa_values.hpp"

#include <algorithm>
#include <ctime>

#include "gateway/capabilities/energy.hpp"
#include "gateway/capabilities/lookup.hpp"

namespace tplink::gateway::iot {
namespace {

constexpr std::string_view kSys = "system.get_sysinfo";
const json::value kNothing(nullptr);

/// Where the gateway lives; devices are set to the same place by the app.
std::tm local_time(std::int64_t unix_s) {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    localtime_r(&time, &parts);
    return parts;
}

std::optional<double> number_of(const json::object& entry, std::string_view key) {
    const json::value* value = entry.if_contains(key);
    boost::system::error_code ec;
    return value != nullptr && value->is_number() ? std::optional(value->to_number<double>(ec)) : std::nullopt;
}

/// The entry of today or this month: newer firmware counts in Wh, older in kWh. One not listed has drawn nothing yet.
json::value energy_of(const json::value* list, int year, int month, int day) {
    if (list == nullptr || !list->is_array()) return kNothing;
    for (const json::value& item : list->get_array()) {
        const json::object* entry = item.if_object();
        if (entry == nullptr || number_of(*entry, "year") != year || number_of(*entry, "month") != month) continue;
        if (day != 0 && number_of(*entry, "day") != day) continue;
        if (const auto wh = number_of(*entry, "energy_wh")) return json::value(*wh / 1000);
        if (const auto kwh = number_of(*entry, "energy")) return json::value(*kwh);
    }
    return json::value(0);
}

const json::value* either(const json::object& document, std::string_view one, std::string_view other, std::string_view pointer) {
    const json::value* found = find_in(document, one, pointer);
    return found != nullptr ? found : find_in(document, other, pointer);
}

/// A member of what the lamp shows, or will show when it is switched on.
std::optional<std::int64_t> lamp(const json::object& document, std::string_view member) {
    for (const std::string_view at : {"/light_state/", "/light_state/dft_on_state/"})
        if (const auto value = int_in(document, kSys, std::string(at) + std::string(member))) return value;
    return std::nullopt;
}

/// Strips of light have a module of their own.
Request lamp_request(const json::object& document, json::object state) {
    const bool strip = find_in(document, kSys, "/length") != nullptr;
    return {strip ? "smartlife.iot.lightStrip.set_light_state" : "smartlife.iot.smartbulb.lightingservice.transition_light_state", std::move(state)};
}

const json::array* presets(const json::object& document) {
    const json::value* list = find_in(document, kSys, "/preferred_state");
    return list != nullptr && list->is_array() && !list->get_array().empty() ? &list->get_array() : nullptr;
}

bool shows(const json::object& document, const json::object& preset) {
    const bool is_bulb = is_light(document);
    return std::all_of(preset.begin(), preset.end(), [&](const auto& member) {
        const std::string_view key = member.key();
        if (key != "brightness" && key != "hue" && key != "saturation" && key != "color_temp") return true;
        const auto now = is_bulb ? lamp(document, key) : int_in(document, kSys, "/" + std::string(key));
        return now && member.value() == json::value(*now);
    });
}

}  // namespace

json::value this_month(std::int64_t now) {
    const std::tm parts = local_time(now);
    return json::object{{"year", parts.tm_year + 1900}, {"month", parts.tm_mon + 1}};
}
json::value this_year(std::int64_t now) { return json::object{{"year", local_time(now).tm_year + 1900}}; }

bool counts_on_time(const json::object& document) { return int_in(document, kSys, "/on_time").has_value() && int_in(document, kSys, "/relay_state").has_value(); }
bool is_light(const json::object& document) { return find_in(document, kSys, "/light_state") != nullptr; }
bool has_color_state(const json::object& document) { return lamp(document, "hue").has_value(); }
bool has_outlets(const json::object& document) { return find_in(document, kSys, "/children/0/state") != nullptr; }
json::value any_outlet_on(const json::object& document, std::int64_t) {
    const json::value* children = find_in(document, kSys, "/children");
    if (children == nullptr || !children->is_array()) return kNothing;
    return json::value(std::any_of(children->get_array().begin(), children->get_array().end(), [](const json::value& child) {
                           const json::object* entry = child.if_object();
                           return entry != nullptr && entry->contains("state") && entry->at("state") == json::value(1);
                       }) ? 1 : 0);
}
bool has_presets(const json::object& document) { return presets(document) != nullptr; }

json::value on_since(const json::object& document, std::int64_t now) {
    if (int_in(document, kSys, "/relay_state").value_or(0) == 0) return kNothing;
    return json::value(now - int_in(document, kSys, "/on_time").value_or(0));
}
json::value outlet_on_since(const json::object& document, std::int64_t now) {
    if (int_in(document, kSys, "/state").value_or(0) == 0) return kNothing;
    return json::value(now - int_in(document, kSys, "/on_time").value_or(0));
}

json::value energy_today(const json::object& document, std::int64_t now) {
    const std::tm today = local_time(now);
    return energy_of(either(document, kDays.method, kBulbDays.method, "/day_list"), today.tm_year + 1900, today.tm_mon + 1, today.tm_mday);
}
json::value energy_month(const json::object& document, std::int64_t now) {
    const std::tm today = local_time(now);
    return energy_of(either(document, kMonths.method, kBulbMonths.method, "/month_list"), today.tm_year + 1900, today.tm_mon + 1, 0);
}
json::value energy_total(const json::object& document, std::int64_t) {
    const json::value* total = find_in(document, kEnergyKey, "/kwh");
    return total == nullptr ? kNothing : *total;
}

json::value countdown_minutes(const json::object& document, std::int64_t) {
    const json::value* rules = find_in(document, kCountdown.method, "/rule_list");
    if (rules == nullptr || !rules->is_array()) return kNothing;
    for (const json::value& rule : rules->get_array()) {
        const json::object* entry = rule.if_object();
        if (entry == nullptr || number_of(*entry, "enable").value_or(0) == 0) continue;
        const double seconds = number_of(*entry, "remain").value_or(number_of(*entry, "delay").value_or(0));
        return json::value((static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e6)) + 59) / 60);
    }
    return json::value(0);
}

/// One timer at a time: the one in the list makes room.
std::optional<Request> end_countdown(const json::value& minutes, const WriteContext& context) {
    const json::value* rules = find_in(context.document, kCountdown.method, "/rule_list");
    const bool any = rules != nullptr && rules->is_array() && !rules->get_array().empty();
    if (!any || minutes.to_number<double>() <= 0) return std::nullopt;
    return Request{"count_down.delete_all_rules", nullptr};
}

Result<Request> set_countdown(const json::value& minutes, const WriteContext& context) {
    const auto seconds = static_cast<std::int64_t>(minutes.to_number<double>() * 60);
    if (seconds == 0) return Request{"count_down.delete_all_rules", nullptr};
    const bool on = int_in(context.document, kSys, "/relay_state").value_or(int_in(context.document, kSys, "/state").value_or(1)) != 0;
    return Request{"count_down.add_rule", json::object{{"enable", 1}, {"delay", seconds}, {"act", on ? 0 : 1}, {"name", on ? "off" : "on"}}};
}

json::value brightness(const json::object& document, std::int64_t) {
    const auto percent = lamp(document, "brightness");
    return percent ? json::value(*percent) : kNothing;
}
json::value color_temp(const json::object& document, std::int64_t) {
    const auto kelvin = lamp(document, "color_temp");
    return kelvin && *kelvin > 0 ? json::value(*kelvin) : kNothing;  // 0: it shows a colour
}
json::value color(const json::object& document, std::int64_t) {
    const auto hue = lamp(document, "hue");
    const auto saturation = lamp(document, "saturation");
    if (!hue || !saturation) return kNothing;
    return json::array{*hue, *saturation};
}
json::value color_mode(const json::object& document, std::int64_t) {
    return json::value(lamp(document, "color_temp").value_or(0) > 0 ? "color_temp" : "hs");
}

std::vector<std::string> preset_names(const json::object& document) {
    std::vector<std::string> names;
    if (const json::array* list = presets(document))
        for (std::size_t i = 0; i < list->size() && i < 32; ++i) names.push_back("Preset " + std::to_string(i + 1));
    return names;
}

json::value preset(const json::object& document, std::int64_t) {
    const auto names = preset_names(document);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (const json::object* one = presets(document)->at(i).if_object(); one != nullptr && shows(document, *one)) return json::value(json::string(names[i]));
    return kNothing;
}

// on_off 1 alone restores what was; ignore_default 1 takes what is given.
Result<Request> set_light(const json::value& on, const WriteContext& context) {
    json::object state{{"on_off", on}};
    if (on == json::value(1)) state["ignore_default"] = 0;
    return lamp_request(context.document, std::move(state));
}
Result<Request> set_brightness(const json::value& percent, const WriteContext& context) {
    return lamp_request(context.document, {{"brightness", percent}, {"ignore_default", 1}});
}
Result<Request> set_color_temp(const json::value& kelvin, const WriteContext& context) {
    return lamp_request(context.document, {{"color_temp", kelvin}, {"ignore_default", 1}});
}
Result<Request> set_color(const json::value& value, const WriteContext& context) {
    const json::array& pair = value.as_array();
    return lamp_request(context.document, {{"hue", pair.at(0)}, {"saturation", pair.at(1)}, {"color_temp", 0}, {"ignore_default", 1}});
}

Result<Request> set_preset(const json::value& name, const WriteContext& context) {
    const auto names = preset_names(context.document);
    const auto at = std::find(names.begin(), names.end(), name.is_string() ? std::string(name.get_string()) : std::string());
    const json::object* chosen = at == names.end() ? nullptr : presets(context.document)->at(static_cast<std::size_t>(at - names.begin())).if_object();
    if (chosen == nullptr) return fail(Errc::refused, "this preset is gone: reload the list");
    if (!is_light(context.document)) {
        const json::value* percent = chosen->if_contains("brightness");
        if (percent == nullptr) return fail(Errc::refused, "this preset names no brightness");
        return Request{"smartlife.iot.dimmer.set_brightness", json::object{{"brightness", *percent}}};
    }
    json::object state = *chosen;
    state.erase("index");
    state["on_off"] = 1;
    state["ignore_default"] = 1;
    return lamp_request(context.document, std::move(state));
}

Result<Request> reboot(const json::value&, const WriteContext&) { return Request{"system.reboot", json::object{{"delay", 1}}}; }
Result<Request> reboot_bulb(const json::value&, const WriteContext&) { return Request{"smartlife.iot.common.system.reboot", json::object{{"delay", 1}}}; }

}  // namespace tplink::gateway::iot
