// Privacy, light of the case, notifications, clock, network, firmware, restart (protocols/tapo/catalogue.md, "System").

#include <algorithm>
#include <cctype>

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kLens{"getLensMaskConfig", R"({"lens_mask":{"name":["lens_mask_info"]}})"};
constexpr Query kZones{"getCoverConfig", R"({"cover":{"name":["cover"]}})"};
constexpr Query kLed{"getLedStatus", R"({"led":{"name":["config"]}})"};
constexpr Query kLink{"getConnectionType", R"({"network":{"get_connection_type":[]}})", 300};
constexpr Query kAddress{"getDeviceIpAddress", R"({"network":{"name":["wan"]}})", 3600};
constexpr Query kLastAlarm{"getLastAlarmInfo", R"({"system":{"name":["last_alarm_info"]}})"};
constexpr Query kPush{"getMsgPushConfig", R"({"msg_push":{"name":["chn1_msg_push_info"]}})"};
constexpr Query kDiagnose{"getDiagnoseMode", R"({"system":{"name":"sys"}})", 300};
constexpr Query kEncrypt{"getMediaEncrypt", R"({"cet":{"name":["media_encrypt"]}})", 300};
constexpr Query kZone{"getTimezone", R"({"system":{"name":["basic"]}})", 3600};
constexpr Query kReboot{"getReboot", R"({"timing_reboot":{"name":["reboot"]}})", 300};
constexpr Query kUpgrade{"getFirmwareUpdateStatus", R"({"cloud_config":{"name":"upgrade_status"}})", 300};
constexpr Query kNewest{"getCloudConfig", R"({"cloud_config":{"name":["upgrade_info"]}})", 86400};
// The camera asks its own cloud; once a day is enough.
constexpr Query kCheck{"checkFirmwareVersionByCloud", R"({"cloud_config":{"check_fw_version":"null"}})", 86400};
constexpr Query kAutoUpgrade{"getFirmwareAutoUpgradeConfig", R"({"auto_upgrade":{"name":["common"]}})", 300};

constexpr Hint kDiagnostic{.category = Category::diagnostic};
constexpr Hint kRareDiagnostic{.category = Category::diagnostic, .enabled = false};

constexpr std::string_view kLinks[] = {"Wi-Fi", "Ethernet"};
constexpr std::string_view kLinkWords[] = {"wifi", "ethernet"};
constexpr std::string_view kDays[] = {"every day", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::string_view kDayNumbers[] = {"7", "0", "1", "2", "3", "4", "5", "6"};
constexpr std::string_view kAlarmTime = "/system/last_alarm_info/last_alarm_time";

Result<Request> reboot(const json::value&, const WriteContext&) { return request("rebootDevice", "/system/reboot", "null"); }

Result<Request> install(const json::value&, const WriteContext&) { return request("do", "/cloud_config/fw_download", "null"); }

/// "03:00:00" from "3:00", "03:00" or "03:00:00". errors: refused.
Result<std::string> clock_time(const json::value& value, bool seconds) {
    const std::string_view text = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
    int part[3] = {0, 0, 0};
    int count = 0;
    bool digits = false, wrong = text.size() > 8;
    for (const char c : text) {
        if (c == ':' && digits && count < 2) {
            ++count;
            digits = false;
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0 && part[count] < 10) {
            part[count] = part[count] * 10 + (c - '0');
            digits = true;
        } else {
            wrong = true;
        }
    }
    if (wrong || !digits || count == 0 || part[0] > 23 || part[1] > 59 || part[2] > 59)
        return fail(Errc::refused, "expected a time of day such as 03:00");
    const auto two = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    return two(part[0]) + ":" + two(part[1]) + (seconds ? ":" + two(part[2]) : "");
}

/// The camera wants the whole schedule back, without what it only tells.
Result<Request> set_schedule(const WriteContext& context, std::string_view field, json::value value) {
    const json::value* known = at(context.document, kReboot.method, "/timing_reboot/reboot");
    json::object schedule;
    if (known != nullptr && known->is_object())
        for (const std::string_view key : {"enabled", "day", "time", "random_range"})
            if (const json::value* part = known->get_object().if_contains(key)) schedule[key] = *part;
    schedule[field] = std::move(value);
    return request("setReboot", "/timing_reboot/reboot", std::move(schedule));
}
Result<Request> set_reboot_on(const json::value& value, const WriteContext& context) { return set_schedule(context, "enabled", value); }
Result<Request> set_reboot_day(const json::value& value, const WriteContext& context) {
    return set_schedule(context, "day", value.is_int64() ? json::value(json::string(std::to_string(value.get_int64()))) : value);
}
Result<Request> set_reboot_time(const json::value& value, const WriteContext& context) {
    return set_schedule(context, "time", json::string(TRY(clock_time(value, true))));
}
Result<Request> set_upgrade_time(const json::value& value, const WriteContext&) {
    return request("setFirmwareAutoUpgradeConfig", "/auto_upgrade/common/time", json::string(TRY(clock_time(value, false))));
}

/// "Europe/Berlin UTC+01:00": the place and its offset in winter; the camera wants both.
json::value time_zone(const json::object& document, std::int64_t) {
    const std::string_view zone = text_at(document, kZone.method, "/system/basic/zone_id");
    const std::string_view offset = text_at(document, kZone.method, "/system/basic/timezone");
    if (offset.empty()) return nullptr;
    return json::string(zone.empty() ? std::string(offset) : std::string(zone) + " " + std::string(offset));
}

Result<Request> set_time_zone(const json::value& value, const WriteContext& context) {
    const std::string text = value.is_string() ? std::string(value.get_string()) : std::string();
    // Hubs tell no place, and take none.
    const json::value* section = at(context.document, kZone.method, "/system/basic");
    const bool places = section == nullptr || !section->is_object() || section->get_object().contains("zone_id");
    const auto space = text.find(' ');
    if (!places && space != std::string::npos) return fail(Errc::refused, "this device knows no places: expected the offset alone, such as UTC+01:00");
    const std::string offset = !places ? text : space == std::string::npos ? std::string() : text.substr(space + 1);
    const bool digits = offset.size() == 9 && std::all_of(offset.begin() + 4, offset.end(), [](char c) { return c == ':' || (c >= '0' && c <= '9'); });
    if (!digits || !offset.starts_with("UTC") || (offset[3] != '+' && offset[3] != '-') || offset[6] != ':')
        return fail(Errc::refused, places ? "expected the place and its offset in winter, such as Europe/Berlin UTC+01:00" : "expected the offset from UTC in winter, such as UTC+01:00");
    const std::string_view mode = text_at(context.document, kZone.method, "/system/basic/timing_mode");
    json::object zone{{"timing_mode", mode.empty() ? "ntp" : mode}, {"timezone", offset}};
    if (places) zone["zone_id"] = text.substr(0, space);
    return request("setTimezone", "/system/basic", std::move(zone));
}

json::value is_updating(const json::object& document, std::int64_t) {
    const std::string_view state = text_at(document, kUpgrade.method, "/cloud_config/upgrade_status/state");
    if (state.empty()) return nullptr;
    return state == "normal" ? "off" : "on";
}

/// The newest version there is: the installed one while the camera names no other.
json::value newest_firmware(const json::object& document, std::int64_t) {
    const std::string_view newest = text_at(document, kNewest.method, "/cloud_config/upgrade_info/version");
    if (!newest.empty()) return json::string(newest);
    if (at(document, kNewest.method, "") == nullptr) return nullptr;
    const std::string_view installed = text_at(document, kDevice.method, "/device_info/basic_info/sw_version");
    return installed.empty() ? json::value(nullptr) : json::value(json::string(installed));
}

constexpr Capability kRows[] = {
    toggle("privacy", "Privacy", "lensMask", kLens, "setLensMaskConfig", "/lens_mask/lens_mask_info/enabled", {.icon = "mdi:eye-off"}),
    toggle("privacy_zones", "Privacy zones", "blockZone", kZones, "setCoverConfig", "/cover/cover/enabled", kRareConfig),
    toggle("led", "Status LED", "led", kLed, "setLedStatus", "/led/config/enabled"),
    toggle("notifications", "Notifications", "msgPush", kPush, "setMsgPushConfig", "/msg_push/chn1_msg_push_info/notification_enabled"),
    toggle("rich_notifications", "Notifications with picture", "msgPush", kPush, "setMsgPushConfig",
           "/msg_push/chn1_msg_push_info/rich_notification_enabled", kRareConfig),
    toggle("media_encryption", "Encrypted video", "", kEncrypt, "setMediaEncrypt", "/cet/media_encrypt/enabled", kRareConfig),
    toggle("diagnose_mode", "Diagnose mode", "diagnose", kDiagnose, "setDiagnoseMode", "/system/sys/diagnose_mode", kRareConfig),
    {.id = "alias", .name = "Name in the app", .kind = Text{}, .query = kDevice, .pointer = "/device_info/basic_info/device_alias",
     .write = Set{"setDeviceAlias", "/system/sys/dev_alias"}, .hint = kRareConfig, .spent = true},  // told under another name
    {.id = "time_zone", .name = "Time zone", .kind = Text{}, .query = kZone, .pointer = "/system/basic/timezone",
     .write = Build{set_time_zone}, .hint = kRareConfig, .derive = time_zone},
    {.id = "time_sync", .name = "Clock from the internet", .kind = OnOff{"ntp", "manual"}, .query = kZone, .pointer = "/system/basic/timing_mode",
     .write = Set{.method = "setTimezone", .pointer = "/system/basic/timing_mode", .whole = true}, .hint = kRareConfig},
    fact("last_event", "Last event", "", Timestamp{}, kLastAlarm, kAlarmTime, kRareDiagnostic),
    fact("rssi", "Signal strength", "", Number{.min = -150, .max = 0}, kLink, "/rssiValue",
         {.device_class = "signal_strength", .unit = "dBm", .category = Category::diagnostic, .state_class = "measurement", .enabled = false}),
    fact("link_type", "Network link", "", Choice{kLinks, kLinkWords}, kLink, "/link_type", kRareDiagnostic),
    fact("ip", "IP address", "", Text{}, kAddress, "/network/wan/ipaddr", kRareDiagnostic),
    fact("ip", "IP address", "", Text{}, kDevice, "/device_info/basic_info/local_ip", kRareDiagnostic),  // hubs
    fact("child_count", "Devices on the hub", "childControl", Number{.min = 0, .max = 1000}, kDevice, "/device_info/basic_info/child_num", kRareDiagnostic),
    fact("firmware", "Firmware version", "", Text{}, kDevice, "/device_info/basic_info/sw_version",
         {.icon = "mdi:chip", .category = Category::diagnostic}),
    {.id = "firmware_latest", .name = "Newest firmware", .needs = "firmware", .kind = Text{}, .query = kNewest, .hint = kRareDiagnostic,
     .derive = newest_firmware, .also = kCheck},
    fact("firmware_state", "Firmware update", "firmware", Text{}, kUpgrade, "/cloud_config/upgrade_status/state", kRareDiagnostic),
    {.id = "firmware_updating", .name = "Firmware is being updated", .needs = "firmware", .kind = OnOff{}, .query = kUpgrade,
     .pointer = "/cloud_config/upgrade_status/state", .hint = kRareDiagnostic, .derive = is_updating},
    press("firmware_install", "Install firmware", "firmware", install,
          {.device_class = "update", .category = Category::config, .enabled = false}, kUpgrade, "/cloud_config/upgrade_status"),
    toggle("firmware_auto", "Automatic firmware updates", "firmware", kAutoUpgrade, "setFirmwareAutoUpgradeConfig", "/auto_upgrade/common/enabled", kRareConfig),
    {.id = "firmware_auto_time", .name = "Time of firmware updates", .needs = "firmware", .kind = Text{}, .query = kAutoUpgrade,
     .pointer = "/auto_upgrade/common/time", .write = Build{set_upgrade_time}, .hint = kRareConfig},
    {.id = "reboot", .name = "Restart", .kind = Press{.may_not_answer = true}, .write = Build{reboot},
     .hint = {.device_class = "restart", .category = Category::config}},
    {.id = "reboot_schedule", .name = "Scheduled restart", .needs = "system", .kind = OnOff{}, .query = kReboot, .pointer = "/timing_reboot/reboot/enabled",
     .write = Build{set_reboot_on}, .hint = kRareConfig},
    {.id = "reboot_day", .name = "Day of restart", .needs = "system", .kind = Choice{kDays, kDayNumbers}, .query = kReboot,
     .pointer = "/timing_reboot/reboot/day", .write = Build{set_reboot_day}, .hint = kRareConfig},
    {.id = "reboot_time", .name = "Time of restart", .needs = "system", .kind = Text{}, .query = kReboot, .pointer = "/timing_reboot/reboot/time",
     .write = Build{set_reboot_time}, .hint = kRareConfig},
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> basic_rows() { return kRows; }

}  // namespace tplink::gateway::camera
