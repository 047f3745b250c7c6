#include "gateway/mqtt/lifecycle.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "tests/gateway/mqtt/fake_broker.hpp"
#include "tests/gateway/mqtt/samples.hpp"

namespace tplink::gateway {
namespace {

using List = std::vector<std::string>;
using samples::camera;
using samples::plug;
using samples::plug_state;

const std::string kPlugId = "a842a1001122", kCameraId = "0c8000aabbcc";
const Topics kTopics;
const SteadyTime kStart{std::chrono::hours(1)};
const WallTime kWall{std::chrono::seconds(1'700'000'000)};

class LifecycleTest : public testing::Test {
protected:
    explicit LifecycleTest(DiscoveryForm form = DiscoveryForm::device) {
        options_.discovery = form;
        options_.origin.version = "0.1.0";
        lifecycle_.emplace(options_, broker_, random_);
    }
    /// Connected, nothing found, everything published.
    void open() {
        lifecycle_->connected(now_);
        advance(options_.first_quiet);
    }
    void advance(std::chrono::milliseconds by) {
        now_ += by;
        lifecycle_->tick(now_);
    }
    json::object payload(const std::string& topic) {
        return broker_.retained.contains(topic) ? json::parse(broker_.retained[topic]).as_object() : json::object{};
    }
    void found(const std::string& topic, const std::string& text) { lifecycle_->retained({topic, text, true}, now_); }

    PublisherOptions options_;
    FakeBroker broker_;
    FixedRandom random_{0};
    std::optional<Lifecycle> lifecycle_;
    SteadyTime now_ = kStart;
};

class ComponentForm : public LifecycleTest {
protected:
    ComponentForm() : LifecycleTest(DiscoveryForm::component) {}
};
class NoDiscovery : public LifecycleTest {
protected:
    NoDiscovery() : LifecycleTest(DiscoveryForm::off) {}
};

TEST_F(LifecycleTest, NothingRetainedLeavesBeforeTheFirstConnect) {
    lifecycle_->set_device(plug(), now_);
    lifecycle_->set_availability(kPlugId, true);
    lifecycle_->set_state(kPlugId, plug_state(), kWall);
    lifecycle_->set_bridge_info({{"version", "0.1.0"}});
    EXPECT_EQ(broker_.take_topics(), List{});
    lifecycle_->connected(now_);
    lifecycle_->tick(now_);
    EXPECT_EQ(broker_.take_topics(), List{});
    advance(options_.first_quiet);
    EXPECT_EQ(broker_.take_topics(),
              (List{kTopics.device_discovery("bridge"), kTopics.device_discovery(kPlugId), kTopics.availability(kPlugId),
                    kTopics.state(kPlugId), kTopics.bridge("info"), kTopics.bridge_state()}));
    EXPECT_EQ(broker_.retained[kTopics.bridge_state()], "online");
}

TEST_F(LifecycleTest, ALateDeviceGoesDiscoveryAvailabilityState) {
    open();
    broker_.sent.clear();
    lifecycle_->set_state(kPlugId, plug_state(), kWall);  // known before the device is described
    lifecycle_->set_availability(kPlugId, true);
    EXPECT_EQ(broker_.take_topics(), (List{kTopics.availability(kPlugId)}));  // a stale "online" must not stand
    lifecycle_->set_device(plug(), now_);
    EXPECT_EQ(broker_.take_topics(),
              (List{kTopics.device_discovery(kPlugId), kTopics.availability(kPlugId), kTopics.state(kPlugId)}));
}

TEST_F(LifecycleTest, StatesArePublishedOnlyWhenTheyDiffer) {
    open();
    lifecycle_->set_device(plug(), now_);
    lifecycle_->set_state(kPlugId, plug_state(), kWall);
    broker_.sent.clear();
    lifecycle_->set_state(kPlugId, plug_state(), kWall + 5s);
    EXPECT_EQ(broker_.take_topics(), List{});
    auto changed = plug_state();
    changed["power"] = 81.5;
    lifecycle_->set_state(kPlugId, changed, kWall + 10s);
    EXPECT_EQ(broker_.take_topics(), (List{kTopics.state(kPlugId)}));
    EXPECT_EQ(payload(kTopics.state(kPlugId)).at("last_seen"), json::value("2023-11-14T22:13:30+00:00"));
    lifecycle_->set_state(kPlugId, changed, kWall + 700s);  // nothing new but "seen" is ten minutes old
    EXPECT_EQ(broker_.take_topics(), (List{kTopics.state(kPlugId)}));
    lifecycle_->repeat_state(kPlugId);
    EXPECT_EQ(broker_.take_topics(), (List{kTopics.state(kPlugId)}));
}

TEST_F(LifecycleTest, ADeviceToldAgainWithEveryPollIsSilentAndMovesNoDeadline) {
    open();
    EXPECT_TRUE(lifecycle_->set_device(plug(), now_));
    lifecycle_->set_availability(kPlugId, true);
    lifecycle_->set_state(kPlugId, plug_state(), kWall);
    broker_.take_topics();
    const auto deadline = lifecycle_->deadline();
    EXPECT_FALSE(lifecycle_->set_device(plug(), now_));
    EXPECT_EQ(broker_.take_topics(), List{});
    EXPECT_EQ(lifecycle_->deadline(), deadline);
    auto renamed = plug();
    renamed.name = "Another name";
    EXPECT_TRUE(lifecycle_->set_device(renamed, now_));
}

TEST_F(LifecycleTest, AvailabilityIsPublishedOnChange) {
    open();
    lifecycle_->set_device(plug(), now_);
    lifecycle_->set_availability(kPlugId, true);
    broker_.sent.clear();
    lifecycle_->set_availability(kPlugId, true);
    EXPECT_EQ(broker_.take_topics(), List{});
    lifecycle_->set_availability(kPlugId, false);
    EXPECT_EQ(broker_.retained[kTopics.availability(kPlugId)], "offline");
}

TEST_F(LifecycleTest, DiscoveryIsCoalescedAndIdenticalOnesAreSkipped) {
    open();
    advance(60s);
    lifecycle_->set_device(plug(), now_);
    broker_.sent.clear();
    for (const char* name : {"One", "Two", "Three"}) {
        auto renamed = plug();
        renamed.name = name;
        lifecycle_->set_device(renamed, now_);
    }
    EXPECT_EQ(broker_.take_topics(), List{});
    EXPECT_EQ(lifecycle_->deadline(), now_ + options_.discovery_gap);
    advance(4999ms);
    EXPECT_EQ(broker_.take_topics(), List{});
    advance(1ms);
    EXPECT_EQ(broker_.take_topics(), (List{kTopics.device_discovery(kPlugId)}));
    EXPECT_EQ(payload(kTopics.device_discovery(kPlugId)).at("device").at("name"), json::value("Three"));
    auto same = plug();
    same.name = "Three";
    lifecycle_->set_device(same, now_);
    advance(10s);
    EXPECT_EQ(broker_.take_topics(), List{});
}

TEST_F(LifecycleTest, AnEntityThatGoesIsRemovedInTwoSteps) {
    open();
    lifecycle_->set_device(plug(), now_);
    auto smaller = plug();
    std::erase_if(smaller.rows, [](const Capability* row) { return row->id == "led"; });
    lifecycle_->set_device(smaller, now_);
    const auto topic = kTopics.device_discovery(kPlugId);
    advance(5s);
    EXPECT_FALSE(payload(topic).at("components").as_object().contains("led"));
    advance(options_.removal_patience);
    EXPECT_EQ(payload(topic).at("components").at("led"), (json::value(json::object{{"platform", "switch"}})));
    advance(5s);
    EXPECT_FALSE(payload(topic).at("components").as_object().contains("led"));
    EXPECT_TRUE(payload(topic).at("components").as_object().contains("state"));
    broker_.sent.clear();
    advance(10s);
    EXPECT_EQ(broker_.take_topics(), List{});
}

// After a rename or a restart rows answer one by one; who is removed meanwhile loses what the user has set for it.
TEST_F(LifecycleTest, AnEntityThatIsAwayForAMomentIsNotRemoved) {
    open();
    lifecycle_->set_device(plug(), now_);
    lifecycle_->set_state(kPlugId, plug_state(), kWall);
    auto smaller = plug();
    std::erase_if(smaller.rows, [](const Capability* row) { return row->id == "led"; });
    lifecycle_->set_device(smaller, now_);
    auto state = plug_state();
    state.erase("led");
    lifecycle_->set_state(kPlugId, state, kWall);
    EXPECT_EQ(payload(kTopics.state(kPlugId)).at("led"), json::value(nullptr));
    advance(5s);
    broker_.sent.clear();
    lifecycle_->set_device(plug(), now_);
    advance(5s);
    advance(options_.removal_patience);
    advance(5s);
    for (const Message& message : broker_.sent) EXPECT_EQ(message.payload.find(R"("led":{"platform":"switch"})"), std::string::npos);
    EXPECT_TRUE(payload(kTopics.device_discovery(kPlugId)).at("components").at("led").as_object().contains("unique_id"));
    EXPECT_EQ(lifecycle_->deadline(), std::nullopt);
}

TEST_F(LifecycleTest, AnEntityTheUserDoesNotWantGoesAtOnce) {
    open();
    lifecycle_->set_device(plug(), now_);
    auto smaller = plug();
    std::erase_if(smaller.rows, [](const Capability* row) { return row->id == "led"; });
    smaller.excluded = {"led"};
    lifecycle_->set_device(smaller, now_);
    advance(5s);
    EXPECT_EQ(payload(kTopics.device_discovery(kPlugId)).at("components").at("led"), (json::value(json::object{{"platform", "switch"}})));
    advance(5s);
    EXPECT_EQ(lifecycle_->deadline(), std::nullopt);
}

TEST_F(LifecycleTest, AnEntityThatChangesItsPlatformIsRemovedFirst) {
    static constexpr Capability kLedReadOnly{.id = "led", .name = "Status LED", .kind = OnOff{}};
    open();
    lifecycle_->set_device(plug(), now_);
    auto changed = plug();
    for (auto& row : changed.rows)
        if (row->id == "led") row = &kLedReadOnly;
    lifecycle_->set_device(changed, now_);
    const auto topic = kTopics.device_discovery(kPlugId);
    advance(5s);
    EXPECT_EQ(payload(topic).at("components").at("led"), (json::value(json::object{{"platform", "switch"}})));
    advance(5s);
    EXPECT_EQ(payload(topic).at("components").at("led").at("platform"), json::value("binary_sensor"));
    EXPECT_TRUE(payload(topic).at("components").at("led").as_object().contains("state_topic"));
}

TEST_F(LifecycleTest, AnEntityOfAnEarlierVersionIsRemovedToo) {
    lifecycle_->set_device(plug(), now_);
    lifecycle_->connected(now_);
    auto before = describe(plug(), kTopics);
    before.components.push_back({"old_thing", "sensor", {{"name", "Old"}}});
    const auto message = device_message(before, {}, kTopics, options_.origin);
    found(message.topic, message.payload);
    advance(options_.first_quiet);
    EXPECT_FALSE(payload(message.topic).at("components").as_object().contains("old_thing"));
    advance(options_.removal_patience);
    EXPECT_EQ(payload(message.topic).at("components").at("old_thing"), (json::value(json::object{{"platform", "sensor"}})));
    advance(5s);
    EXPECT_FALSE(payload(message.topic).at("components").as_object().contains("old_thing"));
}

TEST_F(LifecycleTest, RemovingADeviceClearsEverything) {
    open();
    lifecycle_->set_device(camera(), now_);
    lifecycle_->set_availability(kCameraId, true);
    lifecycle_->set_state(kCameraId, {}, kWall);
    broker_.sent.clear();
    lifecycle_->remove_device(kCameraId);
    EXPECT_EQ(broker_.take_topics(),
              (List{kTopics.device_discovery(kCameraId) + "=", kTopics.state(kCameraId) + "=", kTopics.availability(kCameraId) + "=",
                    kTopics.snapshot(kCameraId) + "=", kTopics.detection(kCameraId) + "="}));
    EXPECT_FALSE(lifecycle_->knows(kCameraId));
    advance(10s);
    for (const auto& [topic, text] : broker_.retained) EXPECT_EQ(topic.find(kCameraId), std::string::npos);
}

TEST_F(LifecycleTest, ABirthWaitsAndThenRepeatsEverything) {
    open();
    advance(60s);
    broker_.sent.clear();
    lifecycle_->birth(now_);
    lifecycle_->tick(now_);  // random is zero: no jitter, and the last pass is long ago
    EXPECT_EQ(broker_.republished, 1);
    EXPECT_EQ(broker_.take_topics(), (List{kTopics.bridge_state()}));
    lifecycle_->birth(now_);
    advance(options_.discovery_gap - 1ms);  // Home Assistant drops what comes while it works on the last pass
    EXPECT_EQ(broker_.republished, 1);
    advance(1ms);
    EXPECT_EQ(broker_.republished, 2);
}

TEST_F(LifecycleTest, TheJitterOfABirthIsRandomAndRestarts) {
    FixedRandom high(0xff);
    lifecycle_.emplace(options_, broker_, high);
    open();
    advance(60s);
    lifecycle_->birth(now_);
    const auto at = lifecycle_->deadline();
    ASSERT_TRUE(at);
    EXPECT_GT(*at, now_);
    EXPECT_LE(*at, now_ + options_.birth_jitter_max);
    advance(std::chrono::duration_cast<std::chrono::milliseconds>((*at - now_) / 2));
    lifecycle_->birth(now_);
    EXPECT_GE(*lifecycle_->deadline(), *at);
    EXPECT_EQ(broker_.republished, 0);
}

TEST_F(LifecycleTest, GhostsAreClearedNeighboursAndSleepersStay) {
    const std::string ghost = "a842a1000001", sleeper = "a842a1000002";
    lifecycle_->expect({sleeper}, true);
    lifecycle_->connected(now_);
    const auto leave = [&](const Topics& topics, const std::string& id) {
        const auto message = device_message(describe(plug(id), topics), {}, topics, options_.origin);
        found(message.topic, message.payload);
        found(topics.state(id), "{}");
    };
    leave(kTopics, ghost);
    leave(kTopics, sleeper);
    leave(Topics("tplink2mqtt_2"), "a842a1000003");
    advance(options_.first_quiet);
    broker_.sent.clear();
    advance(options_.leftover_window);
    EXPECT_EQ(broker_.take_topics(),
              (List{kTopics.device_discovery(ghost) + "=", kTopics.state(ghost) + "=", kTopics.availability(ghost) + "=",
                    kTopics.snapshot(ghost) + "=", kTopics.detection(ghost) + "="}));
    EXPECT_TRUE(broker_.subscriptions.empty());
}

TEST_F(LifecycleTest, GhostsStayWhileAConfiguredDeviceIsUnidentified) {
    lifecycle_->expect({}, false);
    lifecycle_->connected(now_);
    found(kTopics.availability(kPlugId), "online");
    advance(options_.leftover_window);
    broker_.sent.clear();
    advance(1s);
    EXPECT_EQ(broker_.take_topics(), List{});
    lifecycle_->expect({}, true);
    EXPECT_EQ(broker_.take_topics().front(), kTopics.state(kPlugId) + "=");
}

TEST_F(LifecycleTest, AForeignMessageOnOurTopicIsLeftAlone) {
    lifecycle_->expect({}, true);
    lifecycle_->connected(now_);
    found(kTopics.device_discovery(kPlugId), R"({"device": {}, "origin": {"name": "somebody"}, "components": {}})");
    found(kTopics.device_discovery(kCameraId), "not JSON");
    advance(options_.first_quiet);
    broker_.sent.clear();
    advance(options_.leftover_window);
    EXPECT_EQ(broker_.take_topics(), List{});
}

TEST_F(LifecycleTest, ABrokerFullOfOthersMessagesDoesNotHoldTheStartUp) {
    lifecycle_->connected(now_);
    for (int i = 0; i < 25 && broker_.sent.empty(); ++i) {
        found(kTopics.availability(kPlugId), "online");
        advance(100ms);
    }
    EXPECT_FALSE(broker_.sent.empty());
    EXPECT_LE(now_ - kStart, 2s);
}

TEST_F(LifecycleTest, MigrationFromSingleMessagesKeepsIdentities) {
    lifecycle_->set_device(plug(), now_);
    lifecycle_->connected(now_);
    const auto old = component_messages(describe(plug(), kTopics), kTopics, options_.origin);
    for (const auto& message : old) found(message.topic, message.payload);
    advance(options_.first_quiet);
    std::size_t marks = 0, device_at = 0;
    for (std::size_t i = 0; i < broker_.sent.size(); ++i) {
        if (broker_.sent[i].payload == R"({"migrate_discovery": true})") ++marks;
        if (broker_.sent[i].topic == kTopics.device_discovery(kPlugId)) device_at = i;
    }
    EXPECT_EQ(marks, old.size());
    EXPECT_GE(device_at, marks);  // marks first
    broker_.sent.clear();
    advance(5s);
    EXPECT_EQ(broker_.take_topics().size(), old.size());
    for (const auto& message : old) EXPECT_FALSE(broker_.retained.contains(message.topic));
    EXPECT_TRUE(broker_.retained.contains(kTopics.device_discovery(kPlugId)));
}

TEST_F(ComponentForm, EachEntityHasItsMessageAndVanishesAlone) {
    open();
    lifecycle_->set_device(plug(), now_);
    const auto led = kTopics.component_discovery("switch", kPlugId, "led");
    ASSERT_TRUE(broker_.retained.contains(led));
    EXPECT_TRUE(payload(led).contains("device"));
    auto smaller = plug();
    std::erase_if(smaller.rows, [](const Capability* row) { return row->id == "led"; });
    lifecycle_->set_device(smaller, now_);
    broker_.sent.clear();
    advance(5s);
    EXPECT_EQ(broker_.take_topics(), List{});  // it may come back
    advance(options_.removal_patience);
    EXPECT_EQ(broker_.take_topics(), (List{led + "="}));
}

TEST_F(ComponentForm, MigratesBackFromTheDeviceMessage) {
    lifecycle_->set_device(plug(), now_);
    lifecycle_->connected(now_);
    const auto old = device_message(describe(plug(), kTopics), {}, kTopics, options_.origin);
    found(old.topic, old.payload);
    advance(options_.first_quiet);
    EXPECT_EQ(broker_.retained[old.topic], R"({"migrate_discovery": true})");
    advance(5s);
    EXPECT_FALSE(broker_.retained.contains(old.topic));
}

TEST_F(NoDiscovery, PublishesStatesAndTakesOldDiscoveryAway) {
    lifecycle_->set_device(plug(), now_);
    lifecycle_->set_state(kPlugId, plug_state(), kWall);
    lifecycle_->connected(now_);
    const auto old = device_message(describe(plug(), kTopics), {}, kTopics, options_.origin);
    found(old.topic, old.payload);
    advance(options_.first_quiet);
    advance(options_.leftover_window);
    EXPECT_FALSE(broker_.retained.contains(old.topic));
    EXPECT_TRUE(broker_.retained.contains(kTopics.state(kPlugId)));
    for (const auto& [topic, text] : broker_.retained) EXPECT_FALSE(topic.starts_with("homeassistant/")) << topic;
}

TEST_F(LifecycleTest, TheBridgeCountsDevicesAndNamesProblems) {
    open();
    lifecycle_->set_bridge_info({{"version", "0.1.0"}, {"log_level", "info"}});
    lifecycle_->set_bridge_devices({{{"id", kPlugId}, {"name", "Plug"}, {"error", nullptr}},
                                    {{"id", kCameraId}, {"name", "Cam"}, {"error", "password refused"}}});
    const auto info = payload(kTopics.bridge("info"));
    EXPECT_EQ(info.at("devices"), json::value(2));
    EXPECT_EQ(info.at("problem"), json::value("ON"));
    EXPECT_EQ(info.at("problems").as_array().size(), 1u);
    EXPECT_EQ(info.at("problems").at(0).at("id"), json::value(json::string(kCameraId)));
    broker_.sent.clear();
    lifecycle_->set_bridge_info({{"version", "0.1.0"}, {"log_level", "info"}});
    EXPECT_EQ(broker_.take_topics(), List{});
}

}  // namespace
}  // namespace tplink::gateway
