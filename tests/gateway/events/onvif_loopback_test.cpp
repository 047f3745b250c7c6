// Events by ONVIF from the simulated camera's service over a real socket: who subscribes, what arrives, when it is over.

#include <atomic>
#include <boost/json.hpp>
#include <condition_variable>
#include <gtest/gtest.h>

#include "gateway/app/ladder_opener.hpp"
#include "gateway/device/actor.hpp"
#include "gateway/events/listeners.hpp"
#include "tests/simulators/camera_l3.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

/// The machine's clock, and what the test adds.
class MovedClock final : public Clock {
public:
    SteadyTime now() const override { return system_clock().now() + std::chrono::seconds(ahead_s_); }
    WallTime wall() const override { return system_clock().wall(); }
    void move(std::chrono::seconds by) { ahead_s_ += by.count(); }

private:
    std::atomic<std::int64_t> ahead_s_{0};
};

/// What left the desk.
struct Told {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, bool> on;
    std::vector<DetectionEvent> events;

    template <class F> bool wait(F done) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, 30s, done);
    }
    /// Something more was told, or the time is over.
    void news(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, patience, [this, before = events.size()] { return events.size() != before; });
    }
    bool is(const std::string& kind, bool wanted) {
        return wait([&] { return on.contains(kind) && on[kind] == wanted; });
    }
    bool stays(const std::string& kind, bool wanted) {
        const std::lock_guard lock(mutex);
        return on.contains(kind) && on[kind] == wanted;
    }
    std::vector<DetectionEvent> all() {
        const std::lock_guard lock(mutex);
        return events;
    }
    EventOutlets outlets() {
        return {[this](const std::string&, const std::string& kind, bool now) {
                    const std::lock_guard lock(mutex);
                    on[kind] = now;
                    changed.notify_all();
                },
                [this](const DetectionEvent& event) {
                    const std::lock_guard lock(mutex);
                    events.push_back(event);
                    changed.notify_all();
                }};
    }
};

class OnvifLoopback : public ::testing::Test {
protected:
    OnvifLoopback() : camera_(options()), desk_(told_.outlets(), clock_), watch_(desk_, [](auto...) {}, clock_, system_random(), [this](const std::string&, bool silent) { silence_.push_back(silent); }) {
        camera_.start();
        tplink::onvif::PullPointOptions options;
        options.host = camera_.options().address;
        options.port = camera_.onvif_port();
        options.account = {"camera", Secret("camera-password")};
        watch_.watch("gate", options);
        EXPECT_TRUE(subscribed(1));
    }
    static sim::CameraL3Options options() {
        sim::CameraL3Options options;
        static const auto identity = std::make_shared<const sim::TlsIdentity>(1024);  // making one takes most of a second
        options.identity = identity;
        options.address = "127.0.82.1";
        options.discovery_port.reset();
        options.camera.has_person_detection = true;
        options.camera.clock_skew_s = 11 * 3600;  // a camera that thinks it is elsewhere
        sim::OnvifOptions onvif;
        onvif.port = 0;
        onvif.longest_poll = 100ms;
        options.onvif = onvif;
        return options;
    }
    int count(const char* key) { return camera_.state().at("onvif").at(key).to_number<int>(); }
    /// Created `times` times, one is open and was asked.
    bool subscribed(int times) {
        return until([&] { return count("created") >= times && count("subscriptions") == 1 && watch_.is_listening("gate"); });
    }
    template <class F> static bool until(F done) {
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!done()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::yield();
        }
        return true;
    }
    void happen(const char* kind, bool active) { ASSERT_TRUE(camera_.set_state({{"event", json::object{{"kind", kind}, {"active", active}}}})); }
    /// The desk looks at the clock again.
    void move(std::chrono::seconds by) {
        clock_.move(by);
        desk_.inactive("another", "motion");
    }

    MovedClock clock_;
    Told told_;
    sim::CameraL3 camera_;
    EventDesk desk_;
    std::vector<bool> silence_;  ///< as it was told; by the threads that the test waits for
    OnvifWatch watch_;
};

TEST_F(OnvifLoopback, MotionAndPersonArriveWithOurTimeAndEndWhenTheCameraSaysSo) {
    for (const char* kind : {"motion", "person"}) {
        happen(kind, true);
        EXPECT_TRUE(told_.is(kind, true));
    }
    const auto events = told_.all();
    ASSERT_EQ(events.size(), 2U) << "each once, and the state at subscription is none";
    for (const DetectionEvent& event : events) {
        EXPECT_EQ(event.source, EventSource::onvif);
        EXPECT_LT(system_clock().wall() - event.at, 60s) << "the camera's clock is wrong";
    }
    happen("person", false);
    EXPECT_TRUE(told_.is("person", false)) << "after the hold, by itself";
    EXPECT_TRUE(told_.stays("motion", true));
    EXPECT_EQ(count("refusals"), 0) << "the token carries the camera's time";
}

TEST_F(OnvifLoopback, WhatTheCameraNeverEndsIsOverAfterThreeMinutes) {
    ASSERT_TRUE(camera_.set_state({{"onvif", json::object{{"never_sends_false", true}}}}));
    happen("motion", true);
    ASSERT_TRUE(told_.is("motion", true));
    happen("motion", false);
    move(150s);
    happen("person", true);
    ASSERT_TRUE(told_.is("person", true));
    EXPECT_TRUE(told_.stays("motion", true));
    move(31s);
    EXPECT_TRUE(told_.is("motion", false));
    EXPECT_TRUE(told_.stays("person", true));
}

TEST_F(OnvifLoopback, TheSubscriptionIsRenewedInTime) {
    clock_.move(9min);
    EXPECT_TRUE(until([&] { return count("renewals") == 1; }));
    happen("motion", true);
    EXPECT_TRUE(told_.is("motion", true));
    EXPECT_EQ(count("created"), 1);
}

TEST_F(OnvifLoopback, ASubscriptionThatARestartLostIsMadeAgain) {
    ASSERT_TRUE(camera_.set_state({{"onvif", json::object{{"forget_subscriptions", true}}}}));
    EXPECT_TRUE(subscribed(2));
    happen("motion", true);
    EXPECT_TRUE(told_.is("motion", true));
    camera_.kill();
    EXPECT_TRUE(until([&] { return !watch_.is_listening("gate"); }));
    camera_.reboot();
    EXPECT_TRUE(subscribed(3));
    happen("person", true);
    EXPECT_TRUE(told_.is("person", true));
}

TEST_F(OnvifLoopback, ASubscriptionThatDeliversNothingIsNotReliedUponUntilItDoes) {
    ASSERT_TRUE(camera_.set_state({{"onvif", json::object{{"delivers_nothing", true}}}}));
    happen("motion", true);
    const WallTime first = clock_.wall();
    EXPECT_FALSE(watch_.recorded("gate", "motion", first));
    EXPECT_TRUE(watch_.is_listening("gate"));
    EXPECT_FALSE(watch_.recorded("gate", "motion", first + 1s));
    EXPECT_FALSE(watch_.is_listening("gate"));
    EXPECT_EQ(silence_, (std::vector<bool>{true}));
    EXPECT_FALSE(watch_.recorded("gate", "motion", first + 2s));
    EXPECT_EQ(silence_.size(), 1U) << "a lasting fault is one line";
    ASSERT_TRUE(camera_.set_state({{"onvif", json::object{{"delivers_nothing", false}}}}));
    happen("person", true);
    ASSERT_TRUE(told_.is("person", true));
    EXPECT_TRUE(watch_.is_listening("gate"));
    EXPECT_TRUE(watch_.recorded("gate", "person", clock_.wall())) << "brought, so not told twice";
    EXPECT_EQ(silence_, (std::vector<bool>{true, false}));
}

/// An actor of that camera whose list reports where the subscription does.
class Asked final : public DeviceSink {
public:
    Asked(const sim::Device& device, const Clock& clock, OnvifWatch& watch, EventDesk& desk) {
        DeviceConfig config;
        config.host = device.options().address;
        config.port = device.port();
        config.family = Family::tapo_camera;
        ActorDeps deps{clock, system_random(), *this, [] { return make_ladder_opener(); }, tcp_probe};
        deps.alarm = [&](const std::string&, const std::string& kind, std::int64_t at_unix_s) {
            const WallTime at = std::chrono::system_clock::from_time_t(static_cast<std::time_t>(at_unix_s));
            if (!watch.recorded("gate", kind, at)) desk.moment("gate", kind, EventSource::alarm_list, at);
        };
        deps.has_push = [&](const std::string&) { return watch.is_listening("gate"); };
        actor = std::make_unique<DeviceActor>(config, Credentials{"demo@example.com", Secret("demo-password")}, Learned{}, std::move(deps));
        actor->start();
    }
    ~Asked() override { actor.reset(); }
    void device_changed(std::shared_ptr<const DeviceView>) override {}
    void command_done(const CommandResult&) override {}
    void device_learned(const std::string&) override {}
    std::unique_ptr<DeviceActor> actor;
};

TEST_F(OnvifLoopback, WhatASubscriptionKeepsBackIsToldFromTheList) {
    ASSERT_TRUE(camera_.set_state({{"onvif", json::object{{"delivers_nothing", true}}}}));
    Asked asked(camera_, clock_, watch_, desk_);
    const auto by_list = [&] {
        const auto events = told_.all();
        return std::any_of(events.begin(), events.end(), [](const DetectionEvent& event) { return event.kind == "motion" && event.source == EventSource::alarm_list; });
    };
    EXPECT_TRUE(until([&] {
        happen("motion", true);
        happen("motion", false);
        clock_.move(11s);  // the next look is due
        asked.actor->poll_now();
        told_.news(50ms);
        return by_list() && !watch_.is_listening("gate");
    }));
    const auto events = told_.all();
    EXPECT_TRUE(std::all_of(events.begin(), events.end(), [](const DetectionEvent& event) { return event.source == EventSource::alarm_list; }));
    EXPECT_TRUE(told_.is("motion", true));
    move(31s);
    EXPECT_TRUE(told_.is("motion", false)) << "by itself, half a minute after it was told";
    ASSERT_TRUE(camera_.set_state({{"onvif", json::object{{"delivers_nothing", false}}}}));
    happen("person", true);
    EXPECT_TRUE(told_.is("person", true));
    EXPECT_TRUE(watch_.is_listening("gate")) << "it delivers again";
}

TEST_F(OnvifLoopback, WhoLeavesUnsubscribes) {
    watch_.leave("gate");
    EXPECT_TRUE(until([&] { return count("subscriptions") == 0; }));
}

}  // namespace
}  // namespace tplink::gateway
