// Image and video settings (protocols/tapo/catalogue.md, "Image"). Cameras of a hub answer the fields by separate methods:
// the second variant of an id.

#include <algorithm>
#include <cstdlib>

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kNight{"getNightVisionModeConfig", R"({"image":{"name":["switch"]}})"};
constexpr Query kNightRange{"getNightVisionCapability", R"({"image_capability":{"name":["supplement_lamp"]}})", 3600};
constexpr Query kFlip{"getRotationStatus", R"({"image":{"name":["switch"]}})"};
constexpr Query kFrequency{"getLightFrequencyInfo", R"({"image":{"name":["common"]}})"};
constexpr Query kDayNight{"getDayNightModeConfig", R"({"image":{"name":["common"]}})"};
constexpr Query kOsd{"getOsd", R"({"OSD":{"name":["logo","date","week","font"],"table":["label_info"]}})", 300};
constexpr Query kVideo{"getVideoQualities", R"({"video":{"name":["main"]}})", 300};
constexpr Query kVideoRange{"getVideoCapability", R"({"video_capability":{"name":["main","minor"]}})", 3600};

constexpr std::string_view kSwitching[] = {"auto", "on", "off"};
constexpr std::string_view kModes[] = {"infrared", "white light", "smart", "doorbell", "schedule"};
constexpr std::string_view kModeWords[] = {"inf_night_vision", "wtl_night_vision", "md_night_vision", "dbl_night_vision", "shed_night_vision"};
constexpr Choice kNightModes{kModes, kModeWords, "getNightVisionCapability", "/image_capability/supplement_lamp/night_vision_mode_range"};
constexpr std::string_view kHertz[] = {"auto", "50 Hz", "60 Hz"};
constexpr std::string_view kHertzWords[] = {"auto", "50", "60"};
constexpr OnOff kFlipped{"center", "off"};
constexpr Hint kMoon{.icon = "mdi:weather-night", .category = Category::config};

constexpr std::string_view kInfType = "/image/common/inf_type";
constexpr std::string_view kNightMode = "/image/switch/night_vision_mode";
constexpr std::string_view kFlipType = "/image/switch/flip_type";
constexpr std::string_view kLightFreq = "/image/common/light_freq_mode";

Result<Request> set_hdr(const json::value& value, const WriteContext&) {
    return request("setHDR", "/video/set_hdr", json::object{{"hdr", value}, {"secname", "main"}});
}

/// The first line of the owner's own text; the list's items are wrapped or bare.
json::value osd_text(const json::object& document, std::int64_t) {
    for (const char* pointer : {"/OSD/label_info/0/label_info_1/text", "/OSD/label_info/0/text"}) {
        const json::value* text = at(document, kOsd.method, pointer);
        if (text != nullptr && text->is_string()) return *text;
    }
    return nullptr;
}
bool has_osd_text(const json::object& document) { return !osd_text(document, 0).is_null(); }
Result<Request> osd_text_request(std::string_view setter, const json::value& value) {
    constexpr std::size_t kLongest = 15;  // characters; the camera wants fewer than 16
    const std::string_view text = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
    const auto characters = std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    if (static_cast<std::size_t>(characters) > kLongest) return fail(Errc::refused, "expected at most 15 characters");
    return request(setter, "/OSD/label_info_1", json::object{{"enabled", text.empty() ? "off" : "on"}, {"text", text}});
}
Result<Request> set_osd_text(const json::value& value, const WriteContext&) { return osd_text_request("set", value); }
Result<Request> set_osd_text_new(const json::value& value, const WriteContext&) { return osd_text_request("setOsd", value); }
constexpr Capability osd_label(Build build) {
    return {.id = "osd_text", .name = "Text in picture", .needs = "osd", .kind = Text{}, .query = kOsd, .pointer = "/OSD/label_info", .write = build,
            .hint = kRareConfig, .derive = osd_text, .when = has_osd_text};
}

// The new style of the same setter is unverified; it is tried only by cameras that do not take the old one.
constexpr Capability video_choice(std::string_view id, std::string_view name, std::string_view setter, std::string_view pointer,
                                  std::string_view options, Hint hint) {
    return {.id = id, .name = name, .needs = "video", .kind = DynamicChoice{.options_pointer = options, .options_method = "getVideoCapability"}, .query = kVideo, .pointer = pointer,
            .write = Set{setter, pointer}, .hint = hint, .also = kVideoRange};
}
constexpr Capability osd_switch(std::string_view id, std::string_view name, std::string_view needs, std::string_view setter, std::string_view pointer,
                                Hint hint = kRareConfig) {
    return toggle(id, name, needs, kOsd, setter, pointer, hint);
}

/// 65551 is 65536 + 15 frames a second.
json::value frames(const json::object& document, std::int64_t) {
    const std::string_view text = text_at(document, kVideo.method, "/video/main/frame_rate");
    const long number = std::atol(std::string(text).c_str());
    return number <= 65536 || number > 65536 + 240 ? json::value(nullptr) : json::value(std::int64_t{number - 65536});
}

constexpr Capability kRows[] = {
    choice("night_vision", "Night vision", "dayNightMode", kImage, "setDayNightModeConfig", kInfType, Choice{kSwitching}, kMoon),
    choice("night_vision", "Night vision", "dayNightMode", kImage, "setLightFrequencyInfo", kInfType, Choice{kSwitching}, kMoon),  // older firmware
    choice("night_vision", "Night vision", "dayNightMode", kDayNight, "setDayNightModeConfig", kInfType, Choice{kSwitching}, kMoon),
    {.id = "night_vision_mode", .name = "Night vision mode", .kind = kNightModes, .query = kNight, .pointer = kNightMode,
     .write = Set{"setNightVisionModeConfig", kNightMode}, .hint = kMoon, .also = kNightRange},
    {.id = "flip", .name = "Flip picture", .needs = "videoRotation", .kind = kFlipped, .query = kImage, .pointer = kFlipType,
     .write = Set{"setLdc", kFlipType}, .hint = kConfig},
    {.id = "flip", .name = "Flip picture", .kind = kFlipped, .query = kFlip, .pointer = kFlipType, .write = Set{"setRotationStatus", kFlipType}, .hint = kConfig},
    toggle("lens_distortion", "Lens correction", "ldc", kImage, "setLdc", "/image/switch/ldc"),
    choice("light_frequency", "Light frequency", "lightFrequency", kImage, "setLightFrequencyInfo", kLightFreq, Choice{kHertz, kHertzWords}),
    choice("light_frequency", "Light frequency", "lightFrequency", kFrequency, "setLightFrequencyInfo", kLightFreq, Choice{kHertz, kHertzWords}),
    {.id = "hdr", .name = "HDR", .kind = OnOff{"1", "0"}, .query = kVideo, .pointer = "/video/main/hdr", .write = Build{set_hdr}, .hint = kConfig},
    osd_switch("osd", "Date and time in picture", "osd", "set", "/OSD/date/enabled", kConfig),
    osd_switch("osd", "Date and time in picture", "osd", "setOsd", "/OSD/date/enabled", kConfig),
    osd_switch("osd_week", "Weekday in picture", "osd", "set", "/OSD/week/enabled"),
    osd_switch("osd_week", "Weekday in picture", "osd", "setOsd", "/OSD/week/enabled"),
    osd_switch("osd_logo", "Logo in picture", "osd", "set", "/OSD/logo/enabled"),
    osd_switch("osd_logo", "Logo in picture", "osd", "setOsd", "/OSD/logo/enabled"),
    osd_label(set_osd_text),
    osd_label(set_osd_text_new),
    video_choice("quality", "Quality", "set", "/video/main/resolution", "/video_capability/main/resolutions", kConfig),
    video_choice("quality", "Quality", "setVideoQualities", "/video/main/resolution", "/video_capability/main/resolutions", kConfig),
    video_choice("video_codec", "Video codec", "set", "/video/main/encode_type", "/video_capability/main/encode_types", kRareConfig),
    video_choice("video_codec", "Video codec", "setVideoQualities", "/video/main/encode_type", "/video_capability/main/encode_types", kRareConfig),
    video_choice("bitrate", "Video bit rate", "set", "/video/main/bitrate", "/video_capability/main/bitrates", kRareConfig),
    video_choice("bitrate", "Video bit rate", "setVideoQualities", "/video/main/bitrate", "/video_capability/main/bitrates", kRareConfig),
    video_choice("bitrate_type", "Bit rate type", "set", "/video/main/bitrate_type", "/video_capability/main/bitrate_types", kRareConfig),
    video_choice("bitrate_type", "Bit rate type", "setVideoQualities", "/video/main/bitrate_type", "/video_capability/main/bitrate_types", kRareConfig),
    video_choice("encoding_quality", "Encoding quality", "set", "/video/main/quality", "/video_capability/main/qualitys", kRareConfig),
    video_choice("encoding_quality", "Encoding quality", "setVideoQualities", "/video/main/quality", "/video_capability/main/qualitys", kRareConfig),
    toggle("smart_codec", "Smart codec", "video", kVideo, "set", "/video/main/smart_codec", kRareConfig),
    toggle("smart_codec", "Smart codec", "video", kVideo, "setVideoQualities", "/video/main/smart_codec", kRareConfig),
    {.id = "frame_rate", .name = "Frame rate", .needs = "video", .kind = Number{.min = 1, .max = 240}, .query = kVideo, .pointer = "/video/main/frame_rate",
     .hint = {.unit = "fps", .category = Category::diagnostic, .enabled = false}, .derive = frames},
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> picture_rows() { return kRows; }

}  // namespace tplink::gateway::camera
