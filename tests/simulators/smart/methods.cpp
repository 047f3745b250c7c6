// What a simulated plug answers about itself, its meter and its settings.

#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <ctime>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/smart/smart_plug.hpp"
#include "tests/simulators/smart/values.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kMaxPowerW = 3904;

std::string local_time(std::int64_t unix_s) {
    std::array<char, 32> text{};
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return text.data();
}

/// {"type":"last_states","state":{}} or {"type":"custom","state":{"on":bool}}; lights also re_power_type.
bool default_states_fit(const json::value& value) {
    const json::object* states = value.if_object();
    if (!states) return false;
    if (const json::string* power = words(*states, "re_power_type"))
        return *power == "always_on" || *power == "always_off" || *power == "last_states";
    const json::string* type = words(*states, "type");
    const json::value* state = states->if_contains("state");
    if (!type || !state || !state->is_object()) return false;
    return *type == "last_states" || (*type == "custom" && flag(state->get_object(), "on"));
}

} // namespace

SmartPlug::Reply SmartPlug::component_nego(const json::object&) {
    json::array list;
    for (const auto& [id, version] : components_)
        list.push_back(json::object{{"id", id}, {"ver_code", version}});
    return json::object{{"component_list", list}};
}

void SmartPlug::add_identity(json::object& info) const {
    info["device_id"] = device_id();
    info["fw_ver"] = fw_ver_;
    info["hw_ver"] = facts_.hw_ver;
    info["type"] = device_type();
    info["model"] = facts_.model;
    info["mac"] = facts_.mac;
    info["hw_id"] = hex_upper(md5(as_bytes(facts_.model)));
    info["fw_id"] = "00000000000000000000000000000000";
    info["oem_id"] = hex_upper(md5(as_bytes("oem" + facts_.model)));
    info["region"] = "Europe/London";
    info["latitude"] = 0;
    info["longitude"] = 0;
    info["has_set_location_info"] = false;
    info["avatar"] = facts_.shape == SmartShape::bulb ? "bulb" : "plug";
    info["nickname"] = base64_encode(as_bytes(nickname_));
}

void SmartPlug::add_switch_state(json::object& info) const {
    info["device_on"] = on_;
    info["on_time"] = on_time_s();
    info["default_states"] = default_states_;
    if (facts_.shape == SmartShape::bulb || !facts_.words_for_heat)
        info["overheated"] = overheated_;
    else
        info["overheat_status"] = overheated_ ? "overheated" : "normal";
    if (component_version("auto_off") > 0) {
        info["auto_off_status"] = auto_off_ && on_ ? "on" : "off";
        info["auto_off_remain_time"] = auto_off_ && on_ ? std::int64_t{auto_off_min_} * 60 - on_time_s() : 0;
    }
    if (component_version("power_protection") == 0) return;
    info["power_protection_status"] = overloaded_ ? "overloaded" : "normal";
    info["overcurrent_status"] = "normal";
    info["charging_status"] = "normal";
}

SmartPlug::Reply SmartPlug::get_device_info(const json::object&) {
    json::object info;
    add_identity(info);
    if (is_socket()) {
        add_socket_place(info);
    } else {
        info["specs"] = "";
        info["lang"] = "en_US";
        info["time_diff"] = 0;
        info["ip"] = facts_.address;
        info["ssid"] = base64_encode(as_bytes("Demo network"));
        info["rssi"] = rssi_dbm_;
        info["signal_level"] = rssi_dbm_ > -55 ? 3 : rssi_dbm_ > -67 ? 2 : rssi_dbm_ > -80 ? 1 : 0;
    }
    if (sockets_.empty()) add_switch_state(info); // a strip itself has no switch
    if (is_light()) add_light(info);
    return info;
}

SmartPlug::Reply SmartPlug::set_device_info(const json::object& params) {
    for (const auto& [key, value] : params) {
        const bool good = key == "device_on" ? value.is_bool() && sockets_.empty()
                          : key == "nickname"
                              ? value.is_string() && base64_decode(value.get_string()).has_value()
                          : key == "default_states" ? default_states_fit(value)
                          : key == "brightness" || key == "hue" || key == "saturation" || key == "color_temp"
                              ? is_light()
                              : key == "avatar";
        if (!good) return tl::unexpected(kBadParams);
    }
    if (is_light() && !take_light(params)) return tl::unexpected(kBadParams);
    if (const auto on = flag(params, "device_on")) {
        ++switched_;
        switch_to(*on);
    }
    if (const json::value* states = params.if_contains("default_states"))
        for (const auto& [key, value] : states->get_object()) default_states_[key] = value;
    if (const json::value* name = params.if_contains("nickname"))
        nickname_ = as_text(*base64_decode(name->get_string()));
    return json::object();
}

SmartPlug::Reply SmartPlug::get_device_usage(const json::object&) {
    const auto row = [](double today, double month) {
        return json::object{
            {"today", std::llround(today)}, {"past7", std::llround(month)}, {"past30", std::llround(month)}};
    };
    json::object out{{"time_usage", row(today_on_s_ / 60, month_on_s_ / 60)}};
    if (facts_.has_meter) {
        out["power_usage"] = row(today_wh_, month_wh_);
        out["saved_power"] = row(0, 0);
    }
    return out;
}

SmartPlug::Reply SmartPlug::get_energy_usage(const json::object&) {
    json::object out{
        {"today_runtime", std::llround(today_on_s_ / 60)}, {"month_runtime", std::llround(month_on_s_ / 60)},
        {"today_energy", std::llround(today_wh_)},         {"month_energy", std::llround(month_wh_)},
        {"local_time", local_time(world_.unix_s())},       {"current_power", power_mw()}};
    if (facts_.meter_version >= 2) {
        out["electricity_charge"] = json::array{0, 0, 0};
        return out;
    }
    for (const auto& [name, count] : {std::pair{"past24h", 24U}, {"past30d", 30U}, {"past1y", 12U}})
        out[name] = json::array(count, json::value(0));
    out["past7d"] = json::array(7U, json::value(json::array(24U, json::value(0))));
    return out;
}

SmartPlug::Reply SmartPlug::get_emeter_data(const json::object&) {
    const std::int64_t current_ma = power_mw() * 1000 / voltage_mv();
    return json::object{{"current_ma", current_ma},
                        {"voltage_mv", voltage_mv()},
                        {"power_mw", power_mw()},
                        {"energy_wh", std::llround(month_wh_)}};
}

SmartPlug::Reply SmartPlug::get_current_power(const json::object&) {
    return json::object{{"current_power", power_mw() / 1000}};
}

SmartPlug::Reply SmartPlug::get_led_info(const json::object&) {
    return json::object{{"led_rule", led_rule_},
                        {"led_status", led_rule_ != "never" && on_},
                        {"night_mode", json::object{{"night_mode_type", "sunrise_sunset"},
                                                    {"start_time", 1140},
                                                    {"end_time", 420},
                                                    {"sunrise_offset", 0},
                                                    {"sunset_offset", 0}}}};
}

SmartPlug::Reply SmartPlug::set_led_info(const json::object& params) {
    const json::value* rule = params.if_contains("led_rule");
    if (!rule || !rule->is_string()) return tl::unexpected(kBadParams);
    const std::string_view word = rule->get_string();
    if (word != "always" && word != "never" && word != "night_mode") return tl::unexpected(kBadParams);
    led_rule_ = word;
    return json::object();
}

SmartPlug::Reply SmartPlug::get_auto_off_config(const json::object&) {
    return json::object{{"enable", auto_off_}, {"delay_min", auto_off_min_}};
}

SmartPlug::Reply SmartPlug::set_auto_off_config(const json::object& params) {
    const auto enable = flag(params, "enable");
    const auto delay_min = whole(params, "delay_min");
    if (!enable || !delay_min || *delay_min < 1 || *delay_min > 1439) return tl::unexpected(kBadParams);
    auto_off_ = *enable;
    auto_off_min_ = static_cast<int>(*delay_min);
    return json::object();
}

SmartPlug::Reply SmartPlug::get_max_power(const json::object&) {
    return json::object{{"max_power", kMaxPowerW}};
}

SmartPlug::Reply SmartPlug::get_protection_power(const json::object&) {
    return json::object{{facts_.protection_key, protection_}, {"protection_power", protection_w_}};
}

SmartPlug::Reply SmartPlug::set_protection_power(const json::object& params) {
    const auto enabled = flag(params, facts_.protection_key);
    const auto power_w = whole(params, "protection_power");
    if (!enabled || !power_w || *power_w < 0 || *power_w > kMaxPowerW) return tl::unexpected(kBadParams);
    protection_ = *enabled;
    protection_w_ = static_cast<int>(*power_w);
    if (on_) switch_to(true);
    return json::object();
}

SmartPlug::Reply SmartPlug::get_device_time(const json::object&) {
    return json::object{{"timestamp", world_.unix_s()}, {"time_diff", 0}, {"region", "Europe/London"}};
}

SmartPlug::Reply SmartPlug::get_connect_cloud_state(const json::object&) {
    return json::object{{"status", 0}};
}

SmartPlug::Reply SmartPlug::device_reboot(const json::object& params) {
    const auto delay_s = whole(params, "delay");
    if (!delay_s || *delay_s < 0) return tl::unexpected(kBadParams);
    reboot_ = std::chrono::seconds(*delay_s);
    return json::object();
}

} // namespace tplink::sim
