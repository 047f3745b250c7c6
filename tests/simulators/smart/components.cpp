#include "tests/simulators/smart/components.hpp"

#include <array>
#include <boost/json.hpp>

#include "tests/simulators/smart/smart_plug.hpp"

namespace tplink::sim {

namespace json = boost::json;

std::vector<std::pair<std::string_view, int>> smart_components(const PlugFacts& facts, bool is_socket) {
    const bool light = facts.shape == SmartShape::bulb || facts.shape == SmartShape::dimmer;
    std::vector<std::pair<std::string_view, int>> out{
        {"device", 2},      {"quick_setup", 3}, {"time", 1},     {"schedule", 2},      {"countdown", 2},
        {"synchronize", 1}, {"account", 1},     {"firmware", 2}, {"cloud_connect", 1}, {"default_states", 1}};
    const auto add = [&out](bool there, std::string_view id, int version) {
        if (there) out.emplace_back(id, version);
    };
    add(!is_socket, "wireless", 1);
    add(!is_socket && facts.shape != SmartShape::bulb, "led", 1);
    add(facts.shape == SmartShape::strip, "control_child", 2);
    add(facts.shape == SmartShape::strip, "child_device", 2);
    const bool newer = facts.words_for_heat; // the same generation of firmware brought these
    add(newer && facts.shape != SmartShape::bulb, "auto_off", 2);
    add(newer && facts.shape != SmartShape::bulb, "overheat_protection", 1);
    add(newer && facts.has_child_lock && facts.shape == SmartShape::plug && !is_socket, "child_protection",
        1);
    add(facts.has_meter, "energy_monitoring", facts.meter_version);
    const bool protects = facts.has_meter && facts.meter_version >= 2 && !light;
    add(protects, "power_protection", 1);
    add(protects, "current_protection", 1);
    add(protects, "charging_protection", 2);
    add(light, "brightness", 1);
    add(light, "preset", 1);
    add(light, "on_off_gradually", facts.gradually_version);
    add(facts.has_color, "color", 1);
    add(facts.has_color_temp, "color_temperature", 1);
    return out;
}

json::object first_default_states(const PlugFacts& facts) {
    if (facts.shape == SmartShape::bulb)
        return {{"type", "last_states"},
                {"re_power_type", "always_on"},
                {"state", json::object{{"brightness", 100}}}};
    if (facts.shape == SmartShape::dimmer)
        return {{"type", "last_states"},
                {"re_power_type", "last_states"},
                {"re_power_type_capability", json::array{"last_states", "always_on", "always_off"}}};
    return {{"type", "last_states"}, {"state", json::object()}};
}

json::object first_gradually(const PlugFacts& facts) {
    if (facts.gradually_version < 2) return {{"enable", true}};
    const json::object one{{"enable", true}, {"duration", 2}, {"max_duration", 60}};
    return {{"on_state", one}, {"off_state", one}};
}

PlugFacts smart_facts_of(std::string_view model) {
    struct Known {
        std::string_view name;
        SmartShape shape;
        bool meter;
        int sockets;
        bool color;
        bool color_temp;
    };
    using S = SmartShape;
    static constexpr auto kKnown = std::to_array<Known>({{"P100", S::plug, false, 0, false, false},
                                                         {"P110", S::plug, true, 0, false, false},
                                                         {"P115", S::plug, true, 0, false, false},
                                                         {"TP15", S::plug, false, 0, false, false},
                                                         {"P300", S::strip, false, 3, false, false},
                                                         {"P304M", S::strip, true, 4, false, false},
                                                         {"S500D", S::dimmer, false, 0, false, false},
                                                         {"S505", S::wall_switch, false, 0, false, false},
                                                         {"L510", S::bulb, false, 0, false, false},
                                                         {"L530", S::bulb, false, 0, true, true},
                                                         {"L920", S::bulb, false, 0, true, true}});
    PlugFacts out;
    out.model = model;
    for (const Known& known : kKnown) {
        if (known.name != model) continue;
        out.shape = known.shape;
        out.has_meter = known.meter;
        out.sockets = known.sockets;
        out.has_color = known.color;
        out.has_color_temp = known.color_temp;
        if (known.shape == S::bulb) out.load_w = 8.7;
    }
    return out;
}

} // namespace tplink::sim
