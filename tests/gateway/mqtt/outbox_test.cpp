#include "gateway/mqtt/outbox.hpp"

#include <gtest/gtest.h>

namespace tplink::gateway {
namespace {

const SteadyTime kStart{std::chrono::hours(1)};

Message retained(std::string topic, std::string payload, Rank rank = Rank::state) {
    return {std::move(topic), std::move(payload), true, 1, rank, false};
}
Message passing(std::string topic, std::string payload = "x", bool log = false) {
    return {std::move(topic), std::move(payload), false, 1, Rank::state, log};
}

/// Sends and acknowledges all there is; "topic=payload" in order.
std::vector<std::string> drain(Outbox& outbox, SteadyTime now = kStart) {
    std::vector<std::string> out;
    while (const auto sending = outbox.next(now)) {
        out.push_back(sending->message->topic + "=" + sending->message->payload);
        outbox.done(sending->ticket, true);
    }
    return out;
}
using List = std::vector<std::string>;

TEST(Outbox, SendsInOrderAndTheNewestValueOnce) {
    Outbox outbox;
    outbox.connected(kStart, 0);
    outbox.publish(retained("s", "1"), kStart);
    outbox.publish(passing("e"), kStart);
    outbox.publish(retained("s", "2"), kStart);
    EXPECT_EQ(drain(outbox), (List{"s=2", "e=x"}));
    EXPECT_EQ(outbox.queued(), 0u);
    EXPECT_EQ(outbox.published(), 2u);
}

TEST(Outbox, EveryConnectRepeatsRetainedValuesByRank) {
    Outbox outbox;
    outbox.publish(retained("pic", "p", Rank::image), kStart);
    outbox.publish(retained("bridge", "online", Rank::online), kStart);
    outbox.publish(retained("state", "1"), kStart);
    outbox.publish(retained("avty", "online", Rank::availability), kStart);
    outbox.publish(retained("disco", "{}", Rank::discovery), kStart);
    outbox.connected(kStart, 0);
    drain(outbox);
    outbox.disconnected();
    outbox.connected(kStart, 0);
    EXPECT_EQ(drain(outbox), (List{"disco={}", "avty=online", "state=1", "bridge=online", "pic=p"}));
}

TEST(Outbox, ALongMessageIsRepeatedAsItWasAndReplacedByAnother) {
    Outbox outbox;
    outbox.connected(kStart, 0);
    std::string text = "{";
    for (int i = 0; i < 500; ++i) text += "\"unique_id\":\"device_" + std::to_string(i) + "\",";
    outbox.publish(retained("disco", text, Rank::discovery), kStart);
    EXPECT_EQ(drain(outbox), (List{"disco=" + text}));
    for (int round = 0; round < 2; ++round) {
        outbox.republish(kStart);
        EXPECT_EQ(drain(outbox), (List{"disco=" + text}));
    }
    outbox.publish(retained("disco", text + "}", Rank::discovery), kStart);
    EXPECT_EQ(drain(outbox), (List{"disco=" + text + "}"}));
    outbox.publish(retained("disco", "", Rank::discovery), kStart);
    EXPECT_EQ(drain(outbox), (List{"disco="}));
    outbox.republish(kStart);
    EXPECT_EQ(drain(outbox), List{});
}

TEST(PackedText, GivesBackWhatItWasGiven) {
    for (const std::string& text : {std::string(), std::string("x"), std::string(5000, 'a'), std::string("\0\1\2", 3)}) {
        EXPECT_EQ(PackedText(text).text(), text);
        EXPECT_EQ(PackedText(text).empty(), text.empty());
    }
}

TEST(Outbox, AClearedTopicIsForgottenOnceTheBrokerHasIt) {
    Outbox outbox;
    outbox.connected(kStart, 0);
    outbox.publish(retained("s", "1"), kStart);
    drain(outbox);
    outbox.publish(retained("s", ""), kStart);
    const auto sending = outbox.next(kStart);
    ASSERT_TRUE(sending);
    outbox.disconnected();  // the acknowledge never came
    outbox.connected(kStart, 0);
    EXPECT_EQ(drain(outbox), (List{"s="}));
    outbox.republish(kStart);
    EXPECT_EQ(drain(outbox), List{});
}

TEST(Outbox, UnacknowledgedEventsAreSentAgainFirst) {
    Outbox outbox;
    outbox.connected(kStart, 0);
    for (const char* topic : {"a", "b", "c"}) outbox.publish(passing(topic), kStart);
    const auto first = outbox.next(kStart);
    outbox.done(first->ticket, true);
    outbox.next(kStart);
    outbox.disconnected();
    outbox.connected(kStart, 0);
    EXPECT_EQ(drain(outbox), (List{"b=x", "c=x"}));
}

TEST(Outbox, OldEventsAreNotToldAsNews) {
    Outbox outbox;
    outbox.publish(passing("old"), kStart);
    outbox.publish(passing("new"), kStart + 50s);
    outbox.connected(kStart + 70s, 0);
    EXPECT_EQ(drain(outbox, kStart + 70s), (List{"new=x"}));
    EXPECT_EQ(outbox.dropped(), 1u);
}

TEST(Outbox, AFullQueueDropsLogsThenTheOldest) {
    Outbox outbox({.queued_messages = 3});
    outbox.publish(passing("event1"), kStart);
    outbox.publish(passing("log1", "x", true), kStart);
    outbox.publish(passing("event2"), kStart);
    outbox.publish(passing("event3"), kStart);
    outbox.publish(passing("event4"), kStart);
    for (int i = 0; i < 100; ++i) outbox.publish(retained("avty" + std::to_string(i), "online", Rank::availability), kStart);
    outbox.connected(kStart, 0);
    const auto sent = drain(outbox);
    EXPECT_EQ(sent.size(), 103u);  // availability is never dropped
    EXPECT_EQ((List{sent[0], sent[1], sent[2]}), (List{"event2=x", "event3=x", "event4=x"}));
}

TEST(Outbox, ManyLargeEventsAreBounded) {
    Outbox outbox({.queued_bytes = 1000});
    for (int i = 0; i < 50; ++i) outbox.publish(passing("e" + std::to_string(i), std::string(100, 'x')), kStart);
    EXPECT_EQ(outbox.queued(), 10u);
}

TEST(Outbox, OldPicturesGoFirst) {
    Outbox outbox({.image_bytes = 250});
    for (const char* topic : {"a", "b", "c"}) outbox.publish(retained(topic, std::string(100, 'x'), Rank::image), kStart);
    outbox.publish(retained("state", "1"), kStart);
    outbox.connected(kStart, 0);
    const auto sent = drain(outbox);
    ASSERT_EQ(sent.size(), 3u);
    EXPECT_EQ(sent[0].substr(0, 2), "b=");
    EXPECT_EQ(sent[2], "state=1");
}

TEST(Outbox, WaitsForAcknowledgesBeyondTheWindow) {
    Outbox outbox({.in_flight = 2});
    outbox.connected(kStart, 0);
    for (const char* topic : {"a", "b", "c"}) outbox.publish(passing(topic), kStart);
    const auto first = outbox.next(kStart);
    ASSERT_TRUE(outbox.next(kStart));
    EXPECT_FALSE(outbox.next(kStart));
    outbox.done(first->ticket, true);
    EXPECT_EQ(outbox.next(kStart)->message->topic, "c");
}

TEST(Outbox, NeverHandsOutMoreThanTheBrokerReceives) {
    Outbox outbox({.in_flight = 5});
    const auto taken = [&] {
        std::size_t count = 0;
        while (outbox.next(kStart)) ++count;
        return count;
    };
    for (int i = 0; i < 20; ++i) outbox.publish(passing("t" + std::to_string(i)), kStart);
    outbox.connected(kStart, 0, 2);
    EXPECT_EQ(taken(), 2U);
    outbox.disconnected();
    outbox.connected(kStart, 0, 100);
    EXPECT_EQ(taken(), 5U) << "our own bound stays";
}

TEST(Outbox, RepetitionIsPacedAndLiveOvertakes) {
    Outbox outbox({.pace_burst = 2, .pace_per_s = 10});
    for (int i = 0; i < 5; ++i) outbox.publish(retained("s" + std::to_string(i), "1"), kStart);
    outbox.connected(kStart, 0);
    drain(outbox);
    outbox.disconnected();
    outbox.connected(kStart, 0);
    EXPECT_EQ(drain(outbox), (List{"s0=1", "s1=1"}));
    const auto later = outbox.paced_until(kStart);
    ASSERT_TRUE(later);
    EXPECT_GT(*later, kStart);
    outbox.publish(passing("command"), kStart);
    outbox.publish(retained("s4", "2"), kStart);
    EXPECT_EQ(drain(outbox), (List{"command=x", "s4=2"}));
    EXPECT_EQ(drain(outbox, kStart + 100ms), (List{"s2=1"}));
    EXPECT_EQ(drain(outbox, kStart + 2s), (List{"s3=1"}));  // s4 went before, it is not repeated
    EXPECT_FALSE(outbox.paced_until(kStart + 2s) && outbox.queued() != 0);
}

TEST(Outbox, WhatTheBrokerCannotTakeIsDropped) {
    Outbox outbox;
    outbox.connected(kStart, 1000);
    outbox.publish(retained("pic", std::string(2000, 'x'), Rank::image), kStart);
    outbox.publish(retained("state", "1"), kStart);
    EXPECT_EQ(drain(outbox), (List{"state=1"}));
    EXPECT_EQ(outbox.dropped(), 1u);
}

TEST(Outbox, PutBackKeepsTheOrder) {
    Outbox outbox;
    outbox.connected(kStart, 0);
    outbox.publish(passing("a"), kStart);
    outbox.publish(retained("s", "1"), kStart);
    outbox.put_back(outbox.next(kStart)->ticket);
    const auto sent = drain(outbox);
    EXPECT_EQ(sent, (List{"a=x", "s=1"}));
    outbox.publish(retained("s", "2"), kStart);
    outbox.put_back(outbox.next(kStart)->ticket);
    EXPECT_EQ(drain(outbox), (List{"s=2"}));
}

}  // namespace
}  // namespace tplink::gateway
