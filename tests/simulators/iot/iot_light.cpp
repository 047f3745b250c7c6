// Dimmers, bulbs and light strips of the IOT dialect.

#include <boost/json.hpp>

#include "tests/simulators/iot/iot_device.hpp"
#include "tests/simulators/iot/iot_values.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view kInvalid = "invalid argument";

/// Key present: must be within the limits; absent: keeps `now`.
bool take(const json::object& args, std::string_view key, std::int64_t low, std::int64_t high, int& now) {
    if (!args.contains(key)) return true;
    const auto number = iot_whole(args, key, low, high);
    if (number) now = static_cast<int>(*number);
    return number.has_value();
}

} // namespace

json::object IotDevice::light_state() const {
    const json::object values{{"mode", "normal"},
                              {"hue", hue_},
                              {"saturation", saturation_},
                              {"color_temp", color_temp_k_},
                              {"brightness", brightness_}};
    if (!outlets_.front().on) return {{"on_off", 0}, {"dft_on_state", values}};
    json::object out = values;
    out["on_off"] = 1;
    return out;
}

IotDevice::Reply IotDevice::get_light_state(const Call&) { return light_state(); }

IotDevice::Reply IotDevice::set_light_state(const Call& call) {
    int on = outlets_.front().on ? 1 : 0;
    int brightness = brightness_;
    int hue = hue_;
    int saturation = saturation_;
    int color_temp = color_temp_k_;
    int ignored = 0;
    const bool good =
        take(call.args, "on_off", 0, 1, on) && take(call.args, "brightness", 0, 100, brightness) &&
        take(call.args, "hue", 0, 360, hue) && take(call.args, "saturation", 0, 100, saturation) &&
        take(call.args, "color_temp", 0, 9000, color_temp) &&
        take(call.args, "transition_period", 0, 10000000, ignored) &&
        take(call.args, "ignore_default", 0, 1, ignored);
    const bool colored = call.args.contains("hue") || call.args.contains("saturation");
    const bool tinted = color_temp != 0 && color_temp != color_temp_k_;
    if (!good || (colored && !facts_.is_color) || (tinted && (!facts_.has_color_temp || color_temp < 2500)))
        return tl::unexpected(Problem{-3, kInvalid});
    outlets_.front().switch_to(on == 1, world_.now());
    brightness_ = brightness;
    hue_ = hue;
    saturation_ = saturation;
    // A colour without a temperature keeps showing the temperature that is set.
    color_temp_k_ = color_temp;
    return light_state();
}

IotDevice::Reply IotDevice::get_light_details(const Call&) {
    return json::object{
        {"lamp_beam_angle", 150},        {"min_voltage", 110}, {"max_voltage", 240},         {"wattage", 10},
        {"incandescent_equivalent", 60}, {"max_lumens", 800},  {"color_rendering_index", 80}};
}

IotDevice::Reply IotDevice::set_brightness(const Call& call) {
    const auto value = iot_whole(call.args, "brightness", 1, 100);
    if (!value) return tl::unexpected(Problem{-3, kInvalid});
    brightness_ = static_cast<int>(*value);
    return json::object();
}

IotDevice::Reply IotDevice::set_switch_state(const Call& call) {
    const auto state = iot_whole(call.args, "state", 0, 1);
    if (!state) return tl::unexpected(Problem{-3, kInvalid});
    outlets_.front().switch_to(*state == 1, world_.now());
    return json::object();
}

IotDevice::Reply IotDevice::set_dimmer_transition(const Call& call) {
    const auto brightness = iot_whole(call.args, "brightness", 0, 100);
    const auto duration_ms = iot_whole(call.args, "duration", 1, 120000);
    if (!brightness || !duration_ms) return tl::unexpected(Problem{-3, kInvalid});
    outlets_.front().switch_to(*brightness > 0, world_.now());
    if (*brightness > 0) brightness_ = static_cast<int>(*brightness);
    return json::object();
}

IotDevice::Reply IotDevice::get_dimmer_parameters(const Call&) { return dimmer_parameters_; }

} // namespace tplink::sim
