#pragma once
// What pointers cannot say about devices of the IOT dialect (protocols/kasa/kasa.md).

#include "gateway/capabilities/capability.hpp"

namespace tplink::gateway::iot {

json::value this_month(std::int64_t now_unix_s);  ///< {"year","month"} where the gateway lives
json::value this_year(std::int64_t now_unix_s);

inline constexpr Query kSysinfo{"system.get_sysinfo", ""};
inline constexpr Query kRealtime{"emeter.get_realtime", ""};
inline constexpr Query kDays{"emeter.get_daystat", "", 60, nullptr, this_month};
inline constexpr Query kMonths{"emeter.get_monthstat", "", 300, nullptr, this_year};
inline constexpr Query kBulbRealtime{"smartlife.iot.common.emeter.get_realtime", ""};
inline constexpr Query kBulbDays{"smartlife.iot.common.emeter.get_daystat", "", 60, nullptr, this_month};
inline constexpr Query kBulbMonths{"smartlife.iot.common.emeter.get_monthstat", "", 300, nullptr, this_year};
inline constexpr Query kCountdown{"count_down.get_rules", "", 60};

bool counts_on_time(const json::object& document);
bool is_light(const json::object& document);
bool has_color_state(const json::object& document);
bool has_outlets(const json::object& document);
json::value any_outlet_on(const json::object& document, std::int64_t now_unix_s);
bool has_presets(const json::object& document);

json::value on_since(const json::object& document, std::int64_t now_unix_s);
json::value outlet_on_since(const json::object& document, std::int64_t now_unix_s);
json::value energy_today(const json::object& document, std::int64_t now_unix_s);
json::value energy_month(const json::object& document, std::int64_t now_unix_s);
json::value energy_total(const json::object& document, std::int64_t now_unix_s);
json::value countdown_minutes(const json::object& document, std::int64_t now_unix_s);
json::value brightness(const json::object& document, std::int64_t now_unix_s);
json::value color_temp(const json::object& document, std::int64_t now_unix_s);
json::value color(const json::object& document, std::int64_t now_unix_s);
json::value color_mode(const json::object& document, std::int64_t now_unix_s);
json::value preset(const json::object& document, std::int64_t now_unix_s);
std::vector<std::string> preset_names(const json::object& document);

Result<Request> set_countdown(const json::value& value, const WriteContext& context);
std::optional<Request> end_countdown(const json::value& value, const WriteContext& context);
Result<Request> set_light(const json::value& value, const WriteContext& context);
Result<Request> set_brightness(const json::value& value, const WriteContext& context);
Result<Request> set_color_temp(const json::value& value, const WriteContext& context);
Result<Request> set_color(const json::value& value, const WriteContext& context);
Result<Request> set_preset(const json::value& value, const WriteContext& context);
Result<Request> reboot(const json::value& value, const WriteContext& context);
Result<Request> reboot_bulb(const json::value& value, const WriteContext& context);

}  // namespace tplink::gateway::iot
