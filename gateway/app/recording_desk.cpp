#include "gateway/app/recording_desk.hpp"

#include <array>
#include <charconv>
#include <ctime>
#include <set>

#include "protocols/base/random.hpp"
#include "protocols/error_codes.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kPatience = std::chrono::seconds(15);
constexpr std::chrono::seconds kYoungest{60};
constexpr std::chrono::seconds kLongest = std::chrono::hours(24);
constexpr std::int64_t kNoon_s = 12 * 3600;
/// A clock that is further off puts recordings of one of its days into two of ours.
constexpr std::int64_t kSameDay_s = 3600;

/// Midnight of a day; what is beyond a month's end is of the next one.
std::int64_t midnight(int year, int month, int day) {
    std::tm parts{};
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_isdst = -1;
    return std::mktime(&parts);
}

std::string day_text(std::int64_t unix_s, const char* format) {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    ::localtime_r(&time, &parts);
    std::array<char, 16> text{};
    std::strftime(text.data(), text.size(), format, &parts);
    return text.data();
}

constexpr const char* kOurs = "%Y-%m-%d";
constexpr const char* kTheirs = "%Y%m%d";

int number_in(const std::string& text, std::size_t at, std::size_t size) {
    int number = 0;
    std::from_chars(text.data() + at, text.data() + at + size, number);
    return number;
}

}  // namespace

Result<std::vector<ListedRecording>> RecordingDesk::of_day(const std::string& id, const std::string& date) {
    const std::int64_t offset = ask_offset(id);
    const int year = number_in(date, 0, 4), month = number_in(date, 5, 2), day = number_in(date, 8, 2);
    stream::DayWish wish;
    wish.begin_s = midnight(year, month, day) + offset;
    wish.end_s = midnight(year, month, day + 1) + offset;  // not always 24 hours later
    wish.dates = {day_text(wish.begin_s, kTheirs)};
    if (const std::string last = day_text(wish.end_s - 1, kTheirs); last != wish.dates.front()) wish.dates.push_back(last);
    wish.player_id = hex_lower(system_random().bytes(16));
    wish.playback_version = playback_version(id);
    std::optional<std::int64_t> user;
    {
        const std::lock_guard lock(mutex_);
        user = known_[id].user;
    }
    const auto found = stream::list_recordings(wish, asking(id), user);
    {
        const std::lock_guard lock(mutex_);
        known_[id].user = user;
    }
    if (!found) return tl::unexpected(found.error());
    std::vector<ListedRecording> out;
    for (const stream::Recording& one : *found)
        out.push_back({std::to_string(one.start_s) + "-" + std::to_string(one.end_s), one.start_s - offset, one.end_s - offset, one.type == 2});
    return out;
}

Result<std::vector<std::string>> RecordingDesk::days(const std::string& id, const std::string& month) {
    const std::int64_t offset = ask_offset(id);
    const int year = number_in(month, 0, 4), number = number_in(month, 5, 2);
    const std::int64_t begin = midnight(year, number, 1), end = midnight(year, number + 1, 1);
    const auto found = TRY(stream::list_days(day_text(begin + offset, kTheirs), day_text(end - 1 + offset, kTheirs), asking(id)));
    std::set<std::string> out;
    for (const std::string& day : found) {
        const std::int64_t theirs = midnight(number_in(day, 0, 4), number_in(day, 4, 2), number_in(day, 6, 2));
        const bool same = offset < kSameDay_s && offset > -kSameDay_s;
        for (const std::int64_t at : same ? std::vector{theirs + kNoon_s} : std::vector{theirs - offset, theirs + 2 * kNoon_s - 1 - offset})
            if (at >= begin && at < end) out.insert(day_text(at, kOurs));
    }
    return std::vector<std::string>(out.begin(), out.end());
}

std::optional<VideoSpan> RecordingDesk::span_of(const std::string& rid) {
    VideoSpan span;
    const char* last = rid.data() + rid.size();
    const auto first = std::from_chars(rid.data(), last, span.start_s);
    if (first.ec != std::errc{} || first.ptr == last || *first.ptr != '-') return std::nullopt;
    const auto second = std::from_chars(first.ptr + 1, last, span.end_s);
    const bool good = second.ec == std::errc{} && second.ptr == last && span.start_s >= 0 && span.end_s > span.start_s &&
                      span.end_s - span.start_s <= kLongest.count();
    return good ? std::optional(span) : std::nullopt;
}

bool RecordingDesk::is_too_young(const std::string& id, const VideoSpan& span) {
    const std::int64_t theirs = now_s() + offset_of(id);
    return span.end_s > theirs - kYoungest.count() && span.end_s < theirs + kYoungest.count();
}

bool RecordingDesk::is_stale(const Error& error) { return is_stale_user(error.device_code); }

Result<std::int64_t> RecordingDesk::user_of(const std::string& id, bool fresh) {
    if (!fresh) {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_[id].user) return *known;
    }
    const std::int64_t user = TRY(stream::ask_user_id(asking(id)));
    const std::lock_guard lock(mutex_);
    known_[id].user = user;
    return user;
}

std::int64_t RecordingDesk::offset_of(const std::string& id) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = known_[id].offset_s) return *known;
    }
    return ask_offset(id);
}

/// A camera that does not tell its clock is taken to be right.
std::int64_t RecordingDesk::ask_offset(const std::string& id) {
    const auto answer = registry_.ask(id, stream::clock_request(), kPatience);
    const std::int64_t offset = answer ? stream::clock_offset(*answer, now_s()) : 0;
    const std::lock_guard lock(mutex_);
    known_[id].offset_s = offset;
    return offset;
}

int RecordingDesk::playback_version(const std::string& id) const {
    if (const auto view = registry_.view(id))
        for (const Component& component : view->identity.components)
            if (component.name == "playback") return component.version;
    return 0;
}

stream::AskCamera RecordingDesk::asking(const std::string& id) {
    return [this, id](const Request& request) { return registry_.ask(id, request, kPatience); };
}

std::int64_t RecordingDesk::now_s() const {
    return std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count();
}

}  // namespace tplink::gateway
