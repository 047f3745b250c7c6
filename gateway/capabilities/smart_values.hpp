#pragma once
// What pointers cannot say about SMART devices: values made of several members, and the requests that set them.
// Shapes: protocols/tapo/smart.md.

#include "gateway/capabilities/capability.hpp"

namespace tplink::gateway::smart {

inline constexpr Query kInfo{"get_device_info", ""};
inline constexpr Query kCountdown{"get_countdown_rules", "", 60};
inline constexpr Query kProtection{"get_protection_power", "", 60};
inline constexpr Query kMaxPower{"get_max_power", "", 86400};
inline constexpr Query kGradually{"get_on_off_gradually_info", "", 300};
inline constexpr Query kPresets{"get_preset_rules", R"({"start_index":0})", 300};
inline constexpr Query kLatest{"get_latest_fw", "", 86400};  // makes the device ask the cloud
inline constexpr OnOff kBool{"true", "false"};

bool is_updating(const json::object& document);
inline constexpr Query kDownload{"get_fw_download_state", "", 3600, is_updating};

bool has_relay(const json::object& document);
bool is_wall_switch(const json::object& document);
bool is_chime(const json::object& document);
bool counts_on_time(const json::object& document);
bool tells_default_on(const json::object& document);
bool has_white_range(const json::object& document);
bool has_protection(const json::object& document);
bool has_gradual_times(const json::object& document);
bool has_energy_usage(const json::object& document);
bool tells_latest(const json::object& document);

json::value on_since(const json::object& document, std::int64_t now_unix_s);
json::value auto_off_at(const json::object& document, std::int64_t now_unix_s);
json::value default_on(const json::object& document, std::int64_t now_unix_s);
json::value countdown_minutes(const json::object& document, std::int64_t now_unix_s);
json::value countdown_seconds(const json::object& document, std::int64_t now_unix_s);
json::value power_limit(const json::object& document, std::int64_t now_unix_s);
json::value color_temp(const json::object& document, std::int64_t now_unix_s);
json::value color(const json::object& document, std::int64_t now_unix_s);
json::value color_mode(const json::object& document, std::int64_t now_unix_s);
json::value fade_on(const json::object& document, std::int64_t now_unix_s);
json::value fade_off(const json::object& document, std::int64_t now_unix_s);
json::value preset(const json::object& document, std::int64_t now_unix_s);
json::value latest_firmware(const json::object& document, std::int64_t now_unix_s);
json::value updating(const json::object& document, std::int64_t now_unix_s);
json::value update_percent(const json::object& document, std::int64_t now_unix_s);
json::value is_cloud_connected(const json::object& document, std::int64_t now_unix_s);
json::value energy_total(const json::object& document, std::int64_t now_unix_s);

std::optional<Range> power_limit_range(const json::object& document);
std::optional<Range> white_range(const json::object& document);
std::vector<std::string> led_rules(const json::object& document);
std::vector<std::string> preset_names(const json::object& document);

Result<Request> set_default_on(const json::value& value, const WriteContext& context);
Result<Request> set_power_type(const json::value& value, const WriteContext& context);
Result<Request> set_countdown(const json::value& value, const WriteContext& context);
std::optional<Request> end_countdown(const json::value& value, const WriteContext& context);
Result<Request> set_power_limit(const json::value& value, const WriteContext& context);
Result<Request> set_color(const json::value& value, const WriteContext& context);
Result<Request> set_fade_on(const json::value& value, const WriteContext& context);
Result<Request> set_fade_off(const json::value& value, const WriteContext& context);
Result<Request> set_preset(const json::value& value, const WriteContext& context);
Result<Request> set_child_lock(const json::value& value, const WriteContext& context);
Result<Request> install_firmware(const json::value& value, const WriteContext& context);
Result<Request> reboot(const json::value& value, const WriteContext& context);

}  // namespace tplink::gateway::smart
