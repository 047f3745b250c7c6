#include "gateway/events/alarm_watch.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "gateway/events/kinds.hpp"

namespace tplink::gateway {
namespace {

constexpr std::int64_t kWindow_s = 300;
constexpr std::int64_t kClockEvery_s = 3600;
constexpr std::size_t kMaxEntries = 200;  // the camera was asked for 100
constexpr std::string_view kList = "searchDetectionList";
constexpr std::string_view kLast = "getLastAlarmInfo";
constexpr std::string_view kClock = "getClockStatus";

const json::value* find(const json::value& value, std::string_view pointer) {
    boost::system::error_code ec;
    return value.find_pointer(pointer, ec);
}

/// A whole number, also spelled as text.
std::optional<std::uint64_t> number(const json::value* value) {
    if (value == nullptr) return std::nullopt;
    if (value->is_uint64()) return value->get_uint64();
    if (value->is_int64() && value->get_int64() >= 0) return static_cast<std::uint64_t>(value->get_int64());
    if (!value->is_string()) return std::nullopt;
    const std::string_view text = value->get_string();
    std::uint64_t out = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

std::optional<std::int64_t> time_of(const json::value* value) {
    constexpr std::uint64_t kFarFuture = 100'000'000'000;
    const auto read = number(value);
    if (!read || *read == 0 || *read > kFarFuture) return std::nullopt;
    return static_cast<std::int64_t>(*read);
}

/// {"search_detection_list_1": {...}} as well as {...}.
const json::object* entry_of(const json::value& item) {
    const json::object* entry = item.if_object();
    if (entry != nullptr && entry->size() == 1 && entry->begin()->value().is_object()) return &entry->begin()->value().get_object();
    return entry;
}

}  // namespace

std::vector<Request> AlarmWatch::requests(std::int64_t now_unix_s) const {
    std::vector<Request> out;
    if (clock_read_at_ == 0 || now_unix_s - clock_read_at_ >= kClockEvery_s)
        out.push_back({std::string(kClock), json::object{{"system", json::object{{"name", "clock_status"}}}}});
    const std::int64_t theirs = now_unix_s + offset_s_;
    if (!no_list_ && clock_read_at_ != 0)  // without the camera's clock the window would lie elsewhere
        out.push_back({std::string(kList), json::object{{"playback", json::object{{"search_detection_list",
                                                       json::object{{"channel", 0}, {"start_time", theirs - kWindow_s}, {"end_time", theirs + 60},
                                                                    {"start_index", 0}, {"end_index", 99}}}}}}});
    if (!no_last_) out.push_back({std::string(kLast), json::object{{"system", json::object{{"name", json::array{"last_alarm_info"}}}}}});
    return out;
}

std::vector<SeenAlarm> AlarmWatch::take(std::span<const Answer> answers, std::int64_t now_unix_s) {
    std::vector<SeenAlarm> out;
    for (const Answer& answer : answers) {
        const bool unknown = !answer.result && answer.result.error().code == Errc::unsupported;
        if (answer.method == kClock) {
            clock_read_at_ = now_unix_s;  // a camera without one is taken to be right
            if (answer.result) take_clock(*answer.result, now_unix_s);
        } else if (answer.method == kList) {
            no_list_ = no_list_ || unknown;
            if (answer.result) take_list(*answer.result, now_unix_s, out);
        } else if (answer.method == kLast) {
            no_last_ = no_last_ || unknown;
            if (answer.result) take_last(*answer.result, out);
        }
    }
    return out;
}

void AlarmWatch::take_clock(const json::value& result, std::int64_t now_unix_s) {
    if (const auto theirs = time_of(find(result, "/system/clock_status/seconds_from_1970"))) offset_s_ = *theirs - now_unix_s;
}

/// A quiet window is answered by {}: no error, and a first answer like any other.
void AlarmWatch::take_list(const json::value& result, std::int64_t now_unix_s, std::vector<SeenAlarm>& out) {
    const json::value* list = find(result, "/playback/search_detection_list");
    const bool first = !list_known_;
    list_known_ = true;
    std::erase_if(seen_, [&](const auto& item) { return item.first < now_unix_s + offset_s_ - 2 * kWindow_s; });
    if (list == nullptr || !list->is_array()) return;
    std::size_t left = kMaxEntries;
    std::int64_t newest = newest_;
    for (const json::value& item : list->get_array()) {
        const json::object* entry = entry_of(item);
        if (entry == nullptr || left-- == 0) continue;
        const auto start = time_of(entry->if_contains("start_time"));
        if (!start) continue;
        std::uint64_t mask = number(entry->if_contains("events_1")).value_or(0);
        const auto type = number(entry->if_contains("alarm_type"));
        if (mask == 0 && type && *type >= 1 && *type <= 64) mask = alarm_bit(static_cast<int>(*type));
        std::uint64_t& told = seen_[*start];
        const std::uint64_t fresh = mask & ~told;
        // Older than the newest and not yet seen: the window moved over it; it was told before a restart or never mattered.
        const bool is_new = !first && (*start > newest_ || told != 0);
        told |= mask;
        newest = std::max(newest, *start);
        if (!is_new) continue;
        for (const std::string_view kind : kinds_of_mask(fresh)) out.push_back({std::string(kind), ours(*start)});
    }
    newest_ = newest;
}

/// Only while there is no list: it names one kind, the list all.
void AlarmWatch::take_last(const json::value& result, std::vector<SeenAlarm>& out) {
    const auto time = time_of(find(result, "/system/last_alarm_info/last_alarm_time"));
    const bool first = !last_known_;
    last_known_ = true;
    if (!time || *time <= last_) return;
    last_ = *time;
    const json::value* word = find(result, "/system/last_alarm_info/last_alarm_type");
    if (first || !no_list_ || word == nullptr || !word->is_string()) return;
    const std::string_view kind = kind_of_word(word->get_string());
    if (!kind.empty()) out.push_back({std::string(kind), ours(*time)});
}

}  // namespace tplink::gateway
