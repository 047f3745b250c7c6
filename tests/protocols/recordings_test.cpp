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

const DayWish kDay{1789603200, 1789689600, "20260917", 0, "00112233445566778899aabbccddeeff"};

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
