// What cameras notice: steadied, read from their lists, told once.

#include <boost/json/parse.hpp>
#include <condition_variable>
#include <gtest/gtest.h>
#include <limits>

#include "gateway/events/alarm_watch.hpp"
#include "gateway/events/desk.hpp"
#include "gateway/events/kinds.hpp"
#include "gateway/events/listeners.hpp"
#include "gateway/events/push_trust.hpp"
#include "tests/protocols/fakes.hpp"

namespace tplink::gateway {
namespace {

constexpr SteadyTime kStart = SteadyTime{} + 1h;

TEST(Detections, AShortFalseBetweenTwoTrueIsNoChange) {
    Detections detections;
    EXPECT_TRUE(detections.active("motion", kStart));
    EXPECT_FALSE(detections.active("motion", kStart + 1s)) << "a flood is one event";
    detections.inactive("motion", kStart + 10s);
    EXPECT_TRUE(detections.due(kStart + 11s).empty());
    EXPECT_FALSE(detections.active("motion", kStart + 11s));
    EXPECT_TRUE(detections.due(kStart + 13s).empty());
    detections.inactive("motion", kStart + 20s);
    ASSERT_EQ(detections.due(kStart + 22s).size(), 1U);
    EXPECT_FALSE(detections.is_on("motion"));
    EXPECT_TRUE(detections.active("motion", kStart + 30s)) << "a new event";
}

TEST(Detections, WhatNobodyEndsIsForgottenAfterThreeMinutes) {
    Detections detections;
    (void)detections.active("person", kStart);
    (void)detections.active("person", kStart + 100s);
    EXPECT_TRUE(detections.due(kStart + 279s).empty());
    const auto over = detections.due(kStart + 280s);
    ASSERT_EQ(over.size(), 1U);
    EXPECT_EQ(over[0].kind, "person");
    EXPECT_FALSE(detections.next());
}

TEST(Detections, APulseNeitherShortensNorRepeatsWhatIsOn) {
    Detections detections;
    (void)detections.active("motion", kStart);
    EXPECT_FALSE(detections.pulse("motion", kStart + 1s, 2s));
    EXPECT_EQ(detections.next(), kStart + 180s);
}

TEST(EventKinds, AMaskNamesAllItsKinds) {
    EXPECT_EQ(kinds_of_mask(34), (std::vector<std::string_view>{"motion", "person"}));
    EXPECT_EQ(kinds_of_mask(alarm_bit(17)), (std::vector<std::string_view>{"ring"}));
    EXPECT_TRUE(kinds_of_mask(0).empty());
    EXPECT_NO_FATAL_FAILURE((void)kinds_of_mask(std::numeric_limits<std::uint64_t>::max()));
    EXPECT_EQ(kind_of_word("Motion"), "motion");
    EXPECT_EQ(kind_of_word("nothing"), "");
}

constexpr WallTime kWall = WallTime{} + std::chrono::hours(400000);

TEST(PushTrust, ARecordThatNothingBroughtTwiceIsSilence) {
    PushTrust trust;
    EXPECT_FALSE(trust.recorded("motion", kWall));
    EXPECT_FALSE(trust.is_silent()) << "one notification may be lost";
    EXPECT_FALSE(trust.recorded("person", kWall));
    EXPECT_FALSE(trust.is_silent()) << "two kinds of one moment";
    EXPECT_FALSE(trust.recorded("motion", kWall + 90s));
    EXPECT_TRUE(trust.is_silent());
    trust.brought("vehicle", kWall + 200s);
    EXPECT_FALSE(trust.is_silent());
}

TEST(PushTrust, WhatWasBroughtIsNotToldAgain) {
    PushTrust trust;
    trust.brought("motion", kWall);
    EXPECT_TRUE(trust.recorded("motion", kWall - 20s)) << "the record names the beginning";
    EXPECT_TRUE(trust.recorded("motion", kWall + 60s));
    EXPECT_FALSE(trust.recorded("motion", kWall + 61s)) << "another one";
}

TEST(PushTrust, AKindThatIsNeverPushedIsNoSilence) {
    PushTrust trust;
    for (int minute = 0; minute < 10; ++minute) {
        trust.brought("motion", kWall + minute * 60s);
        EXPECT_FALSE(trust.recorded("bark", kWall + minute * 60s)) << "the list alone knows it";
    }
    EXPECT_FALSE(trust.is_silent());
}

Answer answer(const char* method, const char* text) { return {method, json::parse(text)}; }
constexpr std::int64_t kNow = 1'800'000'000;
Answer clock_of(std::int64_t seconds) {
    return {"getClockStatus", json::object{{"system", json::object{{"clock_status", json::object{{"seconds_from_1970", seconds}}}}}}};
}
Answer list_of(std::vector<std::pair<std::int64_t, std::uint64_t>> entries) {
    json::array list;
    for (const auto& [start, mask] : entries) list.push_back(json::object{{"start_time", start}, {"end_time", start + 5}, {"alarm_type", 2}, {"events_1", mask}});
    return {"searchDetectionList", json::object{{"playback", json::object{{"search_detection_list", list}}}}};
}

TEST(AlarmWatch, TheFirstAnswerIsOldAndOnlyNewerStartsAreNews) {
    AlarmWatch watch;
    EXPECT_EQ(watch.requests(kNow).front().method, "getClockStatus");
    EXPECT_TRUE(watch.take(std::vector{clock_of(kNow), list_of({{kNow - 50, 2}})}, kNow).empty());
    EXPECT_TRUE(watch.take(std::vector{list_of({{kNow - 50, 2}})}, kNow + 10).empty()) << "told twice";
    const auto news = watch.take(std::vector{list_of({{kNow - 50, 2}, {kNow + 15, 34}})}, kNow + 20);
    EXPECT_EQ(news, (std::vector<SeenAlarm>{{"motion", kNow + 15}, {"person", kNow + 15}}));
    EXPECT_EQ(watch.take(std::vector{list_of({{kNow + 15, 34 | 128}})}, kNow + 30), (std::vector<SeenAlarm>{{"vehicle", kNow + 15}}))
        << "what an entry gains is new";
    EXPECT_TRUE(watch.take(std::vector{answer("searchDetectionList", "{}")}, kNow + 40).empty()) << "a quiet window is no error";
}

TEST(AlarmWatch, TheCamerasClockIsNotBelieved) {
    AlarmWatch watch;
    const std::int64_t theirs = 467'246'903;  // a hub that thinks it is 1984
    (void)watch.take(std::vector{clock_of(theirs)}, kNow);
    const auto requests = watch.requests(kNow + 10);
    ASSERT_EQ(requests.front().method, "searchDetectionList");
    const json::value& window = requests.front().params.at("playback").at("search_detection_list");
    EXPECT_LT(window.at("start_time").as_int64(), theirs);
    EXPECT_GT(window.at("end_time").as_int64(), theirs + 10);
    (void)watch.take(std::vector{answer("searchDetectionList", "{}")}, kNow + 10);
    EXPECT_EQ(watch.take(std::vector{list_of({{theirs + 18, 2}})}, kNow + 20), (std::vector<SeenAlarm>{{"motion", kNow + 18}}));
}

TEST(AlarmWatch, WithoutAListTheLastAlarmTells) {
    AlarmWatch watch;
    const Answer no_list{"searchDetectionList", fail(Errc::unsupported, "no")};
    const auto last = [](const char* time) { return answer("getLastAlarmInfo", (std::string(R"({"system":{"last_alarm_info":{"last_alarm_time":")") + time + R"(","last_alarm_type":"motion"}}})").c_str()); };
    EXPECT_TRUE(watch.take(std::vector{clock_of(kNow), no_list, last("1799999000")}, kNow).empty());
    EXPECT_TRUE(watch.take(std::vector{last("1799999000")}, kNow + 10).empty());
    EXPECT_EQ(watch.take(std::vector{last("1800000015")}, kNow + 20), (std::vector<SeenAlarm>{{"motion", kNow + 15}}));
    for (const Request& request : watch.requests(kNow + 30)) EXPECT_NE(request.method, "searchDetectionList");
    EXPECT_TRUE(watch.take(std::vector{answer("getLastAlarmInfo", R"({"system":{"last_alarm_info":{"last_alarm_time":"0","last_alarm_type":""}}})")}, kNow + 40).empty());
}

TEST(AlarmWatch, HostileAnswersAreNothing) {
    for (const char* text : {"null", "[]", R"({"playback":[]})", R"({"playback":{"search_detection_list":{}}})", R"({"playback":{"search_detection_list":[1,null,{},{"start_time":-4},{"start_time":"x","events_1":-1},[[]]]}})",
                             R"({"playback":{"search_detection_list":[{"start_time":1e300,"events_1":1e300}]}})"}) {
        AlarmWatch watch;
        (void)watch.take(std::vector{answer("searchDetectionList", "{}")}, kNow);
        EXPECT_TRUE(watch.take(std::vector{answer("searchDetectionList", text), answer("getClockStatus", text), answer("getLastAlarmInfo", text)}, kNow).empty()) << text;
    }
}

struct Told {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> events, states;
    EventOutlets outlets() {
        return {[this](const std::string&, const std::string& kind, bool on) { put(states, kind + (on ? "+" : "-")); },
                [this](const DetectionEvent& event) { put(events, event.device + " " + event.kind + " " + std::string(to_string(event.source))); }};
    }
    void put(std::vector<std::string>& list, std::string text) {
        const std::lock_guard lock(mutex);
        list.push_back(std::move(text));
        changed.notify_all();
    }
    bool wait(const std::function<bool()>& done) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, 10s, done);
    }
};

TEST(EventDesk, APressIsToldOnceAndEndsByItself) {
    Told told;
    EventDesk desk(told.outlets(), system_clock());
    const WallTime now = system_clock().wall();
    for (int i = 0; i < 5; ++i) desk.moment("a", "ring", EventSource::broadcast, now);
    desk.moment("a", "ring", EventSource::alarm_list, now + 20s);
    EXPECT_TRUE(told.wait([&] { return told.states.size() == 2; }));
    EXPECT_EQ(told.events, std::vector<std::string>{"a ring broadcast"});
    EXPECT_EQ(told.states, (std::vector<std::string>{"ring+", "ring-"}));
}

TEST(EventDesk, TwoSourcesOfOneMotionAreOneEvent) {
    Told told;
    EventDesk desk(told.outlets(), system_clock());
    desk.active("a", "motion", EventSource::onvif);
    desk.moment("a", "motion", EventSource::alarm_list, system_clock().wall());
    desk.active("b", "motion", EventSource::onvif);
    EXPECT_EQ(told.events, (std::vector<std::string>{"a motion onvif", "b motion onvif"}));
}

TEST(DoorbellListener, AnyDatagramIsAPressOfItsSender) {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> from;
    DoorbellListener listener([&](const std::string& address) {
        const std::lock_guard lock(mutex);
        from.push_back(address);
        changed.notify_all();
    });
    const auto probe = net::make_udp_socket("127.0.0.1", 0);
    ASSERT_TRUE(probe);
    ASSERT_TRUE(listener.start(DoorbellListener::kPort));
    const auto bell = net::make_udp_socket("127.0.0.77", 0);
    ASSERT_TRUE(bell);
    ASSERT_TRUE((*bell)->send_to(as_bytes("anything"), "127.255.255.255", DoorbellListener::kPort));
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, 5s, [&] { return std::find(from.begin(), from.end(), "127.0.0.77") != from.end(); }));
}

}  // namespace
}  // namespace tplink::gateway
