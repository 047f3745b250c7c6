// Which values a camera takes.

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "tests/simulators/camera_model.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kInvalid = -40209;

struct Words {
    std::string_view field;
    std::array<std::string_view, 5> allowed;
};
constexpr std::array<Words, 9> kWords{{{"enabled", {"on", "off"}},
                                       {"mute", {"on", "off"}},
                                       {"ldc", {"on", "off"}},
                                       {"noise_cancelling", {"on", "off"}},
                                       {"inf_type", {"auto", "on", "off"}},
                                       {"flip_type", {"off", "center"}},
                                       {"light_freq_mode", {"auto", "50", "60"}},
                                       {"alarm_volume", {"low", "normal", "high"}},
                                       {"wtl_force_time", {"300", "600", "900", "1800"}}}};

struct Range {
    std::string_view field;
    int min;
    int max;
};
constexpr std::array<Range, 4> kRanges{{{"digital_sensitivity", 1, 100},
                                        {"volume", 0, 100},
                                        {"wtl_intensity_level", 1, 100},
                                        {"alarm_duration", 0, 300}}};

bool is_number(std::string_view text, int min, int max) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= min && value <= max;
}

bool is_word_sensitivity(const json::value& old_value) {
    return old_value == "low" || old_value == "medium" || old_value == "high";
}

bool listed(const json::value& document, const char* pointer, const json::value& value) {
    boost::system::error_code error;
    const json::value* list = document.find_pointer(pointer, error);
    if (!list) return true; // a recording that does not tell what it takes
    return list->is_array() &&
           std::find(list->get_array().begin(), list->get_array().end(), value) != list->get_array().end();
}

} // namespace

int check_field(std::string_view module, std::string_view section, std::string_view field,
                const json::value& old_value, const json::value& new_value, const json::value& document) {
    if (old_value.kind() != new_value.kind()) return kInvalid; // "50" and 50 are not the same to a camera
    if (field == "alarm_mode") return new_value.as_array().empty() ? kInvalid : 0;
    if (!new_value.is_string()) return 0;
    const std::string_view text = new_value.get_string();
    if (module == "led" && section == "config" && text == "auto") return 0;
    if (module == "battery" && section == "power_save") return text == "auto" || text == "off" ? 0 : kInvalid;
    if (field == "night_vision_mode")
        return listed(document, "/image_capability/supplement_lamp/night_vision_mode_range", new_value)
                   ? 0
                   : kInvalid;
    if (field == "resolution" && module == "video")
        return listed(document, "/video_capability/main/resolutions", new_value) ? 0 : kInvalid;
    if (field == "sensitivity" && is_word_sensitivity(old_value))
        return is_word_sensitivity(new_value) ? 0 : kInvalid;
    if (field == "sensitivity") return is_number(text, 1, 100) ? 0 : kInvalid;
    for (const Words& rule : kWords)
        if (rule.field == field)
            return !text.empty() &&
                           std::find(rule.allowed.begin(), rule.allowed.end(), text) != rule.allowed.end()
                       ? 0
                       : kInvalid;
    for (const Range& rule : kRanges)
        if (rule.field == field) return is_number(text, rule.min, rule.max) ? 0 : kInvalid;
    return 0;
}

} // namespace tplink::sim
