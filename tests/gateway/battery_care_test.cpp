// A battery camera through a day of simulated time: who wakes it, and for how long.

#include <future>
#include <gtest/gtest.h>

#include "gateway/device/actor.hpp"
#include "gateway/device/battery_care.hpp"
#include "tests/gateway/fake_session.hpp"
#include "tests/protocols/fakes.hpp"

namespace tplink::gateway {
namespace {

constexpr SteadyTime kStart = SteadyTime{} + 1h;
constexpr WallTime kNoon = WallTime{} + std::chrono::hours(24 * 20000 + 12);

TEST(BatteryCare, CountsContactsStreamsAndTheirTails) {
    BatteryCare care;
    care.contact(true, kStart, kNoon);
    EXPECT_FALSE(care.is_asleep(kStart + 1s));
    care.contact(false, kStart + 2s, kNoon + 2s);
    EXPECT_FALSE(care.is_asleep(kStart + 3s));
    EXPECT_TRUE(care.is_asleep(kStart + 7s));
    EXPECT_EQ(care.awake_today_s(kStart + 60s, kNoon + 60s), 7);
    care.stream(true, kStart + 100s, kNoon + 100s);
    care.contact(true, kStart + 110s, kNoon + 110s);
    care.contact(false, kStart + 112s, kNoon + 112s);
    care.stream(false, kStart + 130s, kNoon + 130s);
    EXPECT_EQ(care.awake_today_s(kStart + 200s, kNoon + 200s), 7 + 35) << "both at once count once";
}

TEST(BatteryCare, ANewDayStartsAtNothing) {
    BatteryCare care;
    care.contact(true, kStart, kNoon);
    care.contact(false, kStart + 10s, kNoon + 10s);
    EXPECT_EQ(care.awake_today_s(kStart + 24h, kNoon + 24h), 0);
}

/// Time that tests move while the actor's thread reads it.
class MovingClock final : public Clock {
public:
    SteadyTime now() const override { return real_ + std::chrono::seconds(passed_.load()); }
    WallTime wall() const override { return WallTime{} + std::chrono::hours(24 * 20000) + std::chrono::seconds(passed_.load()); }
    void advance(std::chrono::seconds time) { passed_ += time.count(); }

private:
    const SteadyTime real_ = std::chrono::steady_clock::now();
    std::atomic<long> passed_{0};
};

class Sink final : public DeviceSink {
public:
    void device_changed(std::shared_ptr<const DeviceView> view) override {
        const std::lock_guard lock(mutex_);
        view_ = std::move(view);
        ++views_;
        changed_.notify_all();
    }
    void device_gone(std::shared_ptr<const DeviceView>) override {}
    void command_done(const CommandResult& result) override {
        const std::lock_guard lock(mutex_);
        results_.push_back(result);
        changed_.notify_all();
    }
    void device_learned(const std::string&) override {}
    template <class F> bool wait(F done) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 10s, [&] { return view_ && done(*view_); });
    }
    bool wait_result() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 10s, [&] { return !results_.empty(); });
    }
    std::vector<CommandResult> results_;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<const DeviceView> view_;
    int views_ = 0;
};

struct BatteryDay : ::testing::Test {
    testing::FakeDevice device;
    MovingClock clock;
    test::CountingRandom random;
    Sink sink;

    BatteryDay() {
        device.family = Family::tapo_camera;
        device.identity = {.mac = "020000000077", .model = "C425", .name = "Garden", .hardware = "1.0", .firmware = "1", .device_id = "id",
                           .device_type = "SMART.IPCAMERA", .components = {{"battery", 1}, {"lensMask", 1}, {"detection", 1}}};
        device.answers = json::parse(R"({"getLensMaskConfig":{"lens_mask":{"lens_mask_info":{"enabled":"off"}}},
            "getDeviceInfo":{"device_info":{"basic_info":{"battery_percent":80,"battery_charging":"NO","sw_version":"1"}}}})").as_object();
    }
    std::unique_ptr<DeviceActor> start(std::chrono::seconds poll = std::chrono::seconds(0)) {
        DeviceConfig config;
        config.host = "127.0.0.1";
        config.poll = poll;
        auto actor = std::make_unique<DeviceActor>(config, Credentials{"u", Secret("p")}, Learned{},
                                                   ActorDeps{clock, random, sink, [this] { return std::make_unique<testing::FakeOpener>(device); }, {}, 20ms});
        actor->start();
        return actor;
    }
    int contacts() {
        const std::lock_guard lock(device.mutex);
        return device.opened;
    }
    /// So many contacts began and ended.
    bool wait_contacts(int count) { return device.wait([&] { return device.closed >= count; }); }
    /// Time passes until so many were tried. The thread may still be busy with the last one when it is moved on.
    bool pass_until_tries(DeviceActor& actor, int count) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (std::chrono::steady_clock::now() < deadline) {
            clock.advance(1205s);
            actor.push({"nobody", "motion", false});
            std::unique_lock lock(device.mutex);
            if (device.changed.wait_for(lock, 20ms, [&] { return device.opened >= count; })) return true;
        }
        return false;
    }
    long awake(const DeviceView& view) {
        const json::value* value = view.state.if_contains("awake_today");
        return value != nullptr && value->is_int64() ? static_cast<long>(value->get_int64()) : -1;
    }
    static bool asleep(const DeviceView& view) {
        const json::value* value = view.state.if_contains("asleep");
        return value != nullptr && *value == json::value("ON");
    }
};

TEST_F(BatteryDay, OneShortContactAnHourAndNothingBetween) {
    auto actor = start();
    ASSERT_TRUE(sink.wait(asleep)) << "asleep is a state";
    EXPECT_EQ(contacts(), 1);
    for (int hour = 1; hour < 24; ++hour) {
        for (int minute = 0; minute < 58; ++minute) {
            clock.advance(60s);
            actor->push({"nobody", "motion", false});  // wakes the actor's thread, not the camera
        }
        clock.advance(150s);
        actor->push({"nobody", "motion", false});
        ASSERT_TRUE(wait_contacts(hour + 1)) << "hour " << hour;
    }
    long most = 0;
    ASSERT_TRUE(sink.wait([&](const DeviceView& view) { most = awake(view); return asleep(view) && view.online && most > 0; }));
    actor.reset();
    EXPECT_LE(contacts(), 25);
    EXPECT_LE(most, 240);
}

TEST_F(BatteryDay, WithPollingOffNothingWakesItButACommand) {
    auto actor = start(kNeverPolled);
    ASSERT_TRUE(sink.wait(asleep));
    for (int minute = 0; minute < 24 * 60; ++minute) {
        clock.advance(60s);
        actor->push({"nobody", "motion", false});
    }
    PropertyCommand command;
    command.property = "privacy";
    command.value = json::value("ON");
    actor->post(std::move(command));
    ASSERT_TRUE(sink.wait_result());
    actor.reset();
    EXPECT_EQ(contacts(), 2) << "one at first, one for the command";
}

/// A hub with mains and a doorbell that has none: the last view of each.
struct HubDay : BatteryDay {
    HubDay() {
        device.identity = {.mac = "020000000088", .model = "H200", .name = "Hub", .hardware = "1.0", .firmware = "1", .device_id = "hub",
                           .device_type = "SMART.TAPOHUB", .components = {{"childControl", 1}, {"siren", 1}}};
        device.answers = json::parse(R"({"getSirenStatus":{"status":"off","time_left":0},
            "getChildDeviceList":{"child_device_list":[{"device_id":"bell","category":"camera","device_model":"D230","alias":"Bell","mac":"02-00-00-00-00-99",
                "online":true,"battery_percent":80,"low_battery":false,"battery_charging":"NO","rssi":-50}],"sum":1,"start_index":0},
            "getChildDeviceComponentList":{"child_component_list":[{"device_id":"bell","component_list":[{"name":"battery","version":1},{"name":"lensMask","version":1}]}]},
            "getLensMaskConfig":{"lens_mask":{"lens_mask_info":{"enabled":"off"}}}})").as_object();
    }
    int child_contacts() {
        const std::lock_guard lock(device.mutex);
        return device.child_contacts;
    }
    /// Time passes, the hub is polled, and everything that follows is over.
    bool step(DeviceActor& actor, std::chrono::seconds time) {
        int before = 0;
        {
            const std::lock_guard lock(device.mutex);
            before = device.polls;
        }
        clock.advance(time);
        actor.push({"nobody", "motion", false});
        if (!device.wait([&] { return device.polls > before; })) return false;
        return idle(actor);
    }
    /// What was begun is over: a poll under way while the clock is moved would be dated wrongly.
    static bool idle(DeviceActor& actor) {
        auto over = std::make_shared<std::promise<void>>();
        auto done = over->get_future();
        return actor.ask([over](Session*) { over->set_value(); }) && done.wait_for(30s) == std::future_status::ready;
    }
    std::shared_ptr<const DeviceView> bell(DeviceActor& actor) {
        for (const auto& view : actor.views())
            if (view->id == "020000000099") return view;
        return nullptr;
    }
};

TEST_F(HubDay, ABatteryChildIsAskedOnceAnHourWhileItsHubIsAskedAllTheTime) {
    auto actor = start(30s);
    ASSERT_TRUE(sink.wait([](const DeviceView& view) { return view.id == "020000000099" && asleep(view); })) << "asleep is a state";
    ASSERT_TRUE(idle(*actor));
    for (int i = 1; i < 24 * 3600 / 31; ++i) ASSERT_TRUE(step(*actor, 31s)) << "step " << i;
    const auto view = bell(*actor);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->online);
    EXPECT_TRUE(asleep(*view));
    EXPECT_EQ(view->state.at("battery"), json::value(80)) << "told by the hub";
    EXPECT_GT(child_contacts(), 20);
    EXPECT_LE(child_contacts(), 28);
    EXPECT_GT(awake(*view), 0);
    EXPECT_LE(awake(*view), 240);
}

TEST_F(HubDay, ACommandForTheHubDoesNotWakeItsChild) {
    auto actor = start(30s);
    ASSERT_TRUE(sink.wait([](const DeviceView& view) { return view.id == "020000000099" && asleep(view); }));
    ASSERT_TRUE(idle(*actor));
    const int before = child_contacts();
    PropertyCommand command;
    command.property = "siren";
    command.value = json::value("OFF");
    actor->post(std::move(command));
    ASSERT_TRUE(sink.wait_result());
    ASSERT_TRUE(idle(*actor));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(step(*actor, 2s)) << "the hub is looked at again soon";
    EXPECT_EQ(child_contacts(), before);
}

TEST_F(HubDay, OfAHubThatLetsNobodySpeakToItsCamerasTheListIsLeft) {
    device.answers.erase("getLensMaskConfig");  // whatever is asked of the child, the hub knows no such method
    auto actor = start(30s);
    ASSERT_TRUE(sink.wait([](const DeviceView& view) { return view.id == "020000000099" && asleep(view); }));
    ASSERT_TRUE(idle(*actor));
    const int before = child_contacts();
    for (int i = 1; i < 2 * 3600 / 31; ++i) ASSERT_TRUE(step(*actor, 31s)) << "step " << i;
    const auto view = bell(*actor);
    ASSERT_TRUE(view);
    EXPECT_TRUE(view->online);
    EXPECT_EQ(view->state.at("battery"), json::value(80));
    EXPECT_EQ(view->state.at("rssi"), json::value(-50));
    EXPECT_FALSE(view->state.contains("privacy"));
    EXPECT_EQ(child_contacts(), before) << "what it does not know is not worth waking it again";
}

TEST_F(BatteryDay, OneThatDoesNotAnswerIsAsleepAndNotOffline) {
    auto actor = start();
    ASSERT_TRUE(sink.wait(asleep));
    {
        const std::lock_guard lock(device.mutex);
        device.open_error = Error{Errc::unreachable, "no route", 0, {}};
    }
    ASSERT_TRUE(pass_until_tries(*actor, 4));
    EXPECT_TRUE(sink.wait([](const DeviceView& view) { return view.online && asleep(view); }));
    ASSERT_TRUE(pass_until_tries(*actor, 30));
    EXPECT_TRUE(sink.wait([](const DeviceView& view) { return !view.online; })) << "a day of silence is no sleep";
}

}  // namespace
}  // namespace tplink::gateway
