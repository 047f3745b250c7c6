#include "tests/simulators/smart/smart_plug.hpp"

#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <ctime>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/smart/components.hpp"

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
    int version = 1; // of the component, at least
};

const SmartPlug::Row* SmartPlug::find_row(std::string_view method) {
    using P = SmartPlug;
    static constexpr auto kRows = std::to_array<Row>({
        {"component_nego", "", &P::component_nego},
        {"get_device_info", "", &P::get_device_info},
        {"set_device_info", "", &P::set_device_info},
        {"get_device_usage", "", &P::get_device_usage},
        {"get_energy_usage", "energy_monitoring", &P::get_energy_usage},
        {"get_emeter_data", "energy_monitoring", &P::get_emeter_data, 2},
        {"get_current_power", "energy_monitoring", &P::get_current_power, 2},
        {"get_emeter_vgain_igain", "energy_monitoring", &P::get_emeter_vgain_igain, 2},
        {"get_electricity_price_config", "energy_monitoring", &P::get_electricity_price_config, 2},
        {"get_energy_data", "energy_monitoring", &P::get_energy_data, 2},
        {"get_power_data", "energy_monitoring", &P::get_power_data, 2},
        {"get_led_info", "led", &P::get_led_info},
        {"set_led_info", "led", &P::set_led_info},
        {"get_auto_off_config", "auto_off", &P::get_auto_off_config},
        {"set_auto_off_config", "auto_off", &P::set_auto_off_config},
        {"get_max_power", "power_protection", &P::get_max_power},
        {"get_protection_power", "power_protection", &P::get_protection_power},
        {"set_protection_power", "power_protection", &P::set_protection_power},
        {"get_child_protection", "child_protection", &P::get_child_protection},
        {"set_child_protection", "child_protection", &P::set_child_protection},
        {"get_countdown_rules", "countdown", &P::get_countdown_rules},
        {"add_countdown_rule", "countdown", &P::add_countdown_rule},
        {"remove_countdown_rules", "countdown", &P::remove_countdown_rules},
        {"get_schedule_rules", "schedule", &P::get_schedule_rules},
        {"get_next_event", "schedule", &P::get_next_event},
        {"get_preset_rules", "preset", &P::get_preset_rules},
        {"get_on_off_gradually_info", "on_off_gradually", &P::get_on_off_gradually_info},
        {"set_on_off_gradually_info", "on_off_gradually", &P::set_on_off_gradually_info},
        {"get_child_device_list", "child_device", &P::get_child_device_list},
        {"get_child_device_component_list", "child_device", &P::get_child_device_component_list},
        {"control_child", "control_child", &P::control_child},
        {"get_device_time", "time", &P::get_device_time},
        {"get_wireless_scan_info", "wireless", &P::get_wireless_scan_info},
        {"get_connect_cloud_state", "", &P::get_connect_cloud_state},
        {"get_latest_fw", "firmware", &P::get_latest_fw},
        {"fw_download", "firmware", &P::fw_download},
        {"get_fw_download_state", "firmware", &P::get_fw_download_state},
        {"get_auto_update_info", "firmware", &P::get_auto_update_info},
        {"set_auto_update_info", "firmware", &P::set_auto_update_info},
        {"device_reboot", "", &P::device_reboot},
    });
    for (const Row& row : kRows)
        if (row.method == method) return &row;
    return nullptr;
}

SmartPlug::SmartPlug(PlugFacts facts, World world, SocketPlace place)
    : facts_(std::move(facts)), world_(std::move(world)), place_(std::move(place)),
      components_(smart_components(facts_, place_.position > 0)), nickname_(facts_.alias),
      load_w_(facts_.load_w), default_states_(first_default_states(facts_)), fw_ver_(facts_.fw_ver),
      color_temp_k_(facts_.has_color_temp ? 2700 : 0), gradually_(first_gradually(facts_)),
      advanced_to_(world_.now()), day_(world_.unix_s() / 86400) {
    const std::tm now = broken_down(world_.unix_s());
    month_ = (now.tm_year - 70) * 12 + now.tm_mon;
    if (facts_.shape != SmartShape::strip) return;
    for (int n = 1; n <= facts_.sockets; ++n) {
        PlugFacts socket = facts_;
        socket.shape = SmartShape::plug;
        socket.alias = facts_.alias + " " + std::to_string(n);
        sockets_.push_back(std::make_unique<SmartPlug>(socket, world_, SocketPlace{device_id(), n}));
    }
}

std::string SmartPlug::device_id() const {
    if (is_socket())
        return place_.parent_id + (place_.position < 11 ? "0" : "") + std::to_string(place_.position - 1);
    return hex_upper(sha1(as_bytes(facts_.mac + facts_.model)));
}

std::string SmartPlug::device_type() const {
    switch (facts_.shape) {
    case SmartShape::bulb: return "SMART.TAPOBULB";
    case SmartShape::wall_switch:
    case SmartShape::dimmer: return "SMART.TAPOSWITCH";
    case SmartShape::plug:
    case SmartShape::strip: break;
    }
    return "SMART.TAPOPLUG";
}

int SmartPlug::component_version(std::string_view id) const {
    if (id.empty()) return 1;
    for (const auto& [name, version] : components_)
        if (name == id) return version;
    return 0;
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
    if (!row || component_version(row->component) < row->version) return tl::unexpected(kUnknownMethod);
    // A strip lists what its sockets have, but only they answer.
    if (!sockets_.empty() && (row->component == "energy_monitoring" || row->component == "auto_off" ||
                              row->component == "countdown"))
        return tl::unexpected(kUnknownMethod);
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
    const bool rings = countdown_ && countdown_->enabled && countdown_->ends <= now;
    if (ends) until = std::max(off_at, advanced_to_);
    if (rings && (!ends || countdown_->ends < until)) until = std::max(countdown_->ends, advanced_to_);
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
    if (!rings) return;
    countdown_->enabled = false; // the rule stays listed
    switch_to(countdown_->on);
}

void SmartPlug::switch_to(bool on) {
    if (on && !on_) on_since_ = world_.now();
    if (on) overloaded_ = false;
    on_ = on && !(protection_ && load_w_ > protection_w_);
    if (on && !on_) overloaded_ = true;
}

std::int64_t SmartPlug::power_mw() const {
    if (!on_) return 0;
    return std::llround(load_w_ * (is_light() ? brightness_ * 10 : 1000));
}

std::int64_t SmartPlug::on_time_s() const { return on_ ? (world_.now() - on_since_).count() / 1000 : 0; }

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
    countdown_.reset();
    const json::value* power = default_states_.if_contains("re_power_type");
    if (power && *power == "always_on") switch_to(true);
    if (power && *power == "always_off") switch_to(false);
    if (!power && default_states_.at("type") == "custom")
        switch_to(default_states_.at("state").at("on").as_bool());
    for (const auto& socket : sockets_) socket->power_cycle();
}

json::object SmartPlug::state() {
    const std::lock_guard lock(mutex_);
    advance();
    json::object out{{"device_on", on_},
                     {"switched", switched_},
                     {"load_w", load_w_},
                     {"power_mw", power_mw()},
                     {"energy_today_wh", today_wh_},
                     {"nickname", nickname_},
                     {"rssi", rssi_dbm_},
                     {"overheated", overheated_},
                     {"led_rule", led_rule_},
                     {"auto_off", auto_off_},
                     {"auto_off_min", auto_off_min_},
                     {"on_time_s", on_time_s()},
                     {"child_lock", child_lock_},
                     {"auto_update", auto_update_},
                     {"protection_w", protection_ ? protection_w_ : 0},
                     {"default_states", default_states_},
                     {"fw_ver", fw_ver_}};
    if (is_light()) add_light(out);
    if (sockets_.empty()) return out;
    json::array sockets;
    for (const auto& socket : sockets_) sockets.push_back(socket->state());
    out["sockets"] = sockets;
    out["device_on"] = sockets.front().at("device_on");
    return out;
}

bool SmartPlug::may_set(std::string_view key, const json::value& value) const {
    if (key == "device_on" || key == "overheated") return value.is_bool();
    if (key == "load_w" || key == "energy_today_wh" || key == "rssi") return value.is_number();
    if (key == "brightness") return value.is_number() && is_light();
    return (key == "nickname" || key == "led_rule" || key == "fw_available") && value.is_string();
}

Result<void> SmartPlug::set_state(const json::object& changes) {
    if (const json::value* number = changes.if_contains("socket")) {
        const auto position = json::try_value_to<std::size_t>(*number);
        if (!position || *position < 1 || *position > sockets_.size())
            return fail(Errc::refused, "socket: there is none with that number");
        json::object rest = changes;
        rest.erase("socket");
        return sockets_[*position - 1]->set_state(rest);
    }
    const std::lock_guard lock(mutex_);
    advance();
    for (const auto& [key, value] : changes) // first look, then act: a refused change changes nothing
        if (!may_set(key, value))
            return fail(Errc::refused, std::string(key) + ": unknown, or of another type");
    if (const auto* value = changes.if_contains("load_w")) load_w_ = value->to_number<double>();
    if (const auto* value = changes.if_contains("device_on")) switch_to(value->get_bool());
    if (const auto* value = changes.if_contains("overheated")) overheated_ = value->get_bool();
    if (const auto* value = changes.if_contains("rssi")) rssi_dbm_ = value->to_number<int>();
    if (const auto* value = changes.if_contains("energy_today_wh")) today_wh_ = value->to_number<double>();
    if (const auto* value = changes.if_contains("nickname")) nickname_ = value->get_string();
    if (const auto* value = changes.if_contains("led_rule")) led_rule_ = value->get_string();
    if (const auto* value = changes.if_contains("brightness")) brightness_ = value->to_number<int>();
    if (const auto* value = changes.if_contains("fw_available")) fw_available_ = value->get_string();
    return {};
}

} // namespace tplink::sim
