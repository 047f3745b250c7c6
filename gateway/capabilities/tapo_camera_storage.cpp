// SD card, recording, sound (protocols/tapo/catalogue.md, "Storage", "Audio").

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kCard{"getSdCardStatus", R"({"harddisk_manage":{"table":["hd_info"]}})", 300};
constexpr Query kLoop{"getCircularRecordingConfig", R"({"harddisk_manage":{"name":"harddisk"}})", 300};
constexpr Query kPlan{"getRecordPlan", R"({"record_plan":{"name":["chn1_channel"]}})", 300};
constexpr Query kAudio{"getAudioConfig", R"({"audio_config":{"name":["speaker","microphone","record_audio"]}})"};
constexpr Query kClips{"getClipsConfig", R"({"clips":{"name":"config"}})", 300};

constexpr std::string_view kDisk = "/harddisk_manage/hd_info/0/hd_info_1";
constexpr std::string_view kChannel = "/record_plan/chn1_channel";
constexpr std::string_view kDays[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr std::string_view kAlways = R"(["0000-2400:1"])";
constexpr std::string_view kOnDetection = R"(["0000-2400:2"])";
constexpr std::string_view kRecordModes[] = {"always", "on detection", "own plan"};
constexpr Hint kSize{.device_class = "data_size", .unit = "GB", .category = Category::diagnostic, .state_class = "measurement"};
constexpr Hint kCardHint{.icon = "mdi:micro-sd", .category = Category::diagnostic};

/// "127878135808B" -> GB (10^9 bytes). Without a card there is no size.
json::value gigabytes(const json::object& document, std::string_view field) {
    const std::string_view text = text_at(document, kCard.method, std::string(kDisk) + "/" + std::string(field));
    if (text.empty()) return nullptr;
    const double bytes = std::strtod(std::string(text).c_str(), nullptr);
    return static_cast<double>(static_cast<std::int64_t>(bytes / 1e8)) / 10.0;
}
json::value card_total(const json::object& document, std::int64_t) { return gigabytes(document, "total_space_accurate"); }
json::value card_free(const json::object& document, std::int64_t) { return gigabytes(document, "free_space_accurate"); }

/// What the hub itself holds. unverified: the names of the fields beside those of a card.
constexpr Query kHub{"getHubStorage", R"({"hub_manage":{"name":"hub_storage_info"}})", 300};

/// "14.0GB", "512MB" or bytes with a B behind -> GB. Null when none of `fields` is there.
json::value hub_gigabytes(const json::object& document, std::initializer_list<std::string_view> fields) {
    for (const std::string_view field : fields) {
        const std::string text(text_at(document, kHub.method, "/hub_manage/hub_storage_info/" + std::string(field)));
        char* unit = nullptr;
        const double number = std::strtod(text.c_str(), &unit);
        if (unit == text.c_str() || !(number >= 0 && number < 1e18)) continue;
        const std::string_view word(unit);
        const double gb = word == "TB" ? number * 1000 : word == "GB" ? number : word == "MB" ? number / 1000 : number / 1e9;
        return static_cast<double>(static_cast<std::int64_t>(gb * 10 + 0.5)) / 10.0;
    }
    return nullptr;
}
json::value hub_total(const json::object& document, std::int64_t) { return hub_gigabytes(document, {"total_space_accurate", "total_space", "total"}); }
json::value hub_free(const json::object& document, std::int64_t) { return hub_gigabytes(document, {"free_space_accurate", "free_space", "free"}); }
bool has_hub_total(const json::object& document) { return !hub_total(document, 0).is_null(); }
bool has_hub_free(const json::object& document) { return !hub_free(document, 0).is_null(); }

Result<Request> format_card(const json::value&, const WriteContext&) { return request("formatSdCard", "/harddisk_manage/format_hd", "1"); }

/// The week in one word; a week with different days is the owner's own plan.
json::value record_mode(const json::object& document, std::int64_t) {
    std::string_view mode;
    for (const std::string_view day : kDays) {
        const std::string_view plan = text_at(document, kPlan.method, std::string(kChannel) + "/" + std::string(day));
        if (plan.empty()) return nullptr;
        const std::string_view word = plan == kAlways ? kRecordModes[0] : plan == kOnDetection ? kRecordModes[1] : kRecordModes[2];
        if (mode.empty()) mode = word;
        if (word != mode) mode = kRecordModes[2];
    }
    return json::string(mode);
}
Result<Request> set_record_mode(const json::value& value, const WriteContext&) {
    if (value == json::value(json::string(kRecordModes[2]))) return fail(Errc::refused, "an own plan is made in the app; here it can be always or on detection");
    json::object week;
    for (const std::string_view day : kDays) week[day] = json::string(value == json::value(json::string(kRecordModes[0])) ? kAlways : kOnDetection);
    return request("setRecordPlan", kChannel, std::move(week));
}

constexpr Number clip_seconds(double min, double max) { return {.min = min, .max = max, .as_text = true}; }
constexpr Hint kClipHint{.device_class = "duration", .unit = "s", .category = Category::config, .enabled = false};

constexpr Capability kRows[] = {
    fact("sd_status", "SD card", "sdCard", Text{}, kCard, "/harddisk_manage/hd_info/0/hd_info_1/status", kCardHint),
    {.id = "sd_total", .name = "SD card size", .needs = "sdCard", .kind = Number{.min = 0, .max = 1e6}, .query = kCard,
     .hint = {.device_class = "data_size", .unit = "GB", .category = Category::diagnostic, .enabled = false}, .derive = card_total},
    {.id = "sd_free", .name = "SD card free", .needs = "sdCard", .kind = Number{.min = 0, .max = 1e6}, .query = kCard, .hint = kSize, .derive = card_free},
    fact("sd_recording_since", "Recording since", "sdCard", Timestamp{}, kCard, "/harddisk_manage/hd_info/0/hd_info_1/record_start_time",
         {.category = Category::diagnostic, .enabled = false}),
    fact("hub_storage_status", "Hub storage", "hubManage", Text{}, kHub, "/hub_manage/hub_storage_info/status", kCardHint),
    {.id = "hub_storage_total", .name = "Hub storage size", .needs = "hubManage", .kind = Number{.min = 0, .max = 1e6}, .query = kHub, .pointer = "/hub_manage/hub_storage_info",
     .hint = {.device_class = "data_size", .unit = "GB", .category = Category::diagnostic, .enabled = false}, .derive = hub_total, .when = has_hub_total},
    {.id = "hub_storage_free", .name = "Hub storage free", .needs = "hubManage", .kind = Number{.min = 0, .max = 1e6}, .query = kHub, .pointer = "/hub_manage/hub_storage_info",
     .hint = kSize, .derive = hub_free, .when = has_hub_free},
    press("sd_format", "Format SD card", "sdCard", format_card, {.icon = "mdi:micro-sd", .category = Category::config, .enabled = false}, kCard, kDisk),
    toggle("record_loop", "Overwrite old recordings", "sdCard", kLoop, "setCircularRecordingConfig", "/harddisk_manage/harddisk/loop", kRareConfig),
    toggle("record_to_sd", "Record to SD card", "record", kPlan, "setRecordPlan", "/record_plan/chn1_channel/enabled"),
    {.id = "record_mode", .name = "Recording", .needs = "record", .kind = Choice{kRecordModes}, .query = kPlan, .pointer = kChannel,
     .write = Build{set_record_mode}, .hint = kConfig, .derive = record_mode},
    toggle("record_audio", "Record sound", "audio", kAudio, "setRecordAudio", "/audio_config/record_audio/enabled"),
    number("speaker_volume", "Speaker volume", "audio", kAudio, "setSpeakerVolume", "/audio_config/speaker/volume", kPercentText),
    {.id = "speaker", .name = "Speaker", .needs = "audio", .kind = OnOff{"off", "on"}, .query = kAudio, .pointer = "/audio_config/speaker/mute",
     .write = Set{"setSpeakerVolume", "/audio_config/speaker/mute"}, .hint = kRareConfig},
    number("microphone_volume", "Microphone volume", "audio", kAudio, "setMicrophoneVolume", "/audio_config/microphone/volume", kPercentText),
    {.id = "microphone", .name = "Microphone", .needs = "audio", .kind = OnOff{"off", "on"}, .query = kAudio, .pointer = "/audio_config/microphone/mute",
     .write = Set{"setMicrophoneVolume", "/audio_config/microphone/mute"}, .hint = kConfig},
    toggle("noise_cancelling", "Noise cancelling", "audio", kAudio, "setMicrophoneVolume", "/audio_config/microphone/noise_cancelling", kRareConfig),
    number("clip_length", "Clip length", "clips", kClips, "setClipsConfig", "/clips/config/clips_length", clip_seconds(20, 120), kClipHint),
    number("clip_buffer", "Clip begins earlier", "clips", kClips, "setClipsConfig", "/clips/config/record_buffer", clip_seconds(3, 10), kClipHint),
    number("clip_pause", "Pause between clips", "clips", kClips, "setClipsConfig", "/clips/config/retrigger_time", clip_seconds(0, 60), kClipHint),
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> storage_rows() { return kRows; }

}  // namespace tplink::gateway::camera
