#include "protocols/stream/recordings.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>

namespace tplink::stream {
namespace {

const json::value kTwo = json::parse(R"({"playback":{"search_video_results":[
    {"search_video_results_1":{"startTime":1789688911,"endTime":1789688977,"vedio_type":2}},
    {"search_video_results_2":{"startTime":"1789680000","endTime":"1789680060","video_type":1}},
    {"search_video_results_3":{"startTime":5,"endTime":5}}, {"x":7}, 3, null,
    {"search_video_results_4":{"startTime":1789688911,"endTime":1789688977,"vedio_type":2}}]}})");

struct Step {
    std::string method;
    Result<json::value> answer;
    std::string contains{};
};

AskCamera script(std::deque<Step>& steps) {
    return [&steps](const Request& request) -> Result<json::value> {
        if (steps.empty()) {
            ADD_FAILURE() << "asked too much: " << request.method;
            return fail(Errc::timeout, "");
        }
        Step step = std::move(steps.front());
        steps.pop_front();
        EXPECT_EQ(request.method, step.method);
        EXPECT_NE(json::serialize(request.params).find(step.contains), std::string::npos) << json::serialize(request.params);
        return step.answer;
    };
}

const DayWish kDay{1789603200, 1789689600, {"20260917"}, 0, "00112233445566778899aabbccddeeff"};

TEST(Recordings, NewFirmwareIsAskedByPlayerId) {
    std::optional<std::int64_t> user;
    DayWish wish = kDay;
    wish.playback_version = 6;
    std::deque<Step> steps{{"searchVideoWithUTC", kTwo, "player_id"}};
    const auto found = list_recordings(wish, script(steps), user);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(*found, (std::vector<Recording>{{1789680000, 1789680060, 1}, {1789688911, 1789688977, 2}}));
}

TEST(Recordings, OldFirmwareIsAskedByDayAndUserId) {
    std::optional<std::int64_t> user;
    std::deque<Step> steps{{"getUserID", json::parse(R"({"user_id":7})")},
                           {"searchVideoWithUTC", fail(Errc::unsupported, "unknown", -40106), R"("id":7)"},
                           {"searchVideoOfDay", kTwo, R"("date":"20260917")"}};
    const auto found = list_recordings(kDay, script(steps), user);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->size(), 2U);
    EXPECT_EQ(found->front().client_id, 7) << "a download names it";
    EXPECT_TRUE(steps.empty());
    steps = {{"searchVideoWithUTC", kTwo, R"("id":7)"}};
    EXPECT_TRUE(list_recordings(kDay, script(steps), user)) << "the id is kept: cameras have few";
}

TEST(Recordings, AStaleUserIdIsFetchedAgainOnce) {
    std::optional<std::int64_t> user;
    std::deque<Step> steps{{"getUserID", json::parse(R"({"system":{"user_id":"7"}})")},
                           {"searchVideoWithUTC", fail(Errc::refused, "stale", -71103), R"("id":7)"},
                           {"getUserID", json::parse(R"({"user_id":8})")},
                           {"searchVideoWithUTC", fail(Errc::refused, "stale", -71103), R"("id":8)"}};
    EXPECT_EQ(list_recordings(kDay, script(steps), user).error().device_code, -71103);
    EXPECT_TRUE(steps.empty());
}

TEST(Recordings, PagesGoOnWhileTheCameraSaysSo) {
    std::optional<std::int64_t> user;
    json::value more = kTwo;
    more.as_object()["playback"].as_object()["to_be_continued"] = 1;
    std::deque<Step> steps{{"getUserID", json::parse(R"({"user_id":7})")},
                           {"searchVideoWithUTC", more, R"("start_index":0)"}, {"searchVideoWithUTC", kTwo, R"("start_index":100)"}};
    EXPECT_EQ(list_recordings(kDay, script(steps), user)->size(), 2U);
    EXPECT_TRUE(steps.empty());
}

TEST(Recordings, WhatOlderFirmwareListsBeyondTheWishIsLeftOut) {
    std::optional<std::int64_t> user = 7;
    DayWish wish = kDay;  // the camera's clock is off: its days begin within ours
    wish.dates = {"20260917", "20260918"};
    wish.begin_s = 1789680030;
    std::deque<Step> steps{{"searchVideoWithUTC", fail(Errc::unsupported, "unknown", -40106)},
                           {"searchVideoOfDay", kTwo, R"("date":"20260917")"},
                           {"searchVideoOfDay", kTwo, R"("date":"20260918")"}};
    auto found = list_recordings(wish, script(steps), user);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->size(), 2U) << "both touch it";
    EXPECT_TRUE(steps.empty());
    wish.begin_s = 1789680060;  // where the first ends
    steps = {{"searchVideoWithUTC", kTwo}};
    found = list_recordings(wish, script(steps), user);
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().start_s, 1789688911);
}

TEST(Recordings, DaysWithVideoAreAskedAndRead) {
    const json::value answer = json::parse(R"({"playback":{"search_results":[{"search_results_1":{"date":"20260918"}},{"search_results_2":{"date":"20260901"}},
        {"date":"20260903"},{"search_results_4":{"date":"2026-09-18"}},{"search_results_5":{"date":20260918}},{"search_results_6":{"date":"20260918"}},
        {"search_results_7":{"date":"20261001"}},3,null]}})");
    std::deque<Step> steps{{"searchDateWithVideo", answer, R"("search_year_utility":{"channel":[0],"start_date":"20260901","end_date":"20260930"})"}};
    const auto days = list_days("20260901", "20260930", script(steps));
    ASSERT_TRUE(days) << days.error().what;
    EXPECT_EQ(*days, (std::vector<std::string>{"20260901", "20260903", "20260918"}));
    for (const char* text : {"{}", "null", "[]", R"({"playback":{"search_results":{}}})"}) EXPECT_TRUE(parse_days(json::parse(text)).empty()) << text;
}

TEST(Recordings, TheCamerasClockIsReadWhereItCanBeMeant) {
    const auto of = [](const std::string& seconds) { return clock_offset(json::parse(R"({"system":{"clock_status":{"seconds_from_1970":)" + seconds + "}}}"), 1789688911); };
    EXPECT_EQ(of("1789688911"), 0);
    EXPECT_EQ(of("1789688913"), 0) << "what an answer takes";
    EXPECT_EQ(of("1789688811"), -100);
    EXPECT_EQ(of("\"1789692511\""), 3600);
    for (const char* never : {"0", "86400", "-5", "9223372036854775807", "null", "true", "\"soon\""}) EXPECT_EQ(of(never), 0) << never;
    EXPECT_EQ(clock_offset(json::parse("[]"), 1789688911), 0);
    EXPECT_EQ(clock_request().method, "getClockStatus");
}

TEST(Recordings, AnEmptyDayIsNoError) {
    for (const char* text : {"{}", R"({"playback":{"search_video_results":[]}})", "null", "[]", R"({"playback":7})"})
        EXPECT_TRUE(parse_search(json::parse(text)).recordings.empty()) << text;
}

TEST(DownloadRequest, NamesTheRecordingInWords) {
    EXPECT_EQ(download_request(1, 0, {1789688911, 1789688977}, DownloadKind::recording, "00ff"),
              R"({"type":"request","seq":1,"params":{"download":{"client_id":1,"channels":[0],"media_type":0,)"
              R"("start_time":"1789688911","end_time":"1789688977","player_id":"00ff"},"method":"get"}})");
}

} // namespace
} // namespace tplink::stream
