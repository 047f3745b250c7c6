#include "gateway/device/actor.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "tests/gateway/actor_bench.hpp"

namespace tplink::gateway {
namespace {

TEST(DeviceActor, LearnsTheDeviceAndPublishesItsState) {
    Bench bench;
    EXPECT_EQ(bench.actor->id(), "host_127_0_0_1");
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    EXPECT_EQ(bench.sink.last->id, "a842a1001122");
    EXPECT_EQ(bench.sink.last->state.at("state"), json::value("ON"));
    EXPECT_EQ(bench.sink.last->state.at("power").to_number<double>(), 12.34);
    EXPECT_EQ(bench.sink.last->state.at("energy_today").to_number<double>(), 1.25);
    EXPECT_EQ(bench.sink.learned, "a842a1001122");
}

TEST(DeviceActor, ConfirmsACommandByReadingItBackBeforeTheResult) {
    Bench bench;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    const CommandResult result = bench.command("state", "OFF");
    EXPECT_EQ(result.code, "ok");
    EXPECT_EQ(result.transaction, json::value(7));
    const std::lock_guard lock(bench.sink.mutex);
    std::size_t state_at = 0;
    std::size_t result_at = 0;
    for (std::size_t i = 0; i < bench.sink.events.size(); ++i) {
        if (state_at == 0 && bench.sink.events[i].find(R"("state":"OFF")") != std::string::npos) state_at = i;
        if (bench.sink.events[i].starts_with("result")) result_at = i;
    }
    EXPECT_GT(state_at, 0U);
    EXPECT_LT(state_at, result_at);
}

TEST(DeviceActor, NeverPublishesAssumedState) {
    Bench bench;
    bench.device.ignore_writes = true;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    const CommandResult result = bench.command("state", "OFF");
    EXPECT_EQ(result.code, "refused");
    for (const std::string& event : bench.sink.events) EXPECT_EQ(event.find(R"("state":"OFF")"), std::string::npos);
}

TEST(DeviceActor, WhatTheFirmwareDoesNotKnowIsNotAskedAgainAfterARestart) {
    Learned kept;
    std::size_t dropped = 0;
    {
        Bench bench;
        bench.actor->start();
        ASSERT_TRUE(bench.online());
        kept = bench.actor->learned();
        dropped = kept.unsupported.size();
        EXPECT_EQ(kept.firmware, "1.3.0");
        EXPECT_NE(std::find(kept.unsupported.begin(), kept.unsupported.end(), "get_emeter_data"), kept.unsupported.end());
    }
    const auto asked = [](const Learned& learned, const char* firmware) {
        Bench bench(1, learned);
        bench.device.identity.firmware = firmware;
        bench.actor->start();
        EXPECT_TRUE(bench.online());
        const std::lock_guard lock(bench.device.mutex);
        return bench.device.asked.contains("get_emeter_data");
    };
    EXPECT_GT(dropped, 0U);
    EXPECT_FALSE(asked(kept, "1.3.0"));
    EXPECT_TRUE(asked(kept, "1.4.0")) << "a new firmware may know it";
}

TEST(DeviceActor, AButtonWhoseAnswerWasLostIsNotPressedAgain) {
    Bench bench;
    bench.device.lose_requests = 9;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    (void)bench.command("reboot", "PRESS");
    EXPECT_EQ(bench.device.calls.size(), 1U);
}

TEST(DeviceActor, AnswersBadCommandsWithoutAskingTheDevice) {
    Bench bench;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    EXPECT_EQ(bench.command("state", "perhaps").code, "invalid_value");
    EXPECT_EQ(bench.command("nonsense", "1").code, "unknown_property");
    EXPECT_EQ(bench.command("rssi", "1").code, "read_only");
    EXPECT_TRUE(bench.device.calls.empty());
}

TEST(DeviceActor, AWrongPasswordIsTriedOnceUntilAHumanActs) {
    Bench bench;
    bench.device.open_error = Error{Errc::auth_failed, "the password was refused", -1501, {}};
    bench.actor->start();
    ASSERT_TRUE(bench.sink.wait([&] { return bench.sink.last && bench.sink.last->problem; }));
    EXPECT_EQ(bench.sink.last->problem->code, Errc::auth_failed);
    EXPECT_EQ(bench.command("state", "ON").code, "auth_failed");
    bench.actor->poll_now();
    EXPECT_EQ(bench.command("state", "ON").code, "auth_failed");
    EXPECT_EQ(bench.device.opened, 1) << "one attempt, whatever is asked";
    {
        const std::lock_guard lock(bench.device.mutex);
        bench.device.open_error.reset();
    }
    bench.actor->reconnect();
    EXPECT_TRUE(bench.online());
}

TEST(DeviceActor, ARefusedPasswordIsTriedOncePerAddressHoweverOftenItMoves) {
    Bench bench;
    bench.device.open_error = Error{Errc::auth_failed, "the password was refused", -1501, {}};
    bench.actor->start();
    ASSERT_TRUE(bench.device.wait([&] { return bench.device.opened == 1; }));
    EXPECT_EQ(bench.command("state", "ON").code, "auth_failed");
    bench.actor->relocate("127.0.0.2");
    ASSERT_TRUE(bench.device.wait([&] { return bench.device.opened == 2; })) << "another address may be another device";
    for (const char* address : {"127.0.0.1", "127.0.0.2", "127.0.0.1"}) {
        bench.actor->relocate(address);
        EXPECT_EQ(bench.command("state", "ON").code, "auth_failed");
    }
    EXPECT_EQ(bench.device.opened, 2);
}

TEST(DeviceActor, ALostSessionOfADeviceThatIsThereIsOpenedAtThePollsPace) {
    Bench bench;
    bench.probe_answers = true;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    const auto begun = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(bench.device.mutex);
        bench.device.exchange_error = Error{Errc::malformed, "garbage", 0, {}};
        bench.device.open_error = Error{Errc::refused, "busy", 0, {}};
        bench.device.opened = 0;
    }
    bench.actor->poll_now();
    ASSERT_TRUE(bench.device.wait([&] { return bench.device.opened >= 3; }));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 3 * 20ms) << "logins as fast as they fail";
}

TEST(DeviceActor, EveryCommandIsAnsweredAlsoWhenTheDeviceIsTakenAway) {
    Bench bench;
    bench.actor->post({"state", "ON", json::value(1)});
    bench.actor->post({"led", "OFF", json::value(2)});
    bench.actor.reset();
    ASSERT_EQ(bench.sink.results.size(), 2U);
    EXPECT_EQ(bench.sink.results[0].code, "unreachable");
    EXPECT_EQ(bench.sink.results[1].transaction, json::value(2));
}

TEST(DeviceActor, AChangedCertificateWaitsForAHumanWhoThenConfirmsIt) {
    Bench bench;
    bench.device.open_error = Error{Errc::certificate_changed, "another certificate", 0, {}};
    bench.actor->start();
    ASSERT_TRUE(bench.sink.wait([&] { return bench.sink.last && bench.sink.last->problem; }));
    EXPECT_EQ(bench.sink.last->problem->code, Errc::certificate_changed);
    EXPECT_EQ(bench.command("state", "ON").code, "refused");
    EXPECT_EQ(bench.device.opened, 1);
    {
        const std::lock_guard lock(bench.device.mutex);
        bench.device.open_error.reset();
    }
    bench.actor->reconnect();
    EXPECT_TRUE(bench.online());
}

TEST(DeviceActor, OneLostReplyIsNoOutageThreeAreAndItComesBackByItself) {
    Bench bench;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    {
        const std::lock_guard lock(bench.device.mutex);
        bench.device.exchange_error = Error{Errc::timeout, "no answer", 0, {}};
        bench.device.polls = 0;
    }
    ASSERT_TRUE(bench.sink.wait([&] { return !bench.sink.last->online; }));
    EXPECT_GE(bench.device.polls, Supervisor::kGracePolls);
    EXPECT_FALSE(bench.sink.last->state.empty()) << "last values stay";
    {
        const std::lock_guard lock(bench.device.mutex);
        bench.device.exchange_error.reset();
    }
    bench.actor->reconnect();
    EXPECT_TRUE(bench.online());
    EXPECT_EQ(bench.sink.last->counters().flaps, 1U);
}

TEST(DeviceActor, ACommandLostOnTheWayIsSentAgainOnlyWhenTheDeviceDidNotDoIt) {
    Bench bench;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    const auto led = [&](int requests, int answers, const char* value) {
        {
            const std::lock_guard lock(bench.device.mutex);
            bench.device.lose_requests = requests;
            bench.device.lose_answers = answers;
            bench.device.calls.clear();
        }
        const std::string code = bench.command("led", value).code;
        const std::lock_guard lock(bench.device.mutex);
        return code + " after " + std::to_string(bench.device.calls.size());
    };
    EXPECT_EQ(led(0, 1, "OFF"), "ok after 1") << "it was done, only nobody said so";
    EXPECT_EQ(led(1, 0, "ON"), "ok after 2");
    EXPECT_EQ(led(2, 0, "OFF"), "timeout after 2") << "once more, not for ever";
    EXPECT_EQ(led(0, 0, "OFF"), "ok after 1");
}

TEST(DeviceActor, AFailedPollIsNotFollowedByOneThatAsksNothingAndCountsAsGood) {
    Bench bench(5);
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    {
        const std::lock_guard lock(bench.device.mutex);
        bench.device.exchange_error = Error{Errc::unreachable, "connection refused", 0, {}};
    }
    bench.actor->poll_now();
    ASSERT_TRUE(bench.sink.wait([&] { return !bench.sink.last->online; })) << "a dead device stayed online";
    EXPECT_EQ(bench.sink.last->problem->code, Errc::unreachable);
}

TEST(DeviceActor, StopsAtOnceEvenWhenBackingOff) {
    Bench bench;
    bench.device.open_error = Error{Errc::unreachable, "refused", 0, {}};
    bench.actor->start();
    ASSERT_TRUE(bench.sink.wait([&] { return bench.sink.last && bench.sink.last->problem; }));
    const auto begun = std::chrono::steady_clock::now();
    bench.actor.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4)) << "the back-off is 5 s";
}

TEST(DeviceActor, ARawRequestIsPassedOnAndItsAnswerGivenBack) {
    Bench bench;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    PropertyCommand command{"raw", nullptr, json::value(9)};
    command.raw = Request{"set_led_info", json::object{{"led_rule", "never"}}};
    bench.actor->post(std::move(command));
    ASSERT_TRUE(bench.sink.wait([&] { return !bench.sink.results.empty(); }));
    EXPECT_EQ(bench.sink.results[0].code, "ok");
    EXPECT_TRUE(bench.sink.results[0].answer.has_value());
    EXPECT_EQ(bench.sink.results[0].transaction, json::value(9));
    EXPECT_EQ(bench.device.calls.at(0).method, "set_led_info");
}

TEST(DeviceActor, APollThatBringsNothingNewTellsNobody) {
    Bench bench;
    bench.actor->start();
    ASSERT_TRUE(bench.online());
    std::size_t told = 0;
    {
        const std::lock_guard lock(bench.sink.mutex);
        told = bench.sink.events.size();
    }
    for (int i = 0; i < 3; ++i) {
        int polls = 0;
        {
            const std::lock_guard lock(bench.device.mutex);
            polls = bench.device.polls;
        }
        bench.actor->poll_now();
        ASSERT_TRUE(bench.device.wait([&] { return bench.device.polls > polls; }));
    }
    EXPECT_EQ(bench.command("rssi", "1").code, "read_only");  // the polls before it are done
    const std::lock_guard lock(bench.sink.mutex);
    EXPECT_EQ(bench.sink.events.size(), told + 1) << "only the result";
}

TEST(Supervisor, BacksOffWithJitterToFiveMinutes) {
    Supervisor supervisor(1.0);
    const SteadyTime start{};
    std::vector<long> seconds;
    SteadyTime now = start + 1h;
    for (int i = 0; i < 10; ++i) {
        supervisor.failed({Errc::unreachable, "x", 0, {}}, now, {});
        seconds.push_back(std::chrono::duration_cast<std::chrono::seconds>(*supervisor.next_try() - now).count());
        now = *supervisor.next_try();
        EXPECT_TRUE(supervisor.may_try(now));
    }
    EXPECT_EQ(seconds.front(), 6);
    EXPECT_EQ(seconds.back(), 375);
}

TEST(Supervisor, WaitsOutALockWithAMargin) {
    Supervisor supervisor(0);
    const SteadyTime now = SteadyTime{} + 1h;
    supervisor.failed({Errc::locked_out, "locked", -40404, std::chrono::seconds(600)}, now, {});
    EXPECT_FALSE(supervisor.may_try(now + 600s));
    EXPECT_EQ(supervisor.standing_refusal(now + 600s), Errc::locked_out);
    EXPECT_TRUE(supervisor.may_try(now + 631s));
}

TEST(Supervisor, AProbeThatAnswersKeepsADeafDeviceOnline) {
    Supervisor supervisor(0);
    supervisor.succeeded();
    for (int i = 0; i < 6; ++i) supervisor.failed({Errc::timeout, "x", 0, {}}, SteadyTime{}, [] { return true; });
    EXPECT_TRUE(supervisor.online());
    for (int i = 0; i < 3; ++i) supervisor.failed({Errc::timeout, "x", 0, {}}, SteadyTime{}, [] { return false; });
    EXPECT_FALSE(supervisor.online());
}

TEST(Inbox, ANewerNumberReplacesTheQueuedOne) {
    Inbox inbox;
    std::optional<PropertyCommand> gone;
    EXPECT_EQ(inbox.put({"volume", json::value(1), nullptr}, {}, true, gone), Inbox::Put::queued);
    EXPECT_EQ(inbox.put({"volume", json::value(2), nullptr}, {}, true, gone), Inbox::Put::replaced);
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->value, json::value(1));
    EXPECT_EQ(inbox.take()->command.value, json::value(2));
    EXPECT_FALSE(inbox.take());
    for (std::size_t i = 0; i < Inbox::kMaxCommands; ++i) EXPECT_EQ(inbox.put({"state", "ON", nullptr}, {}, false, gone), Inbox::Put::queued);
    EXPECT_EQ(inbox.put({"state", "ON", nullptr}, {}, false, gone), Inbox::Put::full);
}

}  // namespace
}  // namespace tplink::gateway
