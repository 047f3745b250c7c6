#include "gateway/mqtt/publisher.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "tests/gateway/mqtt/fake_broker.hpp"
#include "tests/gateway/mqtt/samples.hpp"

namespace tplink::gateway {
namespace {

const std::string kPlugId = "a842a1001122";
const Topics kTopics;

class PublisherTest : public testing::Test {
protected:
    PublisherTest()
        : publisher_({}, broker_,
                     {.set = [this](SetCommand command) { sets_.push_back(std::move(command)); },
                      .get = [this](GetCommand command) { gets_.push_back(std::move(command)); },
                      .request = [this](RequestCommand command) { requests_.push_back(std::move(command)); }}) {
        publisher_.start();
        publisher_.set_device(samples::plug());
    }
    const Message& last() const { return broker_.sent.back(); }
    json::object last_json() const { return json::parse(last().payload).as_object(); }

    FakeBroker broker_;
    std::vector<SetCommand> sets_;
    std::vector<GetCommand> gets_;
    std::vector<RequestCommand> requests_;
    Publisher publisher_;
};

TEST_F(PublisherTest, ListensToExactlyItsOwnTopicsLive) {
    std::vector<std::string> live;
    for (const auto& subscription : broker_.subscriptions)
        if (subscription.live_only) live.push_back(subscription.filter);
    EXPECT_EQ(live, (std::vector<std::string>{"tplink2mqtt/+/+/set", "tplink2mqtt/+/set", "tplink2mqtt/+/get",
                                              "tplink2mqtt/bridge/request/#", "homeassistant/status"}));
}

TEST_F(PublisherTest, CommandsReachTheirHandlers) {
    broker_.receive(kTopics.command(kPlugId, "led"), "ON");
    broker_.receive(kTopics.device(kPlugId, "set"), R"({"led": "OFF", "state": "ON"})");
    broker_.receive(kTopics.device(kPlugId, "get"), "");
    broker_.receive(kTopics.bridge_request("health_check"), "");
    ASSERT_EQ(sets_.size(), 2u);
    EXPECT_EQ(sets_[1].assignments.size(), 2u);
    EXPECT_EQ(gets_.size(), 1u);
    EXPECT_EQ(requests_.size(), 1u);
    EXPECT_TRUE(broker_.sent.empty());
}

TEST_F(PublisherTest, ARetainedCommandIsIgnored) {
    broker_.receive(kTopics.command(kPlugId, "led"), "ON", true);
    broker_.receive(kTopics.bridge_request("restart"), "", true);
    EXPECT_TRUE(sets_.empty());
    EXPECT_TRUE(requests_.empty());
}

TEST_F(PublisherTest, ABadPayloadIsAnsweredAndGoesNowhere) {
    broker_.receive(kTopics.device(kPlugId, "set"), R"({"transaction": 5, "led": []})");
    EXPECT_EQ(last().topic, kTopics.result(kPlugId));
    EXPECT_EQ(last_json().at("code"), json::value("invalid_value"));
    EXPECT_EQ(last_json().at("status"), json::value("error"));
    EXPECT_EQ(last_json().at("transaction"), json::value(5));
    broker_.receive(kTopics.bridge_request("options"), "{");
    EXPECT_EQ(last().topic, kTopics.bridge_response("options"));
    EXPECT_EQ(last_json().at("status"), json::value("error"));
    EXPECT_TRUE(sets_.empty());
    const auto before = broker_.sent.size();
    broker_.receive(kTopics.device("a842a1009999", "set"), "{");  // not our device: another gateway may answer
    EXPECT_EQ(broker_.sent.size(), before);
}

TEST_F(PublisherTest, MessagesHaveTheRetainAndQosOfTheContract) {
    publisher_.event(kPlugId, {{"event_type", "motion"}});
    EXPECT_EQ(last(), (Message{kTopics.event(kPlugId), R"({"event_type":"motion"})", false, 1, Rank::state, false}));
    publisher_.result({.id = kPlugId, .property = "led", .value = "ON"});
    EXPECT_EQ(last().topic, kTopics.result(kPlugId));
    EXPECT_FALSE(last().retain);
    publisher_.set_snapshot(kPlugId, "jpeg");
    EXPECT_EQ(last(), (Message{kTopics.snapshot(kPlugId), "jpeg", true, 0, Rank::image, false}));
    publisher_.log("warning", "lost", kPlugId);
    EXPECT_EQ(last().payload, R"({"level":"warning","message":"lost","device":"a842a1001122"})");
    EXPECT_TRUE(last().log && !last().retain && last().qos == 0);
    publisher_.bridge_event("device_discovered", {{"id", kPlugId}});
    EXPECT_EQ(last().payload, R"({"type":"device_discovered","data":{"id":"a842a1001122"}})");
    publisher_.set_bridge_health({{"uptime_s", 5}});
    EXPECT_TRUE(last().retain);
    EXPECT_TRUE(last_json().at("mqtt").as_object().contains("reconnects"));
    publisher_.answer({.what = "restart", .data = json::object{}, .transaction = "t"});
    EXPECT_EQ(last().topic, "tplink2mqtt/bridge/response/restart");
}

TEST_F(PublisherTest, StopSaysOfflineLast) {
    publisher_.stop();
    EXPECT_EQ(last().topic, kTopics.bridge_state());
    EXPECT_EQ(last().payload, "offline");
    EXPECT_TRUE(last().retain);
}

}  // namespace
}  // namespace tplink::gateway
