// What a simulated Kasa device answers to the commands of its relays, meter and clock.

#include <boost/json.hpp>
#include <cmath>
#include <ctime>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/iot/iot_device.hpp"
#include "tests/simulators/iot/iot_values.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

std::tm broken_down(std::int64_t unix_s) {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm out{};
    gmtime_r(&time, &out);
    return out;
}

std::string colons(std::string mac) {
    for (char& c : mac)
        if (c == '-') c = ':';
    return mac;
}

std::string without_dashes(std::string mac) {
    std::erase(mac, '-');
    return mac;
}

json::object no_action() { return {{"type", -1}}; }

json::object next_action(const Outlet& outlet, std::chrono::milliseconds now) {
    if (!outlet.countdown || !outlet.countdown->enabled) return no_action();
    return {{"type", 2},
            {"id", outlet.countdown->id},
            {"schd_sec", (outlet.countdown->ends - now).count() / 1000},
            {"action", outlet.countdown->on ? 1 : 0}};
}

constexpr double kVolts = 230.2;

} // namespace

IotDevice::Reply IotDevice::get_sysinfo(const Call&) {
    json::object out{{"sw_ver", facts_.sw_ver},
                     {"hw_ver", facts_.hw_ver},
                     {"model", facts_.model + facts_.region_suffix},
                     {"deviceId", device_id()},
                     {"hwId", hex_upper(md5(as_bytes(facts_.model)))},
                     {"oemId", hex_upper(md5(as_bytes("oem" + facts_.model)))},
                     {"alias", alias_},
                     {"rssi", rssi_dbm_},
                     {"active_mode", "none"}};
    if (is_light())
        add_light_info(out);
    else
        add_plug_info(out);
    return out;
}

void IotDevice::add_plug_info(json::object& out) const {
    const auto now = world_.now();
    out["mic_type"] = "IOT.SMARTPLUGSWITCH";
    out["mac"] = colons(facts_.mac);
    out["updating"] = 0;
    out["led_off"] = led_off_ ? 1 : 0;
    out["latitude_i"] = 0;
    out["longitude_i"] = 0;
    out["feature"] = facts_.has_meter ? "TIM:ENE" : "TIM";
    out["dev_name"] = facts_.shape == IotShape::dimmer        ? "Smart Wi-Fi Dimmer"
                      : facts_.shape == IotShape::wall_switch ? "Smart Wi-Fi Light Switch"
                      : facts_.shape == IotShape::strip       ? "Smart Wi-Fi Power Strip"
                                                              : "Smart Wi-Fi Plug";
    if (facts_.shape == IotShape::strip) {
        json::array children;
        for (std::size_t n = 0; n < outlets_.size(); ++n)
            children.push_back({{"id", child_id(n)},
                                {"state", outlets_[n].on ? 1 : 0},
                                {"alias", outlets_[n].alias},
                                {"on_time", outlets_[n].on_time_s(now)},
                                {"next_action", next_action(outlets_[n], now)}});
        out["child_num"] = children.size();
        out["children"] = children;
        return;
    }
    const Outlet& relay = outlets_.front();
    out["relay_state"] = relay.on ? 1 : 0;
    out["on_time"] = relay.on_time_s(now);
    out["next_action"] = next_action(relay, now);
    if (relay.countdown && relay.countdown->enabled) out["active_mode"] = "count_down";
    if (facts_.shape == IotShape::dimmer) {
        out["brightness"] = brightness_;
        out["preferred_state"] = json::array{json::object{{"index", 0}, {"brightness", 100}},
                                             json::object{{"index", 1}, {"brightness", 25}}};
    }
}

void IotDevice::add_light_info(json::object& out) const {
    out["mic_type"] = "IOT.SMARTBULB";
    out["mic_mac"] = without_dashes(facts_.mac);
    out["description"] = "Smart Wi-Fi LED Bulb";
    out["is_dimmable"] = 1;
    out["is_color"] = facts_.is_color ? 1 : 0;
    out["is_variable_color_temp"] = facts_.has_color_temp ? 1 : 0;
    out["light_state"] = light_state();
    out["preferred_state"] = json::array{
        json::object{{"index", 0}, {"brightness", 50}, {"hue", 0}, {"saturation", 0}, {"color_temp", 2700}},
        json::object{{"index", 1}, {"brightness", 100}, {"hue", 120}, {"saturation", 75}, {"color_temp", 0}}};
    if (facts_.shape == IotShape::light_strip) {
        out["length"] = 16;
        out["lighting_effect_state"] =
            json::object{{"enable", 0}, {"name", "Aurora"}, {"custom", 0}, {"id", ""}, {"brightness", 100}};
    }
}

IotDevice::Reply IotDevice::set_relay_state(const Call& call) {
    const auto state = iot_whole(call.args, "state", 0, 1);
    if (!state) return tl::unexpected(Problem{-3, "invalid argument"});
    if (is_light()) return tl::unexpected(Problem{-2, "member not support"});
    ++switched_;
    for (Outlet* outlet : call.outlets) outlet->switch_to(*state == 1, world_.now());
    return json::object();
}

IotDevice::Reply IotDevice::set_led_off(const Call& call) {
    const auto off = iot_whole(call.args, "off", 0, 1);
    if (!off) return tl::unexpected(Problem{-3, "invalid argument"});
    led_off_ = *off == 1;
    return json::object();
}

IotDevice::Reply IotDevice::set_alias(const Call& call) {
    const json::value* alias = call.args.if_contains("alias");
    if (!alias || !alias->is_string() || alias->get_string().empty())
        return tl::unexpected(Problem{-3, "invalid argument"});
    if (!call.in_context) alias_ = alias->get_string();
    if (call.in_context)
        for (Outlet* outlet : call.outlets) outlet->alias = alias->get_string();
    return json::object();
}

IotDevice::Reply IotDevice::reboot(const Call& call) {
    const auto delay_s = iot_whole(call.args, "delay", 0, 86400);
    if (!delay_s) return tl::unexpected(Problem{-3, "invalid argument"});
    reboot_ = std::chrono::seconds(*delay_s);
    return json::object();
}

IotDevice::Reply IotDevice::reset(const Call& call) {
    for (Outlet& outlet : outlets_) {
        outlet.today_wh = outlet.month_wh = outlet.total_wh = 0;
        outlet.on = false;
    }
    alias_ = facts_.model;
    return reboot(call);
}

IotDevice::Reply IotDevice::get_time(const Call&) {
    const std::tm now = broken_down(world_.unix_s());
    return json::object{{"year", now.tm_year + 1900}, {"month", now.tm_mon + 1}, {"mday", now.tm_mday},
                        {"wday", now.tm_wday},        {"hour", now.tm_hour},     {"min", now.tm_min},
                        {"sec", now.tm_sec}};
}

IotDevice::Reply IotDevice::get_timezone(const Call&) { return json::object{{"index", 39}}; }

IotDevice::Reply IotDevice::get_cloud_info(const Call&) {
    return json::object{{"username", "demo@example.com"},
                        {"server", "n-devs.example.com"},
                        {"binded", 1},
                        {"cld_connection", 1},
                        {"illegalType", 0},
                        {"stopConnect", 0},
                        {"fwNotifyType", 0},
                        {"fwDlPage", ""},
                        {"tcspStatus", 1},
                        {"tcspInfo", ""}};
}

IotDevice::Reply IotDevice::get_usage_days(const Call& call) {
    const std::tm now = broken_down(world_.unix_s());
    json::array days;
    if (!call.outlets.empty())
        days.push_back({{"year", now.tm_year + 1900},
                        {"month", now.tm_mon + 1},
                        {"day", now.tm_mday},
                        {"time", std::llround(call.outlets.front()->today_on_s / 60)}});
    return json::object{{"day_list", days}};
}

IotDevice::Reply IotDevice::get_usage_months(const Call& call) {
    const std::tm now = broken_down(world_.unix_s());
    return json::object{{"month_list", json::array{json::object{
                                           {"year", now.tm_year + 1900},
                                           {"month", now.tm_mon + 1},
                                           {"time", std::llround(call.outlets.front()->today_on_s / 60)}}}}};
}

IotDevice::Reply IotDevice::get_next_action(const Call& call) {
    return next_action(*call.outlets.front(), world_.now());
}

IotDevice::Reply IotDevice::get_realtime(const Call& call) {
    // A strip meters its sockets only; which of them is asked must be said.
    if (facts_.shape == IotShape::strip && !call.in_context)
        return tl::unexpected(Problem{-3, "invalid argument"});
    const Outlet& outlet = *call.outlets.front();
    const double watts = is_light() ? outlet.power_w() * brightness_ / 100 : outlet.power_w();
    if (is_light()) return json::object{{"power_mw", std::llround(watts * 1000)}};
    if (facts_.old_units)
        return json::object{{"current", watts / kVolts},
                            {"voltage", kVolts},
                            {"power", watts},
                            {"total", outlet.total_wh / 1000}};
    json::object out{{"voltage_mv", std::llround(kVolts * 1000)},
                     {"current_ma", std::llround(watts / kVolts * 1000)},
                     {"power_mw", std::llround(watts * 1000)},
                     {"total_wh", std::llround(outlet.total_wh)}};
    if (facts_.shape == IotShape::strip) out["slot_id"] = &outlet - outlets_.data();
    return out;
}

IotDevice::Reply IotDevice::get_energy_days(const Call& call) {
    const std::tm now = broken_down(world_.unix_s());
    const auto year = iot_whole(call.args, "year", 2000, 2100);
    const auto month = iot_whole(call.args, "month", 1, 12);
    if (!year || !month) return tl::unexpected(Problem{-3, "invalid argument"});
    json::array days;
    if (*year == now.tm_year + 1900 && *month == now.tm_mon + 1) {
        json::object day{{"year", *year}, {"month", *month}, {"day", now.tm_mday}};
        iot_energy(day, facts_.old_units, call.outlets.front()->today_wh);
        days.push_back(day);
    }
    return json::object{{"day_list", days}};
}

IotDevice::Reply IotDevice::get_energy_months(const Call& call) {
    const std::tm now = broken_down(world_.unix_s());
    const auto year = iot_whole(call.args, "year", 2000, 2100);
    if (!year) return tl::unexpected(Problem{-3, "invalid argument"});
    json::array months;
    if (*year == now.tm_year + 1900) {
        json::object month{{"year", *year}, {"month", now.tm_mon + 1}};
        iot_energy(month, facts_.old_units, call.outlets.front()->month_wh);
        months.push_back(month);
    }
    return json::object{{"month_list", months}};
}

IotDevice::Reply IotDevice::erase_energy(const Call& call) {
    for (Outlet* outlet : call.outlets) outlet->today_wh = outlet->month_wh = outlet->total_wh = 0;
    return json::object();
}

IotDevice::Reply IotDevice::get_countdown(const Call& call) {
    json::array rules;
    if (const auto& rule = call.outlets.front()->countdown)
        rules.push_back({{"id", rule->id},
                         {"name", rule->name},
                         {"enable", rule->enabled ? 1 : 0},
                         {"delay", rule->delay_s},
                         {"act", rule->on ? 1 : 0},
                         {"remain", rule->enabled ? (rule->ends - world_.now()).count() / 1000 : 0}});
    return json::object{{"rule_list", rules}};
}

IotDevice::Reply IotDevice::add_countdown(const Call& call) {
    const auto delay_s = iot_whole(call.args, "delay", 1, 86399);
    const auto act = iot_whole(call.args, "act", 0, 1);
    const auto enable = iot_whole(call.args, "enable", 0, 1);
    if (!delay_s || !act || !enable) return tl::unexpected(Problem{-3, "invalid argument"});
    Outlet& outlet = *call.outlets.front();
    if (outlet.countdown && outlet.countdown->enabled) return tl::unexpected(Problem{-10, "table is full"});
    const json::value* name = call.args.if_contains("name");
    outlet.countdown = Countdown{.id = hex_upper(world_.random(16)),
                                 .name = name && name->is_string() ? std::string(name->get_string()) : "",
                                 .on = *act == 1,
                                 .delay_s = *delay_s,
                                 .ends = world_.now() + std::chrono::seconds(*delay_s),
                                 .enabled = *enable == 1};
    return json::object{{"id", outlet.countdown->id}};
}

IotDevice::Reply IotDevice::delete_countdown(const Call& call) {
    for (Outlet* outlet : call.outlets) outlet->countdown.reset();
    return json::object();
}

} // namespace tplink::sim
