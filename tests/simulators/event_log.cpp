#include "tests/simulators/event_log.hpp"

#include <array>
#include <bit>
#include <boost/json.hpp>

#include "tests/simulators/camera_inside.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::size_t kKept = 500;
constexpr std::int64_t kMomentS = 10; ///< how long a detection without an end is listed

std::uint64_t bit_of(std::string_view kind) {
    const auto type = alarm_type_of(kind);
    return type ? std::uint64_t{1} << (*type - 1) : 0;
}

std::optional<std::int64_t> number_at(const json::value& params, std::string_view key) {
    const json::value* value = params.get_object().if_contains(key);
    if (!value) return std::nullopt;
    const auto number = json::try_value_to<std::int64_t>(*value);
    return number ? std::optional(*number) : std::nullopt;
}

} // namespace

std::optional<int> alarm_type_of(std::string_view kind) {
    static constexpr auto kKinds = std::to_array<std::pair<std::string_view, int>>({{"motion", 2},
                                                                                    {"tamper", 3},
                                                                                    {"line_crossing", 4},
                                                                                    {"intrusion", 5},
                                                                                    {"person", 6},
                                                                                    {"baby_cry", 7},
                                                                                    {"vehicle", 8},
                                                                                    {"pet", 9},
                                                                                    {"bark", 11},
                                                                                    {"meow", 12},
                                                                                    {"glass", 13},
                                                                                    {"package_delivered", 15},
                                                                                    {"package_picked_up", 16},
                                                                                    {"ring", 17}});
    for (const auto& [name, type] : kKinds)
        if (name == kind) return type;
    return std::nullopt;
}

std::optional<CameraEvent> event_in(const json::value& value) {
    const json::object* given = value.if_object();
    const json::value* kind = given ? given->if_contains("kind") : nullptr;
    if (!kind || !kind->is_string() || !alarm_type_of(kind->get_string())) return std::nullopt;
    CameraEvent out{.kind = std::string(kind->get_string())};
    const json::value* active = given->if_contains("active");
    if (active && !active->is_bool()) return std::nullopt;
    if (active) out.active = active->get_bool();
    return out;
}

void EventLog::begin(std::string_view kind, std::int64_t now_s) {
    last_kind_ = kind;
    if (entries_.empty() || entries_.back().active == 0) {
        if (entries_.size() == kKept) entries_.pop_front();
        entries_.push_back({.start_s = now_s, .end_s = now_s});
    }
    entries_.back().mask |= bit_of(kind);
    entries_.back().active |= bit_of(kind);
}

void EventLog::end(std::string_view kind, std::int64_t now_s) {
    if (entries_.empty()) return;
    entries_.back().active &= ~bit_of(kind);
    entries_.back().end_s = now_s;
}

void EventLog::moment(std::string_view kind, std::int64_t now_s) {
    begin(kind, now_s);
    end(kind, now_s + kMomentS);
}

json::object EventLog::last() const {
    if (entries_.empty()) return {{"last_alarm_type", ""}, {"last_alarm_time", "0"}};
    return {{"last_alarm_type", last_kind_}, {"last_alarm_time", std::to_string(entries_.back().start_s)}};
}

json::array EventLog::search(std::int64_t from_s, std::int64_t to_s, std::size_t first,
                             std::size_t last) const {
    json::array out;
    std::size_t number = 0;
    for (const Entry& entry : entries_) {
        if (entry.start_s < from_s || entry.start_s > to_s) continue;
        if (number >= first && number <= last)
            out.push_back(json::object{{"start_time", entry.start_s},
                                       {"end_time", entry.end_s},
                                       {"alarm_type", static_cast<int>(std::bit_width(entry.mask))},
                                       {"events_1", entry.mask}});
        ++number;
    }
    return out;
}

std::optional<json::object> search_detections(const EventLog& log, const json::value& params) {
    boost::system::error_code error;
    const json::value* query = params.find_pointer("/playback/search_detection_list", error);
    if (!query || !query->is_object()) return std::nullopt;
    const auto from = number_at(*query, "start_time");
    const auto to = number_at(*query, "end_time");
    const auto first = number_at(*query, "start_index");
    const auto last = number_at(*query, "end_index");
    if (!from || !to || !first || !last || *first < 0 || *last < *first) return std::nullopt;
    const json::array found =
        log.search(*from, *to, static_cast<std::size_t>(*first), static_cast<std::size_t>(*last));
    if (found.empty()) return json::object();
    return json::object{{"playback", json::object{{"search_detection_list", found}}}};
}

} // namespace tplink::sim
