#include "gateway/web/event_bus.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace tplink::gateway {
namespace {

using Outcome = EventBus::Subscription::Outcome;
using namespace std::chrono_literals;

TEST(EventBus, TellsEveryReaderInOrderOnOneLine) {
    EventBus bus;
    const auto first = bus.subscribe(), second = bus.subscribe();
    bus.publish("state", {{"id", "a1"}, {"text", "two\nlines"}});
    bus.publish("removed", {{"id", "a1"}});
    for (const auto& reader : {first, second}) {
        EXPECT_EQ(*reader->next({}, 1s).frame,
                  "event: state\ndata: {\"id\":\"a1\",\"text\":\"two\\nlines\"}\n\n");
        EXPECT_EQ(*reader->next({}, 1s).frame, "event: removed\ndata: {\"id\":\"a1\"}\n\n");
        EXPECT_EQ(reader->next({}, 0ms).outcome, Outcome::idle);
    }
}

TEST(EventBus, KeepsTheLastLogLinesForLaterReaders) {
    EventBus bus;
    for (int i = 0; i < 1000; ++i) bus.publish("log", {{"n", i}});
    bus.publish("state", {{"id", "a1"}});
    const auto reader = bus.subscribe(2);
    EXPECT_EQ(*reader->next({}, 0ms).frame, "event: log\ndata: {\"n\":998}\n\n");
    EXPECT_EQ(*reader->next({}, 0ms).frame, "event: log\ndata: {\"n\":999}\n\n");
    EXPECT_EQ(reader->next({}, 0ms).outcome, Outcome::idle);
    const auto greedy = bus.subscribe(100000);
    std::size_t lines = 0;
    while (greedy->next({}, 0ms).outcome == Outcome::event) ++lines;
    EXPECT_EQ(lines, EventBus::kLogLinesKept);
}

TEST(EventBus, CutsOffAReaderThatFallsBehindAndNobodyElse) {
    EventBus bus;
    const auto slow = bus.subscribe(), quick = bus.subscribe();
    const std::string text(100'000, 'x');
    for (std::size_t sent = 0; sent < 2 * EventBus::kMaxQueuedBytes; sent += text.size()) {
        bus.publish("state", {{"text", text}});
        EXPECT_EQ(quick->next({}, 0ms).outcome, Outcome::event);
    }
    EXPECT_EQ(slow->next({}, 0ms).outcome, Outcome::ended);
}

TEST(EventBus, WakesAWaitingReaderToStop) {
    EventBus bus;
    const auto reader = bus.subscribe();
    std::stop_source stop;
    std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_EQ(reader->next(stop.get_token(), 60s).outcome, Outcome::ended);
}

TEST(EventBus, ForgetsReadersThatLeft) {
    EventBus bus;
    auto reader = bus.subscribe();
    EXPECT_EQ(bus.readers(), 1U);
    reader.reset();
    bus.publish("state", {});
    EXPECT_EQ(bus.readers(), 0U);
}

TEST(EventBus, TakesEventsFromManyThreads) {
    EventBus bus;
    const auto reader = bus.subscribe();
    {
        std::vector<std::jthread> writers;
        for (int w = 0; w < 4; ++w) {
            writers.emplace_back([&] {
                for (int i = 0; i < 500; ++i) bus.publish(i % 2 ? "log" : "state", {{"n", i}});
            });
        }
    }
    int events = 0;
    while (reader->next({}, 0ms).outcome == Outcome::event) ++events;
    EXPECT_EQ(events, 2000);
}

} // namespace
} // namespace tplink::gateway
