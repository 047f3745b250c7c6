// Which detections set off the alarm (protocols/tapo/catalogue.md, "Alarm"): one switch for each kind the camera lists.

#include <algorithm>
#include <array>
#include <cctype>

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kTriggers{"getAlertEventType", R"({"msg_alarm":{"table":"msg_alarm_type"}})", 300};
constexpr std::string_view kList = "/msg_alarm/msg_alarm_type";

struct Trigger {
    std::string_view id, name;
    std::array<std::string_view, 2> words;  ///< how the camera's name begins, without anything but letters
};
// unverified: the spelling of the names; only what they begin with is compared.
constexpr Trigger kKinds[] = {
    {"alarm_on_motion", "Alarm on motion", {"motion", "md"}},
    {"alarm_on_person", "Alarm on person", {"person", "people"}},
    {"alarm_on_vehicle", "Alarm on vehicle", {"vehicle", "car"}},
    {"alarm_on_pet", "Alarm on pet", {"pet", "animal"}},
    {"alarm_on_baby_cry", "Alarm on baby cry", {"babycry", "bcd"}},
    {"alarm_on_bark", "Alarm on bark", {"bark", "dogbark"}},
    {"alarm_on_meow", "Alarm on meow", {"meow", "catmeow"}},
    {"alarm_on_glass_break", "Alarm on glass breaking", {"glass", "glassbreak"}},
    {"alarm_on_tamper", "Alarm on tampering", {"tamper", "occlusion"}},
    {"alarm_on_line_crossing", "Alarm on line crossed", {"linecross", "crossline"}},
    {"alarm_on_intrusion", "Alarm on intrusion", {"intrusion", "invasion"}},
    {"alarm_on_package", "Alarm on package", {"package", "parcel"}},
};

/// {"msg_alarm_type_1": {...}} as well as {...}.
template <class Value> auto* entry_of(Value& item) {
    auto* entry = item.if_object();
    if (entry != nullptr && entry->size() == 1 && entry->begin()->value().is_object()) return &entry->begin()->value().get_object();
    return entry;
}

bool is_kind(const json::object& entry, const Trigger& kind) {
    const json::value* name = entry.if_contains("name");
    if (name == nullptr || !name->is_string()) return false;
    std::string letters;
    for (const char c : std::string_view(name->get_string()))
        if (std::isalpha(static_cast<unsigned char>(c)) != 0) letters.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    return std::any_of(kind.words.begin(), kind.words.end(), [&](std::string_view word) { return letters.starts_with(word); });
}

/// Null when the camera lists no such kind.
json::value state_of(const json::object& document, const Trigger& kind) {
    const json::value* list = at(document, kTriggers.method, kList);
    if (list == nullptr || !list->is_array()) return nullptr;
    for (const json::value& item : list->get_array()) {
        const json::object* entry = entry_of(item);
        const json::value* enabled = entry != nullptr && is_kind(*entry, kind) ? entry->if_contains("enabled") : nullptr;
        if (enabled == nullptr) continue;
        const bool on = *enabled == json::value("on") || *enabled == json::value("1") || *enabled == json::value(1) || *enabled == json::value(true);
        return on ? "on" : "off";
    }
    return nullptr;
}

/// `on` as the camera writes it there.
json::value as_before(const json::value& before, bool on) {
    if (before.is_bool()) return on;
    if (before.is_int64()) return on ? 1 : 0;
    return before == json::value("1") || before == json::value("0") ? json::value(on ? "1" : "0") : json::value(on ? "on" : "off");
}

/// The camera takes the whole list only.
Result<Request> with(const WriteContext& context, const Trigger& kind, bool on) {
    const json::value* known = at(context.document, kTriggers.method, kList);
    if (known == nullptr || !known->is_array()) return fail(Errc::refused, "what sets off the alarm is not known yet; ask again in a minute");
    json::array list = known->get_array();
    for (json::value& item : list) {
        json::object* entry = entry_of(item);
        if (entry == nullptr) continue;
        for (auto part = entry->begin(); part != entry->end();) part = part->key().starts_with('.') ? entry->erase(part) : part + 1;
        if (!is_kind(*entry, kind)) continue;
        if (json::value* enabled = entry->if_contains("enabled")) *enabled = as_before(*enabled, on);
    }
    return request("setAlertEventType", kList, std::move(list));
}

template <std::size_t kWhich> constexpr Capability trigger() {
    return {.id = kKinds[kWhich].id, .name = kKinds[kWhich].name, .needs = "alert", .kind = OnOff{}, .query = kTriggers, .pointer = kList,
            .write = Build{[](const json::value& value, const WriteContext& context) { return with(context, kKinds[kWhich], value == json::value("on")); }},
            .hint = kRareConfig,
            .derive = [](const json::object& document, std::int64_t) { return state_of(document, kKinds[kWhich]); },
            .when = [](const json::object& document) { return !state_of(document, kKinds[kWhich]).is_null(); }};
}

template <std::size_t... kWhich> constexpr auto all(std::index_sequence<kWhich...>) { return std::array{trigger<kWhich>()...}; }
constexpr auto kRows = all(std::make_index_sequence<std::size(kKinds)>());
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> trigger_rows() { return kRows; }

}  // namespace tplink::gateway::camera
