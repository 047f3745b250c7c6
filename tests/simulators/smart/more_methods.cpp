// Timers, firmware, child lock, tariffs and histories of a simulated plug.

#include <boost/json.hpp>
#include <cmath>
#include <ctime>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/smart/smart_plug.hpp"
#include "tests/simulators/smart/values.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kCountdownConflict = -1902;
constexpr std::int64_t kHour = 60; // intervals are minutes
constexpr std::int64_t kDay = 1440;
constexpr std::int64_t kMonth = 43200;

} // namespace

SmartPlug::Reply SmartPlug::get_latest_fw(const json::object&) {
    const bool newer = !fw_available_.empty();
    return json::object{{"type", newer ? 2 : 0},
                        {"need_to_upgrade", newer},
                        {"fw_ver", newer ? fw_available_ : fw_ver_},
                        {"fw_size", newer ? 1048576 : 0},
                        {"release_date", newer ? "2026-11-01" : ""},
                        {"release_note", newer ? "Simulated improvements." : ""},
                        {"hw_id", ""},
                        {"oem_id", ""}};
}

SmartPlug::Reply SmartPlug::fw_download(const json::object&) {
    if (fw_available_.empty()) return tl::unexpected(kBadParams);
    if (!upgrade_began_) upgrade_began_ = world_.now();
    return json::object();
}

SmartPlug::Reply SmartPlug::get_fw_download_state(const json::object&) {
    json::object out{{"auto_upgrade", false},
                     {"reboot_time", 5},
                     {"upgrade_time", 5},
                     {"status", 0},
                     {"download_progress", 0}};
    if (!upgrade_began_) return out;
    const auto gone = world_.now() - *upgrade_began_;
    if (gone < facts_.upgrade) {
        out["status"] = 2;
        out["download_progress"] = gone * 100 / std::max(facts_.upgrade, std::chrono::milliseconds(1));
        return out;
    }
    out["status"] = 3;
    out["download_progress"] = 100;
    upgrade_began_.reset();
    fw_ver_ = std::exchange(fw_available_, {});
    reboot_ = std::chrono::seconds(1);
    return out;
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

SmartPlug::Reply SmartPlug::get_child_protection(const json::object&) {
    return json::object{{"child_protection", child_lock_}};
}

SmartPlug::Reply SmartPlug::set_child_protection(const json::object& params) {
    const auto enable = flag(params, "enable");
    if (!enable) return tl::unexpected(kBadParams);
    child_lock_ = *enable;
    return json::object();
}

SmartPlug::Reply SmartPlug::get_countdown_rules(const json::object&) {
    json::array rules;
    if (countdown_)
        rules.push_back(json::object{
            {"id", countdown_->id},
            {"enable", countdown_->enabled},
            {"delay", countdown_->delay_s},
            {"remain", countdown_->enabled ? (countdown_->ends - world_.now()).count() / 1000 : 0},
            {"desired_states", json::object{{"on", countdown_->on}}}});
    return json::object{{"enable", true}, {"countdown_rule_max_count", 1}, {"rule_list", rules}};
}

SmartPlug::Reply SmartPlug::add_countdown_rule(const json::object& params) {
    const auto delay_s = whole(params, "delay");
    const auto enable = flag(params, "enable");
    const json::value* states = params.if_contains("desired_states");
    const auto on = states && states->is_object() ? flag(states->get_object(), "on") : std::nullopt;
    if (!delay_s || *delay_s < 1 || *delay_s > 86399 || !enable || !on || !whole(params, "remain"))
        return tl::unexpected(kBadParams);
    if (countdown_ && countdown_->enabled) return tl::unexpected(kCountdownConflict);
    countdown_ = Countdown{.id = "C1",
                           .name = {},
                           .on = *on,
                           .delay_s = *delay_s,
                           .ends = world_.now() + std::chrono::seconds(*delay_s),
                           .enabled = *enable};
    return json::object{{"id", countdown_->id}};
}

SmartPlug::Reply SmartPlug::remove_countdown_rules(const json::object& params) {
    const auto all = flag(params, "remove_all");
    if (!all || !*all) return tl::unexpected(kBadParams);
    countdown_.reset();
    return json::object();
}

SmartPlug::Reply SmartPlug::get_schedule_rules(const json::object&) {
    return json::object{{"enable", false},
                        {"rule_list", json::array()},
                        {"schedule_rule_max_count", 32},
                        {"start_index", 0},
                        {"sum", 0}};
}

SmartPlug::Reply SmartPlug::get_next_event(const json::object&) { return json::object(); }

SmartPlug::Reply SmartPlug::get_wireless_scan_info(const json::object&) {
    const json::object own{{"ssid", base64_encode(as_bytes("Demo network"))},
                           {"bssid", "020000000001"},
                           {"key_type", "wpa2_psk"},
                           {"cipher_type", 2},
                           {"signal_level", 3},
                           {"channel", 6}};
    return json::object{{"ap_list", json::array({own})}, {"wep_supported", false}};
}

SmartPlug::Reply SmartPlug::get_electricity_price_config(const json::object&) {
    return json::object{{"type", "constant"}, {"constant_price", 32}};
}

SmartPlug::Reply SmartPlug::get_emeter_vgain_igain(const json::object&) {
    return json::object{{"vgain", 125000}, {"igain", 11000}};
}

/// Everything was used in the newest slot: the simulator keeps no history.
SmartPlug::Reply SmartPlug::get_energy_data(const json::object& params) {
    const auto start = whole(params, "start_timestamp");
    const auto end = whole(params, "end_timestamp");
    const auto interval = whole(params, "interval");
    if (!start || !end || !interval || *end < *start ||
        (*interval != kHour && *interval != kDay && *interval != kMonth))
        return tl::unexpected(kBadParams);
    if (*interval == kHour && *end - *start > 8 * 86400) return tl::unexpected(kBadParams);
    const std::int64_t slots = *interval == kHour ? (*end - *start) / 3600 + 1 : *interval == kDay ? 92 : 12;
    json::array data(static_cast<std::size_t>(slots), json::value(0));
    data.back() = std::llround(*interval == kMonth ? month_wh_ : today_wh_);
    return json::object{
        {"data", data}, {"start_timestamp", *start}, {"end_timestamp", *end}, {"interval", *interval}};
}

SmartPlug::Reply SmartPlug::get_power_data(const json::object& params) {
    const auto start = whole(params, "start_timestamp");
    const auto end = whole(params, "end_timestamp");
    const auto interval = whole(params, "interval");
    if (!start || !end || !interval || *end < *start || (*interval != 5 && *interval != 60))
        return tl::unexpected(kBadParams);
    const std::int64_t slots = (*end - *start) / (*interval * 60) + 1;
    if (slots > 144) return tl::unexpected(kBadParams);
    json::array data(static_cast<std::size_t>(slots), json::value(-1));
    data.back() = power_mw() / 1000;
    return json::object{
        {"data", data}, {"start_timestamp", *start}, {"end_timestamp", *end}, {"interval", *interval}};
}

} // namespace tplink::sim
