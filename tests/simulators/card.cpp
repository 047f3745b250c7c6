#include "tests/simulators/card.hpp"

#include <array>
#include <boost/json.hpp>
#include <ctime>
#include <set>

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kUnknownMethod = -40106, kInvalid = -40209, kNoStorage = -71114, kUsersFull = -71101, kUserInvalid = -71103;
constexpr std::int64_t kMostUsers = 4; // slots are few
constexpr int kUtcSince = 2, kPlayerIdSince = 6;
constexpr std::int64_t kDay = 86400;

/// "20260918" in UTC, which is the time zone of all simulated cameras.
std::string date_of(std::int64_t unix_s) {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 16> text{};
    std::strftime(text.data(), text.size(), "%Y%m%d", &parts);
    return text.data();
}

std::int64_t day_begin(const std::string& date) {
    std::tm parts{};
    if (date.size() != 8 || strptime(date.c_str(), "%Y%m%d", &parts) == nullptr) return -1;
    return timegm(&parts);
}

std::optional<std::int64_t> number(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->get_int64();
}

std::string text(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// {"<prefix>_1": {...}}: each entry of these lists has a name of its own.
json::object entry(const std::string& prefix, std::size_t count, json::object inner) {
    return {{prefix + "_" + std::to_string(count), std::move(inner)}};
}

} // namespace

std::optional<Card::Reply> Card::answer(std::string_view method, const json::object& params) {
    const auto query = [&](std::string_view name) -> const json::object* {
        const json::value* module = params.if_contains("playback");
        const json::value* inner = module != nullptr && module->is_object() ? module->get_object().if_contains(name) : nullptr;
        return inner != nullptr ? inner->if_object() : nullptr;
    };
    struct Search {
        std::string_view method, query;
        int since, until;
        Reply (Card::*run)(const json::object&) const;
    };
    static constexpr Search kSearches[] = {{"searchDateWithVideo", "search_year_utility", 1, 99, &Card::search_days},
                                           {"searchVideoOfDay", "search_video_utility", 1, kPlayerIdSince - 1, &Card::search_day},
                                           {"searchVideoWithUTC", "search_video_with_utc", kUtcSince, 99, &Card::search_utc}};
    const std::lock_guard lock(mutex_);
    if (method == "getUserID") {
        ++asked_["getUserID"];
        return new_user();
    }
    for (const Search& search : kSearches) {
        if (search.method != method) continue;
        ++asked_[std::string(method)];
        if (playback_ < search.since || playback_ > search.until) return tl::unexpected(kUnknownMethod);
        if (!present_) return tl::unexpected(kNoStorage);
        const json::object* wanted = query(search.query);
        return wanted == nullptr ? Reply(tl::unexpected(kInvalid)) : (this->*search.run)(*wanted);
    }
    return std::nullopt;
}

Card::Reply Card::new_user() {
    if (next_user_ - first_user_ >= kMostUsers) return tl::unexpected(kUsersFull);
    return json::object{{"user_id", next_user_++}};
}

bool Card::is_client(std::int64_t id) const {
    const std::lock_guard lock(mutex_);
    return playback_ >= kPlayerIdSince ? id == 1 : id >= first_user_ && id < next_user_;
}

void Card::forget_users() {
    const std::lock_guard lock(mutex_);
    first_user_ = next_user_;
}

void Card::set_present(bool present) {
    const std::lock_guard lock(mutex_);
    present_ = present;
}

// unverified: the page names the request only; the reply is shaped as that of the other searches.
Card::Reply Card::search_days(const json::object& query) const {
    const std::string first = text(query, "start_date"), last = text(query, "end_date");
    const json::value* channels = query.if_contains("channel");
    if (channels == nullptr || !channels->is_array() || day_begin(first) < 0 || day_begin(last) < 0) return tl::unexpected(kInvalid);
    std::set<std::string> days;
    for (const CardRecording& one : recordings_)
        if (const std::string day = date_of(one.start_s); day >= first && day <= last) days.insert(day);
    json::array results;
    for (const std::string& day : days) results.push_back(entry("search_results", results.size() + 1, {{"date", day}}));
    return json::object{{"playback", json::object{{"search_results", std::move(results)}}}};
}

Card::Reply Card::search_day(const json::object& query) const {
    const std::int64_t begin = day_begin(text(query, "date"));
    const auto user = number(query, "id");
    if (begin < 0 || !number(query, "channel")) return tl::unexpected(kInvalid);
    if (!user || *user < first_user_ || *user >= next_user_) return tl::unexpected(kUserInvalid);
    return page(begin, begin + kDay, query);
}

Card::Reply Card::search_utc(const json::object& query) const {
    const auto begin = number(query, "start_time"), end = number(query, "end_time"), user = number(query, "id");
    if (!begin || !end || !number(query, "channel")) return tl::unexpected(kInvalid);
    const bool known = playback_ >= kPlayerIdSince ? !user && text(query, "player_id").size() == 32 : user && *user >= first_user_ && *user < next_user_;
    if (!known) return tl::unexpected(kUserInvalid);
    return page(*begin, *end, query);
}

Card::Reply Card::page(std::int64_t begin_s, std::int64_t end_s, const json::object& query) const {
    const auto first = number(query, "start_index"), last = number(query, "end_index");
    if (!first || !last || *first < 0 || *last < *first) return tl::unexpected(kInvalid);
    json::array results;
    std::int64_t index = -1;
    bool more = false;
    for (const CardRecording& one : recordings_) {
        if (one.start_s >= end_s || one.end_s <= begin_s || ++index < *first) continue;
        more = index > *last;
        if (more) break;
        const char* type = playback_ >= kUtcSince ? "video_type" : "vedio_type"; // as the firmware spells it
        results.push_back(entry("search_video_results", results.size() + 1, {{"startTime", one.start_s}, {"endTime", one.end_s}, {type, one.type}}));
    }
    return json::object{{"playback", json::object{{"search_video_results", std::move(results)}, {"to_be_continued", more ? 1 : 0}}}};
}

json::object Card::state() const {
    const std::lock_guard lock(mutex_);
    json::object out;
    for (const auto& [method, count] : asked_) out[method] = count;
    return out;
}

} // namespace tplink::sim
