#include "protocols/stream/recordings.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "protocols/error_codes.hpp"

namespace tplink::stream {
namespace {

constexpr std::size_t kMostRecordings = 1000;
constexpr int kPage = 100, kMostPages = 10;
constexpr int kPlayerIdSince = 6;  // of the component `playback`
constexpr std::int64_t kSameClock_s = 2;  // an answer takes time, and tells whole seconds
constexpr std::int64_t kOldestClock_s = 1'000'000'000;  // before that a clock was never set

std::optional<std::int64_t> number_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr) return std::nullopt;
    if (const json::string* text = value->if_string()) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
        return error == std::errc() && end == text->data() + text->size() ? std::optional(number) : std::nullopt;
    }
    json::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    return error ? std::nullopt : std::optional(number);
}

void read_one(const json::value& entry, SearchPage& page) {
    const json::object* object = entry.if_object();
    if (object == nullptr || page.recordings.size() >= kMostRecordings) return;
    // {"search_video_results_1": {...}}; some firmware leaves the inner name out.
    if (!object->empty() && object->begin()->value().is_object()) object = &object->begin()->value().get_object();
    const auto start = number_at(*object, "startTime"), end = number_at(*object, "endTime");
    if (!start || !end || *start < 0 || *end <= *start) return;
    const auto type = number_at(*object, "video_type");
    page.recordings.push_back({*start, *end, static_cast<int>(type ? *type : number_at(*object, "vedio_type").value_or(0))});
}

Request search_utc(const DayWish& wish, const std::optional<std::int64_t>& user, int first) {
    json::object query{{"channel", 0}, {"start_time", wish.begin_s}, {"end_time", wish.end_s}, {"start_index", first}, {"end_index", first + kPage - 1}};
    if (user) query["id"] = *user;
    else query["player_id"] = wish.player_id;
    return {"searchVideoWithUTC", json::object{{"playback", json::object{{"search_video_with_utc", std::move(query)}}}}};
}

Request search_day(const std::string& date, std::int64_t user, int first) {
    return {"searchVideoOfDay", json::object{{"playback", json::object{{"search_video_utility", json::object{{"channel", 0}, {"date", date},
                                {"start_index", first}, {"end_index", first + kPage - 1}, {"id", user}}}}}}};
}

/// All pages of one dialect.
template <class Search> Result<std::vector<Recording>> all_pages(const AskCamera& ask, Search search) {
    std::vector<Recording> found;
    for (int page = 0; page < kMostPages; ++page) {
        const json::value answer = TRY(ask(search(page * kPage)));
        SearchPage read = parse_search(answer);
        found.insert(found.end(), read.recordings.begin(), read.recordings.end());
        if (!read.more || read.recordings.empty()) break;
    }
    return found;
}

Result<std::vector<Recording>> search_days(const DayWish& wish, const AskCamera& ask, std::int64_t user) {
    std::vector<Recording> found;
    for (const std::string& date : wish.dates) {
        const std::vector<Recording> of_day = TRY(all_pages(ask, [&](int first) { return search_day(date, user, first); }));
        found.insert(found.end(), of_day.begin(), of_day.end());
    }
    return found;
}

Result<std::vector<Recording>> search(const DayWish& wish, const AskCamera& ask, std::optional<std::int64_t>& user) {
    if (!needs_user_id(wish.playback_version)) {
        auto found = all_pages(ask, [&](int first) { return search_utc(wish, std::nullopt, first); });
        if (found || found.error().code != Errc::unsupported) return found;
    }
    bool renewed = false;
    for (;;) {
        if (!user) user = TRY(ask_user_id(ask));
        auto found = all_pages(ask, [&](int first) { return search_utc(wish, user, first); });
        if (!found && found.error().code == Errc::unsupported)
            found = search_days(wish, ask, *user);
        if (found || !is_stale_user(found.error().device_code)) return found;
        user.reset();
        if (std::exchange(renewed, true)) return found;
    }
}

} // namespace

bool needs_user_id(int playback_version) { return playback_version < kPlayerIdSince; }

Result<std::int64_t> ask_user_id(const AskCamera& ask) {
    const json::value answer = TRY(ask({"getUserID", json::object{{"system", json::object{{"get_user_id", "null"}}}}}));
    const json::object* object = answer.if_object();
    if (object != nullptr && object->contains("system") && object->at("system").is_object()) object = &object->at("system").get_object();
    const auto user = object == nullptr ? std::nullopt : number_at(*object, "user_id");
    if (!user) return fail(Errc::malformed, "getUserID: no user_id in the answer");
    return *user;
}

SearchPage parse_search(const json::value& answer) {
    SearchPage page;
    const json::object* object = answer.if_object();
    if (object != nullptr)
        if (const json::value* inner = object->if_contains("playback"); inner != nullptr && inner->is_object()) object = &inner->get_object();
    if (object == nullptr) return page;
    if (const json::value* list = object->if_contains("search_video_results"); list != nullptr && list->is_array())
        for (const json::value& entry : list->get_array()) read_one(entry, page);
    page.more = number_at(*object, "to_be_continued").value_or(0) != 0;
    return page;
}

Result<std::vector<Recording>> list_recordings(const DayWish& wish, const AskCamera& ask, std::optional<std::int64_t>& user) {
    std::vector<Recording> found = TRY(search(wish, ask, user));
    std::erase_if(found, [&](const Recording& one) { return one.end_s <= wish.begin_s || one.start_s >= wish.end_s; });
    if (user)
        for (Recording& one : found) one.client_id = *user;
    std::sort(found.begin(), found.end(), [](const Recording& a, const Recording& b) { return std::pair(a.start_s, a.end_s) < std::pair(b.start_s, b.end_s); });
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::vector<std::string> parse_days(const json::value& answer) {
    std::vector<std::string> days;
    json::error_code error;
    const json::value* list = answer.find_pointer("/playback/search_results", error);
    if (list == nullptr || !list->is_array()) return days;
    for (const json::value& entry : list->get_array()) {
        const json::object* object = entry.if_object();
        // {"search_results_1": {...}}, as the other searches do it.
        if (object != nullptr && !object->empty() && object->begin()->value().is_object()) object = &object->begin()->value().get_object();
        const json::value* date = object == nullptr ? nullptr : object->if_contains("date");
        if (date == nullptr || !date->is_string() || days.size() >= kMostRecordings) continue;
        const std::string_view text = date->get_string();
        if (text.size() == 8 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) days.emplace_back(text);
    }
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());
    return days;
}

Result<std::vector<std::string>> list_days(const std::string& first, const std::string& last, const AskCamera& ask) {
    const json::value answer = TRY(ask({"searchDateWithVideo", json::object{{"playback", json::object{{"search_year_utility",
                                        json::object{{"channel", json::array{0}}, {"start_date", first}, {"end_date", last}}}}}}}));
    std::vector<std::string> days = parse_days(answer);
    std::erase_if(days, [&](const std::string& day) { return day < first || day > last; });
    return days;
}

Request clock_request() { return {"getClockStatus", json::object{{"system", json::object{{"name", "clock_status"}}}}}; }

std::int64_t clock_offset(const json::value& answer, std::int64_t now_s) {
    json::error_code error;
    const json::value* status = answer.find_pointer("/system/clock_status", error);
    const auto theirs = status != nullptr && status->is_object() ? number_at(status->get_object(), "seconds_from_1970") : std::nullopt;
    constexpr std::int64_t kLatestClock_s = 4 * kOldestClock_s;
    if (!theirs || *theirs < kOldestClock_s || *theirs > kLatestClock_s) return 0;
    const std::int64_t offset = *theirs - now_s;
    return offset > kSameClock_s || offset < -kSameClock_s ? offset : 0;
}

std::string download_request(unsigned seq, unsigned channel, const Recording& recording, DownloadKind kind, std::string_view player_id) {
    return R"({"type":"request","seq":)" + std::to_string(seq) + R"(,"params":{"download":{"client_id":)" + std::to_string(recording.client_id) + R"(,"channels":[)" + std::to_string(channel) +
           R"(],"media_type":)" + std::to_string(static_cast<int>(kind)) + R"(,"start_time":")" + std::to_string(recording.start_s) +
           R"(","end_time":")" + std::to_string(recording.end_s) + R"(","player_id":")" + std::string(player_id) + R"("},"method":"get"}})";
}

} // namespace tplink::stream
