#include "media/hub.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>

namespace tplink::media {
namespace {

using ::testing::ElementsAre;

struct UnitOptions {
    std::size_t size = 100;
    Codec codec = Codec::h264;
    SteadyTime arrival{};
};

AccessUnit make_unit(std::int64_t pts, bool keyframe, const UnitOptions& options = {}) {
    AccessUnit unit;
    unit.codec = options.codec;
    unit.keyframe = keyframe;
    unit.pts_90k = pts;
    unit.arrival = options.arrival;
    unit.data = std::make_shared<const Buffer>(options.size);
    return unit;
}

AccessUnit sound(std::int64_t pts) {
    AccessUnit unit = make_unit(pts, false, {.size = 160, .codec = Codec::pcma});
    unit.sample_rate = 8000;
    return unit;
}

/// Writes down what it gets as "<k|p|a><pts>" and "+<burst_left>"; takes at most `room` units.
class Recorder : public Consumer {
public:
    Taken deliver(const AccessUnit& unit, std::size_t burst_left) noexcept override {
        if (room == 0) return Taken::full;
        --room;
        std::string line(1, !is_video(unit.codec) ? 'a' : unit.keyframe ? 'k' : 'p');
        line += std::to_string(unit.pts_90k);
        if (burst_left > 0) line += "+" + std::to_string(burst_left);
        got.push_back(line);
        return Taken::taken;
    }
    std::size_t room = 1'000'000;
    std::vector<std::string> got;
};

TEST(Hub, DeliversLiveUnitsFromTheFirstKeyframeOn) {
    Hub hub;
    const auto viewer = std::make_shared<Recorder>();
    hub.attach(viewer);
    hub.push(make_unit(1, false));
    hub.push(make_unit(2, true));
    hub.push(make_unit(3, false));
    EXPECT_THAT(viewer->got, ElementsAre("k2", "p3"));
}

TEST(Hub, SecondViewerGetsSoundAndTheWholeGopAtOnce) {
    Hub hub;
    hub.push(make_unit(1, true));
    hub.push(make_unit(2, true));
    hub.push(make_unit(3, false));
    hub.push(sound(70));
    hub.push(sound(71));
    hub.push(make_unit(4, false));
    const auto viewer = std::make_shared<Recorder>();
    hub.attach(viewer);
    EXPECT_THAT(viewer->got, ElementsAre("a71+3", "k2+2", "p3+1", "p4"));
    hub.push(make_unit(5, false));
    EXPECT_EQ(viewer->got.back(), "p5");
}

TEST(Hub, SoundComesBeforeTheFirstKeyframe) {
    Hub hub;
    hub.push(sound(1));
    const auto viewer = std::make_shared<Recorder>();
    hub.attach(viewer);
    hub.push(sound(2));
    EXPECT_THAT(viewer->got, ElementsAre("a1", "a2"));
    EXPECT_FALSE(hub.has_keyframe());
}

TEST(Hub, FullViewerSkipsToTheNextKeyframeAlone) {
    Hub hub;
    const auto slow = std::make_shared<Recorder>();
    const auto quick = std::make_shared<Recorder>();
    hub.attach(slow);
    hub.attach(quick);
    slow->room = 1;
    hub.push(make_unit(1, true));
    hub.push(make_unit(2, false));
    slow->room = 10;
    hub.push(make_unit(3, false));
    hub.push(sound(90));
    hub.push(make_unit(4, true));
    hub.push(make_unit(5, false));
    EXPECT_THAT(slow->got, ElementsAre("k1", "a90", "k4", "p5"));
    EXPECT_THAT(quick->got, ElementsAre("k1", "p2", "p3", "a90", "k4", "p5"));
    EXPECT_EQ(hub.stats().skipped, 2U);
}

TEST(Hub, FullDuringTheBurstWaitsForTheNextKeyframe) {
    Hub hub;
    for (std::int64_t pts = 1; pts <= 4; ++pts) hub.push(make_unit(pts, pts == 1));
    const auto viewer = std::make_shared<Recorder>();
    viewer->room = 2;
    hub.attach(viewer);
    viewer->room = 10;
    hub.push(make_unit(5, false));
    hub.push(make_unit(6, true));
    EXPECT_THAT(viewer->got, ElementsAre("k1+3", "p2+2", "k6"));
    EXPECT_EQ(hub.stats().skipped, 3U);
}

TEST(Hub, FullForSoundDoesNotStopThePicture) {
    Hub hub;
    const auto viewer = std::make_shared<Recorder>();
    hub.attach(viewer);
    hub.push(make_unit(1, true));
    viewer->room = 0;
    hub.push(sound(50));
    viewer->room = 10;
    hub.push(make_unit(2, false));
    EXPECT_THAT(viewer->got, ElementsAre("k1", "p2"));
}

TEST(Hub, DetachedViewerGetsNothingMoreAndMayReturn) {
    Hub hub;
    const auto viewer = std::make_shared<Recorder>();
    hub.attach(viewer);
    hub.attach(viewer);
    hub.push(make_unit(1, true));
    EXPECT_EQ(hub.stats().consumers, 1U);
    hub.detach(viewer);
    hub.detach(viewer);
    hub.push(make_unit(2, false));
    EXPECT_EQ(hub.stats().consumers, 0U);
    hub.attach(viewer);
    EXPECT_THAT(viewer->got, ElementsAre("k1", "k1+1", "p2"));
}

TEST(Hub, LetsGoOfADetachedViewer) {
    Hub hub;
    auto viewer = std::make_shared<Recorder>();
    const std::weak_ptr<Recorder> watch = viewer;
    hub.attach(viewer);
    hub.detach(viewer);
    viewer.reset();
    EXPECT_TRUE(watch.expired());
}

TEST(Hub, TooManyUnitsDropTheCacheAndLateViewersWait) {
    Hub hub;
    const auto early = std::make_shared<Recorder>();
    hub.attach(early);
    for (std::size_t i = 0; i < Hub::kMaxUnits; ++i)
        hub.push(make_unit(static_cast<std::int64_t>(i), i == 0));
    EXPECT_TRUE(hub.has_keyframe());
    hub.push(make_unit(9000, false));
    EXPECT_FALSE(hub.has_keyframe());
    const auto late = std::make_shared<Recorder>();
    hub.attach(late);
    hub.push(make_unit(9001, false));
    hub.push(make_unit(9002, true));
    EXPECT_EQ(early->got.size(), Hub::kMaxUnits + 3);
    EXPECT_THAT(late->got, ElementsAre("k9002"));
    EXPECT_TRUE(hub.has_keyframe());
}

TEST(Hub, TooManyBytesDropTheCache) {
    Hub hub;
    hub.push(make_unit(1, true, {.size = Hub::kMaxBytes / 2}));
    hub.push(make_unit(2, false, {.size = Hub::kMaxBytes / 2}));
    EXPECT_TRUE(hub.has_keyframe());
    hub.push(make_unit(3, false, {.size = 1}));
    EXPECT_FALSE(hub.has_keyframe());
    hub.push(make_unit(4, true, {.size = Hub::kMaxBytes + 1}));
    EXPECT_FALSE(hub.has_keyframe());
    EXPECT_EQ(hub.last_keyframe()->pts_90k, 4);
}

TEST(Hub, DroppedCacheFreesItsBytes) {
    Hub hub;
    AccessUnit unit = make_unit(1, true);
    const std::weak_ptr<const Buffer> watch = unit.data;
    hub.push(unit);
    unit.data.reset();
    EXPECT_FALSE(watch.expired());
    hub.push(make_unit(2, true));
    EXPECT_TRUE(watch.expired());
}

TEST(Hub, InterruptKeepsViewersAndTheLastKeyframeOnly) {
    Hub hub;
    const auto viewer = std::make_shared<Recorder>();
    hub.attach(viewer);
    hub.push(make_unit(1, true));
    hub.push(sound(2));
    hub.interrupt();
    EXPECT_FALSE(hub.has_keyframe());
    EXPECT_EQ(hub.format(), StreamFormat{});
    ASSERT_TRUE(hub.last_keyframe());
    EXPECT_EQ(hub.last_keyframe()->pts_90k, 1);
    const auto late = std::make_shared<Recorder>();
    hub.attach(late);
    EXPECT_TRUE(late->got.empty());
    hub.push(make_unit(3, false));
    hub.push(make_unit(4, true));
    EXPECT_THAT(viewer->got, ElementsAre("k1", "a2", "k4"));
    EXPECT_THAT(late->got, ElementsAre("k4"));
    EXPECT_EQ(hub.stats().skipped, 0U);
}

TEST(Hub, CodecChangeInsideAGopIsNotDelivered) {
    Hub hub;
    const auto viewer = std::make_shared<Recorder>();
    hub.attach(viewer);
    hub.push(make_unit(1, true));
    hub.push(make_unit(2, false, {.codec = Codec::h265}));
    hub.push(make_unit(3, false));
    EXPECT_FALSE(hub.has_keyframe());
    hub.push(make_unit(4, true, {.codec = Codec::h265}));
    EXPECT_THAT(viewer->got, ElementsAre("k1", "k4"));
    EXPECT_EQ(hub.format().video, Codec::h265);
}

TEST(Hub, KnowsTheFormat) {
    Hub hub;
    EXPECT_EQ(hub.format(), StreamFormat{});
    hub.push(make_unit(1, true));
    hub.push(sound(2));
    EXPECT_EQ(hub.format(), (StreamFormat{Codec::h264, Codec::pcma, 8000}));
}

TEST(Hub, RatesAreThoseOfTheLastSeconds) {
    Hub hub;
    const SteadyTime start{};
    for (int frame = 0; frame < 20 * 15; ++frame) // 20 s at 15 fps, GOP 2 s, 15 kB/s
        hub.push(
            make_unit(frame, frame % 30 == 0, {.size = 1000, .arrival = start + frame * 1000000us / 15}));
    const HubStats stats = hub.stats();
    EXPECT_NEAR(stats.fps, 15, 0.01);
    EXPECT_NEAR(stats.bitrate_kbps, 120, 0.1);
    EXPECT_NEAR(stats.keyframe_interval_s, 2, 0.001);
    EXPECT_EQ(stats.units, 300U);
    EXPECT_EQ(stats.bytes, 300000U);
    EXPECT_EQ(stats.keyframes, 10U);
    hub.interrupt();
    EXPECT_EQ(hub.stats().fps, 0);
    EXPECT_EQ(hub.stats().units, 300U);
}

/// Checks that video comes whole: every non-keyframe is its predecessor's successor.
class OrderChecker : public Consumer {
public:
    Taken deliver(const AccessUnit& unit, std::size_t /*burst_left*/) noexcept override {
        if (!is_video(unit.codec)) return Taken::taken;
        if (!unit.keyframe && unit.pts_90k != last_ + 1) gaps.fetch_add(1);
        last_ = unit.pts_90k;
        return unit.pts_90k % 37 == 0 ? Taken::full : Taken::taken;
    }
    std::atomic<int> gaps{0};

private:
    std::int64_t last_ = -1; // deliver() is never called twice at once
};

TEST(Hub, ThreadsMayPushAttachDetachAndAskAtOnce) {
    Hub hub;
    std::latch ready(4);
    std::atomic<bool> pushing{true};
    std::atomic<int> gaps{0};
    {
        std::vector<std::jthread> threads;
        threads.reserve(3);
        for (int i = 0; i < 2; ++i)
            threads.emplace_back([&] {
                ready.arrive_and_wait();
                while (pushing) {
                    const auto viewer = std::make_shared<OrderChecker>();
                    hub.attach(viewer);
                    std::this_thread::yield();
                    hub.detach(viewer);
                    gaps += viewer->gaps;
                }
            });
        threads.emplace_back([&] {
            ready.arrive_and_wait();
            while (pushing) {
                const HubStats stats = hub.stats();
                if (stats.keyframes > stats.units || stats.consumers > 2) ++gaps;
                if (const auto keyframe = hub.last_keyframe(); keyframe && !keyframe->keyframe) ++gaps;
            }
        });
        ready.arrive_and_wait();
        for (std::int64_t pts = 0; pts < 5000; ++pts) {
            if (pts % 997 == 0) hub.interrupt();
            hub.push(pts % 5 == 4 ? sound(pts) : make_unit(pts - pts / 5, pts % 50 == 0));
        }
        pushing = false;
    }
    EXPECT_EQ(gaps, 0);
    EXPECT_EQ(hub.stats().consumers, 0U);
}

} // namespace
} // namespace tplink::media
