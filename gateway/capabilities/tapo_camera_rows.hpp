#pragma once
// What the chapters of the camera table share: queries, hints, and the few shapes of rows that come again and again.

#include <string>

#include "gateway/capabilities/engine.hpp"

namespace tplink::gateway::camera {

inline constexpr Query kImage{"getLdc", R"({"image":{"name":["switch","common"]}})"};
inline constexpr Query kPresets{"getPresetConfig", R"({"preset":{"name":["preset"]}})"};
inline constexpr Query kDevice{"getDeviceInfo", R"({"device_info":{"name":["basic_info"]}})", 3600};
inline constexpr Query kAlert{"getAlertConfig", R"({"msg_alarm":{"name":["chn1_msg_alarm_info","capability"],"table":["usr_def_audio"]}})"};

inline constexpr Hint kConfig{.category = Category::config};
inline constexpr Hint kRareConfig{.category = Category::config, .enabled = false};
inline constexpr Hint kPercent{.unit = "%", .icon = "mdi:tune", .category = Category::config};
inline constexpr Hint kRarePercent{.unit = "%", .icon = "mdi:tune", .category = Category::config, .enabled = false};

/// Cameras want and give numbers as texts.
inline constexpr Number kPercentText{.min = 0, .max = 100, .as_text = true};
inline constexpr Number kSensitivityText{.min = 1, .max = 100, .as_text = true};

/// A switch read and written at one place.
constexpr Capability toggle(std::string_view id, std::string_view name, std::string_view needs, Query query,
                            std::string_view setter, std::string_view pointer, Hint hint = kConfig) {
    return {.id = id, .name = name, .needs = needs, .kind = OnOff{}, .query = query, .pointer = pointer,
            .write = Set{setter, pointer}, .hint = hint};
}

/// A number read and written at one place.
constexpr Capability number(std::string_view id, std::string_view name, std::string_view needs, Query query,
                            std::string_view setter, std::string_view pointer, Number kind = kSensitivityText, Hint hint = kPercent) {
    return {.id = id, .name = name, .needs = needs, .kind = kind, .query = query, .pointer = pointer,
            .write = Set{setter, pointer}, .hint = hint};
}

/// A choice read and written at one place.
constexpr Capability choice(std::string_view id, std::string_view name, std::string_view needs, Query query,
                            std::string_view setter, std::string_view pointer, Choice kind, Hint hint = kConfig) {
    return {.id = id, .name = name, .needs = needs, .kind = kind, .query = query, .pointer = pointer,
            .write = Set{setter, pointer}, .hint = hint};
}

/// Something that is only told.
constexpr Capability fact(std::string_view id, std::string_view name, std::string_view needs, Kind kind, Query query,
                          std::string_view pointer, Hint hint) {
    return {.id = id, .name = name, .needs = needs, .kind = kind, .query = query, .pointer = pointer, .hint = hint};
}

/// A button.
constexpr Capability press(std::string_view id, std::string_view name, std::string_view needs, Build build, Hint hint,
                           Query query = {}, std::string_view pointer = {}) {
    return {.id = id, .name = name, .needs = needs, .kind = Press{}, .query = query, .pointer = pointer, .write = build, .hint = hint};
}

/// Null when `method` was not answered or holds nothing there.
const json::value* at(const json::object& document, std::string_view method, std::string_view pointer);
/// The text there; empty when there is none.
std::string_view text_at(const json::object& document, std::string_view method, std::string_view pointer);
/// {"a":{"b":value}} for the pointer "/a/b".
json::object nested(std::string_view pointer, json::value value);
Request request(std::string_view method, std::string_view pointer, json::value value);

std::span<const Capability> event_rows();
std::span<const Capability> basic_rows();
std::span<const Capability> detection_rows();
std::span<const Capability> alarm_rows();
std::span<const Capability> trigger_rows();
std::span<const Capability> light_rows();
std::span<const Capability> picture_rows();
std::span<const Capability> motor_rows();
std::span<const Capability> storage_rows();
std::span<const Capability> battery_rows();
std::span<const Capability> lens_rows();

}  // namespace tplink::gateway::camera
