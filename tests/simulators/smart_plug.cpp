#include "tests/simulators/smart_plug.hpp"

#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <ctime>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr int kUnknownMethod = -1002;
constexpr int kDecodeFailed = -1003;
constexpr int kTooLong = -1006;
constexpr int kBadParams = -1008;
constexpr int kMaxPowerW = 3904;

json::object reply_of(const tl::expected<json::object, int>& reply) {
    if (!reply) return {{"error_code", reply.error()}};
    if (reply->empty()) return {{"error_code", 0}};
    return {{"result", *reply}, {"error_code", 0}};
}

std::optional<std::int64_t> whole(const json::object& params, std::string_view key) {
    const json::value* value = params.if_contains(key);
    if (!value) return std::nullopt;
    const auto number = json::try_value_to<std::int64_t>(*value);
    return number ? std::optional(*number) : std::nullopt;
}

std::optional<bool> flag(const json::object& params, std::string_view key) {
    const json::value* value = params.if_contains(key);
    return value && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}

std::tm broken_down(std::int64_t unix_s) {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm out{};
    gmtime_r(&time, &out);
    return out;
}

std::string local_time(std::int64_t unix_s) {
    std::array<char, 32> text{};
    const std::tm parts = broken_down(unix_s);
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return text.data();
}

double seconds(milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

} // namespace

struct SmartPlug::Row {
    std::string_view method;
    std::string_view component; // empty: always there
    Method run;
};

const SmartPlug::Row* SmartPlug::find_row(std::string_view method) {
    static constexpr std::array<Row, 20> kRows{{
        {"component_nego", "", &SmartPlug::component_nego},
        {"get_device_info", "", &SmartPlug::get_device_info},
        {"set_device_info", "", &SmartPlug::set_device_info},
        {"get_device_usage", "", &SmartPlug::get_device_usage},
        {"get_energy_usage", "energy_monitoring", &SmartPlug::get_energy_usage},
        {"get_emeter_data", "energy_monitoring_2", &SmartPlug::get_emeter_data},
        {"get_current_power", "energy_monitoring_2", &SmartPlug::get_current_power},
        {"get_led_info", "led", &SmartPlug::get_led_info},
        {"set_led_info", "led", &SmartPlug::set_led_info},
        {"get_auto_off_config", "auto_off", &SmartPlug::get_auto_off_config},
        {"set_auto_off_config", "auto_off", &SmartPlug::set_auto_off_config},
        {"get_max_power", "power_protection", &SmartPlug::get_max_power},
        {"get_protection_power", "power_protection", &SmartPlug::get_protection_power},
        {"set_protection_power", "power_protection", &SmartPlug::set_protection_power},
        {"get_device_time", "", &SmartPlug::get_device_time},
        {"get_connect_cloud_state", "", &SmartPlug::get_connect_cloud_state},
        {"get_latest_fw", "", &SmartPlug::get_latest_fw},
        {"get_auto_update_info", "", &SmartPlug::get_auto_update_info},
        {"set_auto_update_info", "", &SmartPlug::set_auto_update_info},
        {"device_reboot", "", &SmartPlug::device_reboot},
    }};
    for (const Row& row : kRows)
        if (row.method == method) return &row;
    return nullptr;
}

SmartPlug::SmartPlug(PlugFacts facts, World world)
    : facts_(std::move(facts)), world_(std::move(world)), nickname_(facts_.alias), load_w_(facts_.load_w),
      advanced_to_(world_.now()), day_(world_.unix_s() / 86400) {
    const std::tm now = broken_down(world_.unix_s());
    month_ = (now.tm_year - 70) * 12 + now.tm_mon;
}

std::string SmartPlug::device_id() const { return hex_upper(sha1(as_bytes(facts_.mac + facts_.model))); }

bool SmartPlug::has_component(std::string_view id) const {
    if (id.empty() || id == "led") return true;
    if (id == "energy_monitoring") return facts_.has_meter;
    if (id == "energy_monitoring_2" || id == "power_protection")
        return facts_.has_meter && facts_.meter_version >= 2;
    return id == "auto_off" && facts_.words_for_heat; // came with the same generation of firmware
}

json::object SmartPlug::answer(const json::object& request) {
    const json::value* method = request.if_contains("method");
    if (!method || !method->is_string()) return {{"error_code", kDecodeFailed}};
    const std::lock_guard lock(mutex_);
    if (method->get_string() == "multipleRequest") return batch(request);
    return reply_of(call(method->get_string(), request.if_contains("params")));
}

SmartPlug::Reply SmartPlug::call(std::string_view method, const json::value* params) {
    const Row* row = find_row(method);
    if (!row || !has_component(row->component)) return tl::unexpected(kUnknownMethod);
    if (params && !params->is_object()) return tl::unexpected(kBadParams);
    advance();
    return (this->*row->run)(params ? params->get_object() : json::object());
}

json::object SmartPlug::batch(const json::object& request) {
    boost::system::error_code error;
    const json::value whole_request(request);
    const json::value* list = whole_request.find_pointer("/params/requests", error);
    if (facts_.batch_max == 0) return {{"error_code", kDecodeFailed}};
    if (!list || !list->is_array()) return {{"error_code", kBadParams}};
    if (list->get_array().size() > static_cast<std::size_t>(facts_.batch_max))
        return {{"error_code", kTooLong}};
    json::array responses;
    for (const json::value& entry : list->get_array()) {
        const json::value* method = entry.is_object() ? entry.get_object().if_contains("method") : nullptr;
        if (!method || !method->is_string()) return {{"error_code", kBadParams}};
        const Reply reply = call(method->get_string(), entry.get_object().if_contains("params"));
        json::object response = reply_of(reply);
        response["method"] = *method;
        responses.push_back(response);
        if (!reply && facts_.stops_at_failing_entry) break;
    }
    return {{"result", json::object{{"responses", responses}}}, {"error_code", 0}};
}

/// Brings meter and timers up to now.
void SmartPlug::advance() {
    const milliseconds now = world_.now();
    milliseconds until = now;
    const milliseconds off_at = on_since_ + std::chrono::minutes(auto_off_min_);
    const bool ends = on_ && auto_off_ && off_at <= now;
    if (ends) until = std::max(off_at, advanced_to_);
    const std::tm today = broken_down(world_.unix_s());
    const std::int64_t month = (today.tm_year - 70) * 12 + today.tm_mon;
    if (const std::int64_t day = world_.unix_s() / 86400; day != day_) {
        day_ = day;
        today_wh_ = today_on_s_ = 0;
    }
    if (month != month_) {
        month_ = month;
        month_wh_ = month_on_s_ = 0;
    }
    if (on_) {
        const double span_s = seconds(until - advanced_to_);
        const double energy_wh = load_w_ * span_s / 3600.0;
        today_wh_ += energy_wh;
        month_wh_ += energy_wh;
        today_on_s_ += span_s;
        month_on_s_ += span_s;
    }
    advanced_to_ = now;
    if (ends) on_ = false;
}

void SmartPlug::switch_to(bool on) {
    if (on && !on_) on_since_ = world_.now();
    if (on) overloaded_ = false;
    on_ = on && !(protection_ && load_w_ > protection_w_);
    if (on && !on_) overloaded_ = true;
}

std::int64_t SmartPlug::power_mw() const { return on_ ? std::llround(load_w_ * 1000) : 0; }

/// Mains voltage wanders a little, so that a graph shows life: 230 V +- 1.5 V within 10 minutes.
std::int64_t SmartPlug::voltage_mv() const {
    return 230000 + std::llround(1500.0 * std::sin(seconds(world_.now()) * 2 * 3.14159265 / 600));
}

std::optional<milliseconds> SmartPlug::take_reboot() {
    const std::lock_guard lock(mutex_);
    return std::exchange(reboot_, std::nullopt);
}

void SmartPlug::power_cycle() {
    const std::lock_guard lock(mutex_);
    advance();
    on_since_ = world_.now();
}

json::object SmartPlug::state() {
    const std::lock_guard lock(mutex_);
    advance();
    return {{"device_on", on_},
            {"load_w", load_w_},
            {"power_mw", power_mw()},
            {"energy_today_wh", today_wh_},
            {"nickname", nickname_},
            {"rssi", rssi_dbm_},
            {"overheated", overheated_},
            {"led_rule", led_rule_},
            {"auto_off", auto_off_},
            {"auto_off_min", auto_off_min_},
            {"on_time_s", on_ ? (world_.now() - on_since_).count() / 1000 : 0}};
}

Result<void> SmartPlug::set_state(const json::object& changes) {
    const std::lock_guard lock(mutex_);
    advance();
    for (const auto& [key, value] : changes) { // first look, then act: a refused change changes nothing
        const bool known = key == "device_on" || key == "overheated"                      ? value.is_bool()
                           : key == "load_w" || key == "energy_today_wh" || key == "rssi" ? value.is_number()
                           : key == "nickname" || key == "led_rule"                       ? value.is_string()
                                                                                          : false;
        if (!known) return fail(Errc::refused, std::string(key) + ": unknown, or of another type");
    }
    if (const auto* value = changes.if_contains("load_w")) load_w_ = value->to_number<double>();
    if (const auto* value = changes.if_contains("device_on")) switch_to(value->get_bool());
    if (const auto* value = changes.if_contains("overheated")) overheated_ = value->get_bool();
    if (const auto* value = changes.if_contains("rssi")) rssi_dbm_ = value->to_number<int>();
    if (const auto* value = changes.if_contains("energy_today_wh")) today_wh_ = value->to_number<double>();
    if (const auto* value = changes.if_contains("nickname")) nickname_ = value->get_string();
    if (const auto* value = changes.if_contains("led_rule")) led_rule_ = value->get_string();
    return {};
}

SmartPlug::Reply SmartPlug::component_nego(const json::object&) {
    json::array list;
    const auto add = [&list](std::string_view id, int version) {
        list.push_back(json::object{{"id", id}, {"ver_code", version}});
    };
    for (const auto& [id, version] : {std::pair{"device", 2},
                                      {"firmware", 2},
                                      {"quick_setup", 3},
                                      {"time", 1},
                                      {"wireless", 1},
                                      {"schedule", 2},
                                      {"countdown", 2},
                                      {"account", 1},
                                      {"synchronize", 1},
                                      {"led", 1},
                                      {"cloud_connect", 1},
                                      {"default_states", 1}})
        add(id, version);
    if (has_component("auto_off")) add("auto_off", 2);
    if (has_component("energy_monitoring")) add("energy_monitoring", facts_.meter_version);
    if (has_component("power_protection")) add("power_protection", 1);
    if (facts_.words_for_heat) add("overheat_protection", 1);
    return json::object{{"component_list", list}};
}

SmartPlug::Reply SmartPlug::get_device_info(const json::object&) {
    const std::int64_t on_time_s = on_ ? (world_.now() - on_since_).count() / 1000 : 0;
    json::object info{{"device_id", device_id()},
                      {"fw_ver", facts_.fw_ver},
                      {"hw_ver", facts_.hw_ver},
                      {"type", "SMART.TAPOPLUG"},
                      {"model", facts_.model},
                      {"mac", facts_.mac},
                      {"hw_id", hex_upper(md5(as_bytes(facts_.model)))},
                      {"fw_id", "00000000000000000000000000000000"},
                      {"oem_id", hex_upper(md5(as_bytes("oem" + facts_.model)))},
                      {"specs", ""},
                      {"lang", "en_US"},
                      {"region", "Europe/London"},
                      {"time_diff", 0},
                      {"latitude", 0},
                      {"longitude", 0},
                      {"has_set_location_info", false},
                      {"avatar", "plug"},
                      {"ip", facts_.address},
                      {"ssid", base64_encode(as_bytes("Demo network"))},
                      {"rssi", rssi_dbm_},
                      {"signal_level", rssi_dbm_ > -55   ? 3
                                       : rssi_dbm_ > -67 ? 2
                                       : rssi_dbm_ > -80 ? 1
                                                         : 0},
                      {"nickname", base64_encode(as_bytes(nickname_))},
                      {"device_on", on_},
                      {"on_time", on_time_s},
                      {"default_states", json::object{{"type", "last_states"}, {"state", json::object()}}}};
    if (!facts_.words_for_heat) {
        info["overheated"] = overheated_;
        return info;
    }
    info["overheat_status"] = overheated_ ? "overheated" : "normal";
    info["auto_off_status"] = auto_off_ && on_ ? "on" : "off";
    info["auto_off_remain_time"] = auto_off_ && on_ ? auto_off_min_ * 60 - on_time_s : 0;
    if (has_component("power_protection")) {
        info["power_protection_status"] = overloaded_ ? "overloaded" : "normal";
        info["overcurrent_status"] = "normal";
    }
    return info;
}

SmartPlug::Reply SmartPlug::set_device_info(const json::object& params) {
    for (const auto& [key, value] : params) {
        const bool good = key == "device_on" ? value.is_bool()
                          : key == "nickname"
                              ? value.is_string() && base64_decode(value.get_string()).has_value()
                              : key == "default_states" || key == "avatar";
        if (!good) return tl::unexpected(kBadParams);
    }
    if (const auto on = flag(params, "device_on")) switch_to(*on);
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
    return json::object{{"enabled", protection_}, {"protection_power", protection_w_}};
}

SmartPlug::Reply SmartPlug::set_protection_power(const json::object& params) {
    const auto enabled = flag(params, "enabled");
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

SmartPlug::Reply SmartPlug::get_latest_fw(const json::object&) {
    return json::object{{"type", 0},
                        {"need_to_upgrade", false},
                        {"fw_ver", facts_.fw_ver},
                        {"fw_size", 0},
                        {"release_date", ""},
                        {"release_note", ""},
                        {"hw_id", ""},
                        {"oem_id", ""}};
}

SmartPlug::Reply SmartPlug::get_auto_update_info(const json::object&) {
    return json::object{{"enable", auto_update_}, {"time", 180}, {"random_range", 120}};
}

SmartPlug::Reply SmartPlug::set_auto_update_info(const json::object& params) {
    const auto enable = flag(params, "enable");
    if (!enable) return tl::unexpected(kBadParams);
    auto_update_ = *enable;
    return json::object();
}

SmartPlug::Reply SmartPlug::device_reboot(const json::object& params) {
    const auto delay_s = whole(params, "delay");
    if (!delay_s || *delay_s < 0) return tl::unexpected(kBadParams);
    reboot_ = std::chrono::seconds(*delay_s);
    return json::object();
}

} // namespace tplink::sim
