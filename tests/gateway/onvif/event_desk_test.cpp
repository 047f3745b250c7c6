#include "gateway/onvif/event_desk.hpp"

#include <gtest/gtest.h>

namespace tplink::gateway::onvif {
namespace {

const Here kHere{"127.0.0.1:8746", 8654, WallTime(std::chrono::seconds(1790000000))};

SoapRequest call(std::string operation, std::vector<SoapRequest::Node> nodes = {}) { return {std::move(operation), "", std::move(nodes)}; }

std::string subscribe(EventDesk& desk) {
    const auto body = desk.answer(call("CreatePullPointSubscription"), "", kHere);
    const std::string text = body->value();
    const auto at = text.find("/onvif/events/") + 14;
    return text.substr(at, text.find('<', at) - at);
}

TEST(EventDesk, WhatHappenedIsPulledOnceByEveryoneAndTheStateIsToldFirst) {
    EventDesk desk(system_clock(), system_random());
    desk.happened({"motion", true, {}});
    const std::string first = subscribe(desk), second = subscribe(desk);
    for (const std::string& token : {first, second}) {
        const std::string text = desk.answer(call("PullMessages"), token, kHere)->value();
        EXPECT_NE(text.find("PropertyOperation=\"Initialized\""), std::string::npos);
        EXPECT_NE(text.find("Name=\"IsMotion\" Value=\"true\""), std::string::npos);
    }
    desk.happened({"motion", false, {}});
    desk.happened({"person", true, {}});
    desk.happened({"no such kind", true, {}});
    const std::string text = desk.answer(call("PullMessages"), first, kHere)->value();
    EXPECT_NE(text.find("Name=\"IsMotion\" Value=\"false\""), std::string::npos);
    EXPECT_NE(text.find("PeopleDetect"), std::string::npos);
    EXPECT_EQ(desk.answer(call("PullMessages", {{"Timeout", "PT0S", {}}}), first, kHere)->value().find("NotificationMessage"), std::string::npos);
    EXPECT_NE(desk.answer(call("PullMessages"), second, kHere)->value().find("PeopleDetect"), std::string::npos);
}

TEST(EventDesk, KeepsNoMorePullPointsThanItSaysAndForgetsThoseThatEnded) {
    EventDesk desk(system_clock(), system_random());
    std::string last;
    for (std::size_t i = 0; i < EventDesk::kPullPoints; ++i) last = subscribe(desk);
    EXPECT_FALSE(desk.answer(call("CreatePullPointSubscription"), "", kHere)->has_value());
    EXPECT_TRUE(desk.answer(call("Unsubscribe"), last, kHere)->has_value());
    EXPECT_FALSE(desk.answer(call("PullMessages"), last, kHere)->has_value());
    EXPECT_TRUE(desk.answer(call("CreatePullPointSubscription"), "", kHere)->has_value());
}

TEST(ParseDuration, ReadsWhatClientsSend) {
    EXPECT_EQ(parse_duration("PT60S"), std::chrono::seconds(60));
    EXPECT_EQ(parse_duration("PT1H2M3S"), std::chrono::seconds(3723));
    EXPECT_EQ(parse_duration("PT0.5S"), std::chrono::seconds(0));
    for (const char* bad : {"", "60", "P1D", "PT5", "PT-5S", "PT5X", "PT99999999S"}) EXPECT_FALSE(parse_duration(bad)) << bad;
}

}  // namespace
}  // namespace tplink::gateway::onvif
