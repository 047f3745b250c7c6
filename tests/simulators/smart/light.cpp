// Dimmers and bulbs of the SMART dialect.

#include <array>
#include <boost/json.hpp>

#include "tests/simulators/smart/smart_plug.hpp"
#include "tests/simulators/smart/values.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

bool take_number(const json::object& params, std::string_view key, std::int64_t low, std::int64_t high,
                 int& now) {
    if (!params.contains(key)) return true;
    const auto number = whole(params, key);
    if (!number || *number < low || *number > high) return false;
    now = static_cast<int>(*number);
    return true;
}

} // namespace

void SmartPlug::add_light(json::object& info) const {
    info["brightness"] = brightness_;
    if (facts_.has_color) {
        info["hue"] = hue_;
        info["saturation"] = saturation_;
        info["dynamic_light_effect_enable"] = false;
    }
    if (!facts_.has_color_temp) return;
    info["color_temp"] = color_temp_k_;
    info["color_temp_range"] = json::array{2500, 6500};
}

/// false, with nothing changed, when a value is out of its range or not this lamp's.
bool SmartPlug::take_light(const json::object& params) {
    int brightness = brightness_;
    int hue = hue_;
    int saturation = saturation_;
    int color_temp = color_temp_k_;
    const bool good = take_number(params, "brightness", 1, 100, brightness) &&
                      take_number(params, "hue", 0, 360, hue) &&
                      take_number(params, "saturation", 0, 100, saturation) &&
                      take_number(params, "color_temp", 0, 6500, color_temp);
    const bool colored = params.contains("hue") || params.contains("saturation");
    const bool tinted = params.contains("color_temp");
    if (!good || (colored && !facts_.has_color) || (tinted && !facts_.has_color_temp) ||
        (tinted && color_temp != 0 && color_temp < 2500))
        return false;
    brightness_ = brightness;
    hue_ = hue;
    saturation_ = saturation;
    color_temp_k_ = colored && !tinted ? 0 : color_temp;
    return true;
}

SmartPlug::Reply SmartPlug::get_preset_rules(const json::object&) {
    if (facts_.shape == SmartShape::dimmer)
        return json::object{{"brightness", json::array{100, 75, 50, 25, 1}}};
    json::array states;
    for (const int hue : {0, 120, 240})
        states.push_back(
            json::object{{"brightness", 100}, {"hue", hue}, {"saturation", 100}, {"color_temp", 0}});
    return json::object{{"states", states}};
}

SmartPlug::Reply SmartPlug::get_on_off_gradually_info(const json::object&) { return gradually_; }

SmartPlug::Reply SmartPlug::set_on_off_gradually_info(const json::object& params) {
    if (facts_.gradually_version < 2) {
        const auto enable = flag(params, "enable");
        if (!enable) return tl::unexpected(kBadParams);
        gradually_["enable"] = *enable;
        return json::object();
    }
    json::object changed = gradually_;
    for (const auto& [key, value] : params) {
        const json::object* wanted = key == "on_state" || key == "off_state" ? value.if_object() : nullptr;
        if (!wanted) return tl::unexpected(kBadParams);
        json::object& one = changed[key].as_object();
        if (const auto enable = flag(*wanted, "enable")) one["enable"] = *enable;
        const auto duration_s = whole(*wanted, "duration");
        if (duration_s && (*duration_s < 1 || *duration_s > 60)) return tl::unexpected(kBadParams);
        if (duration_s) one["duration"] = *duration_s;
    }
    gradually_ = changed;
    return json::object();
}

} // namespace tplink::sim
