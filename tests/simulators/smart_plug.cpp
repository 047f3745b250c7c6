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

json::object reply_of(const tl::expected<json::object, int>& reply) {
    if (!reply) return {{"error_code", reply.error()}};
    if (reply->empty()) return {{"error_code", 0}};
    return {{"result", *reply}, {"error_code", 0}};
}

std::tm broken_down(std::int64_t unix_s) {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm out{};
    gmtime_r(&time, &out);
    return out;
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

std::string SmartPlug::answer_text(std::string_view request) {
    boost::system::error_code error;
    const json::value parsed = json::parse(request, error);
    if (error || !parsed.is_object()) return json::serialize(json::object{{"error_code", kDecodeFailed}});
    return json::serialize(answer(parsed.get_object()));
}

std::string SmartPlug::rate_limited() const { return R"({"error_code":-1301})"; }

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

} // namespace tplink::sim
