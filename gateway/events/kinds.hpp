#pragma once
// What cameras can notice: one row per kind. Binary sensors, event types and the reading of every source derive from it.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tplink::gateway {

struct EventKind {
    std::string_view id, name;
    std::string_view device_class;  ///< of the binary sensor; empty: none
    std::string_view component;     ///< that the camera lists when it can notice it
    std::uint64_t alarms = 0;       ///< bit i: alarm type i + 1 of the camera's list of detections
    std::string_view word{};        ///< of last_alarm_type, lower case
    std::string_view property{};    ///< of the binary sensor when it is not `id`

    constexpr std::string_view row() const { return property.empty() ? id : property; }
};

/// A bit for each alarm type (source: catalogue.md, "Events").
constexpr std::uint64_t alarm_bit(int type) { return std::uint64_t{1} << (type - 1); }

inline constexpr EventKind kEventKinds[] = {
    {"motion", "Motion", "motion", "detection", alarm_bit(2), "motion"},
    {"person", "Person", "occupancy", "personDetection", alarm_bit(6) | alarm_bit(20) | alarm_bit(21) | alarm_bit(22), "people"},
    {"vehicle", "Vehicle", "", "vehicleDetection", alarm_bit(8), "vehicle"},
    {"pet", "Pet", "", "petDetection", alarm_bit(9) | alarm_bit(33), "pet"},
    {"baby_cry", "Baby cry", "sound", "babyCryDetection", alarm_bit(7), "bcd"},
    {"bark", "Bark", "sound", "barkDetection", alarm_bit(11), "bark"},
    {"meow", "Meow", "sound", "meowDetection", alarm_bit(12), "meow"},
    {"glass_break", "Glass breaking", "sound", "glassDetection", alarm_bit(13), "glass"},
    {"line_crossing", "Line crossed", "", "linecrossingDetection", alarm_bit(4), "linecrossing"},
    {"intrusion", "Intrusion", "", "intrusionDetection", alarm_bit(5), "intrusion"},
    {"tamper", "Tampering", "tamper", "tamperDetection", alarm_bit(3), "tamper"},
    {"package", "Package", "", "packageDetection", alarm_bit(15) | alarm_bit(16), "package"},
    {"anti_theft", "Theft", "safety", "antiTheft", alarm_bit(19), "antitheft"},
    {"ring", "Doorbell pressed", "", "ring", alarm_bit(17), "ring", "ringing"},  // "ring" is the event entity
};

/// Documents keep what is on now under this key: kind -> "on" or "off".
inline constexpr std::string_view kEventsKey = "@events";

/// Beside the kinds there: "on" while the camera takes a subscription and delivers nothing; absent until it was so once.
inline constexpr std::string_view kSilentPush = "onvif_silent";

/// Null when there is none of that id.
const EventKind* find_event_kind(std::string_view id);
/// The kinds of a mask of alarm types, `ring` included.
std::vector<std::string_view> kinds_of_mask(std::uint64_t mask);
/// The kind of a last_alarm_type such as "motion"; empty when it is none we know.
std::string_view kind_of_word(std::string_view word);

}  // namespace tplink::gateway
