#include "media/on_demand.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tplink::media {
namespace {

using Action = OnDemand::Action;
using S = StreamState;

/// The machine with a clock that is moved by hand, and what happened to the camera session.
struct Rig {
    explicit Rig(OnDemandOptions options = {}) : machine(options) {}

    Action apply(Action action) {
        if (action == Action::start) {
            EXPECT_FALSE(open) << "two sessions at once";
            open = true;
            ++starts;
        }
        if (action == Action::stop) {
            EXPECT_TRUE(open) << "no session to stop";
            open = false;
        }
        return action;
    }
    Action add() { return apply(machine.viewer_added(now)); }
    Action remove() { return apply(machine.viewer_removed(now)); }
    void opened() { apply(machine.session_opened(machine.session(), now)); }
    void media() { machine.media_received(machine.session(), now); }
    void keyframe() { apply(machine.first_keyframe(machine.session(), now)); }
    void go_live() {
        opened();
        keyframe();
    }
    void fails(Errc code, std::chrono::seconds retry_after = 0s) {
        open = false;
        apply(machine.session_failed(machine.session(), Error{code, "no", 0, retry_after}, now));
    }
    /// Lets time pass as an owner does: ticks at each deadline.
    void pass(std::chrono::milliseconds span, bool with_media = false) {
        const SteadyTime end = now + span;
        for (int guard = 0; guard < 10000; ++guard) {
            const auto next = machine.deadline();
            if (!next || *next > end) break;
            now = std::max(now, *next);
            if (with_media) media();
            apply(machine.tick(now));
        }
        now = end;
        if (with_media) media();
        apply(machine.tick(now));
    }

    OnDemand machine;
    SteadyTime now{1h};
    bool open = false;
    int starts = 0;
};

TEST(OnDemand, FirstViewerStartsAndTheLastOneLeavesItLingering) {
    Rig rig;
    EXPECT_EQ(rig.machine.state(), S::idle);
    EXPECT_EQ(rig.machine.deadline(), std::nullopt);
    EXPECT_EQ(rig.add(), Action::start);
    EXPECT_EQ(rig.machine.state(), S::connecting);
    EXPECT_EQ(rig.add(), Action::none);
    rig.opened();
    EXPECT_EQ(rig.machine.state(), S::connecting);
    rig.keyframe();
    EXPECT_EQ(rig.machine.state(), S::live);
    EXPECT_EQ(rig.remove(), Action::none);
    EXPECT_EQ(rig.machine.state(), S::live);
    EXPECT_EQ(rig.remove(), Action::none);
    EXPECT_EQ(rig.machine.state(), S::lingering);
    rig.pass(14999ms, true);
    EXPECT_TRUE(rig.open);
    rig.pass(1ms);
    EXPECT_FALSE(rig.open);
    EXPECT_EQ(rig.machine.state(), S::idle);
    EXPECT_EQ(rig.machine.deadline(), std::nullopt);
}

TEST(OnDemand, ViewerWhoReturnsWhileLingeringFindsItLive) {
    Rig rig;
    rig.add();
    rig.go_live();
    rig.remove();
    rig.pass(10s, true);
    EXPECT_EQ(rig.add(), Action::none);
    EXPECT_EQ(rig.machine.state(), S::live);
    rig.pass(60s, true);
    EXPECT_TRUE(rig.open);
    EXPECT_EQ(rig.starts, 1);
}

TEST(OnDemand, WithoutLingerTheLastViewerEndsIt) {
    Rig rig({.linger = 0ms});
    rig.add();
    rig.go_live();
    EXPECT_EQ(rig.remove(), Action::stop);
    EXPECT_EQ(rig.machine.state(), S::idle);
}

TEST(OnDemand, ViewerWhoLeavesWhileConnectingEndsItAfterTheLinger) {
    Rig rig;
    rig.add();
    rig.remove();
    EXPECT_EQ(rig.machine.state(), S::connecting);
    rig.pass(15s);
    EXPECT_FALSE(rig.open);
    EXPECT_EQ(rig.machine.state(), S::idle);
}

TEST(OnDemand, BecomesLingeringWhenNobodyIsLeftAtTheFirstKeyframe) {
    Rig rig;
    rig.add();
    rig.opened();
    rig.remove();
    rig.keyframe();
    EXPECT_EQ(rig.machine.state(), S::lingering);
}

TEST(OnDemand, PausesDoubleUpToTheLongest) {
    Rig rig;
    rig.add();
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        rig.fails(Errc::unreachable);
        EXPECT_EQ(rig.machine.state(), S::failed);
        EXPECT_EQ(rig.machine.deadline(), rig.now + pause);
        rig.pass(pause - 1ms);
        EXPECT_FALSE(rig.open);
        rig.pass(1ms);
        EXPECT_TRUE(rig.open);
        EXPECT_EQ(rig.machine.state(), S::connecting);
    }
    EXPECT_EQ(rig.machine.reconnects(), 7U);
    ASSERT_TRUE(rig.machine.error());
    rig.go_live();
    EXPECT_FALSE(rig.machine.error());
}

TEST(OnDemand, ProvenSessionMakesTheNextPauseShortAgain) {
    Rig rig;
    rig.add();
    rig.fails(Errc::unreachable);
    rig.pass(1s);
    rig.fails(Errc::unreachable);
    rig.pass(2s);
    rig.go_live();
    rig.pass(9s, true);
    rig.fails(Errc::unreachable); // live, but not for long: may be one that dies at once every time
    EXPECT_EQ(rig.machine.deadline(), rig.now + 4s);
    rig.pass(4s);
    rig.go_live();
    rig.pass(10s, true);
    rig.fails(Errc::unreachable);
    EXPECT_EQ(rig.machine.deadline(), rig.now + 1s);
}

TEST(OnDemand, NobodyWatchingNoNewAttempt) {
    Rig rig;
    rig.add();
    rig.fails(Errc::timeout);
    rig.remove();
    EXPECT_EQ(rig.machine.state(), S::idle);
    EXPECT_EQ(rig.machine.deadline(), std::nullopt);
    rig.pass(1h);
    EXPECT_EQ(rig.starts, 1);
}

TEST(OnDemand, FailureWhileLingeringEndsInIdle) {
    Rig rig;
    rig.add();
    rig.go_live();
    rig.remove();
    rig.fails(Errc::unreachable);
    EXPECT_EQ(rig.machine.state(), S::idle);
    rig.pass(1h);
    EXPECT_EQ(rig.starts, 1);
}

TEST(OnDemand, ViewersWhoComeAndGoDoNotShortenThePause) {
    Rig rig;
    rig.add();
    rig.fails(Errc::unreachable);
    rig.remove();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(rig.add(), Action::none);
        EXPECT_EQ(rig.machine.state(), S::failed);
        rig.remove();
    }
    rig.add();
    rig.pass(1s);
    EXPECT_EQ(rig.starts, 2);
}

TEST(OnDemand, WrongPasswordIsNotTriedAgainUntilReset) {
    for (const Errc code : {Errc::auth_failed, Errc::unsupported}) {
        Rig rig;
        rig.add();
        rig.fails(code);
        EXPECT_EQ(rig.machine.state(), S::failed);
        EXPECT_EQ(rig.machine.deadline(), std::nullopt);
        rig.pass(24h);
        rig.remove();
        EXPECT_EQ(rig.add(), Action::none);
        EXPECT_EQ(rig.machine.state(), S::failed);
        EXPECT_EQ(rig.machine.error()->code, code);
        EXPECT_EQ(rig.starts, 1);
        EXPECT_EQ(rig.apply(rig.machine.reset(rig.now)), Action::start);
        EXPECT_EQ(rig.machine.state(), S::connecting);
        EXPECT_FALSE(rig.machine.error());
    }
}

TEST(OnDemand, ResetWithoutViewersStartsNothing) {
    Rig rig;
    rig.add();
    rig.fails(Errc::auth_failed);
    rig.remove();
    EXPECT_EQ(rig.apply(rig.machine.reset(rig.now)), Action::none);
    EXPECT_EQ(rig.add(), Action::start);
}

TEST(OnDemand, LockoutIsWaitedFor) {
    Rig rig;
    rig.add();
    rig.fails(Errc::locked_out, 1800s);
    rig.remove();
    rig.pass(100s);
    rig.add();
    EXPECT_EQ(rig.machine.state(), S::failed);
    rig.pass(1699s);
    EXPECT_EQ(rig.starts, 1);
    rig.pass(1s);
    EXPECT_EQ(rig.starts, 2);
}

TEST(OnDemand, SilentCameraIsConnectedAgain) {
    Rig rig;
    rig.add();
    rig.go_live();
    rig.pass(60s, true);
    rig.pass(4999ms);
    EXPECT_TRUE(rig.open);
    rig.pass(1ms); // the silence was pause enough
    EXPECT_TRUE(rig.open);
    EXPECT_EQ(rig.starts, 2);
    EXPECT_EQ(rig.machine.state(), S::connecting);
    EXPECT_EQ(rig.machine.error()->code, Errc::timeout);
    EXPECT_EQ(rig.machine.reconnects(), 1U);
}

TEST(OnDemand, WatchdogBeginsWhenTheSessionIsOpened) {
    Rig rig;
    rig.add();
    rig.pass(60s); // a battery camera wakes slowly; the session's own limits hold
    EXPECT_EQ(rig.machine.state(), S::connecting);
    rig.opened();
    rig.pass(4999ms);
    EXPECT_TRUE(rig.open);
    rig.pass(1ms);
    EXPECT_FALSE(rig.open);
}

TEST(OnDemand, MediaWithoutAKeyframeIsNotEnough) {
    Rig rig;
    rig.add();
    rig.opened();
    for (int i = 0; i < 19; ++i) rig.pass(1s, true);
    EXPECT_TRUE(rig.open);
    rig.pass(1s, true);
    EXPECT_FALSE(rig.open);
    EXPECT_EQ(rig.machine.error()->what, "the camera sends no keyframe");
}

TEST(OnDemand, ViewLimitEndsItWhoeverWatches) {
    Rig rig({.view_limit = 300s});
    rig.add();
    rig.go_live();
    rig.pass(200s, true);
    rig.add();
    rig.pass(99999ms, true);
    EXPECT_TRUE(rig.open);
    rig.pass(1ms, true);
    EXPECT_FALSE(rig.open);
    EXPECT_EQ(rig.machine.state(), S::idle);
    EXPECT_TRUE(rig.machine.is_limit_reached());
    rig.pass(1h);
    EXPECT_EQ(rig.starts, 1);
    rig.remove();
    rig.remove();
    EXPECT_FALSE(rig.machine.is_limit_reached());
    EXPECT_EQ(rig.add(), Action::start);
}

TEST(OnDemand, ViewLimitCountsOverReconnects) {
    Rig rig({.view_limit = 60s});
    rig.add();
    rig.go_live();
    rig.pass(30s, true);
    rig.fails(Errc::unreachable);
    rig.pass(1s);
    rig.go_live();
    rig.pass(28s, true);
    EXPECT_TRUE(rig.open);
    rig.pass(1s, true);
    EXPECT_FALSE(rig.open);
    EXPECT_EQ(rig.machine.state(), S::idle);
}

TEST(OnDemand, ViewLimitEndsThePauseBetweenAttemptsToo) {
    Rig rig({.view_limit = 10s});
    rig.add();
    for (int i = 0; i < 3; ++i) {
        rig.fails(Errc::unreachable);
        rig.pass(std::chrono::seconds(1 << i));
    }
    rig.fails(Errc::unreachable); // at 7 s; next attempt would be at 15 s
    rig.pass(3s);
    EXPECT_EQ(rig.machine.state(), S::idle);
    EXPECT_TRUE(rig.machine.is_limit_reached());
    rig.pass(1h);
    EXPECT_EQ(rig.starts, 4);
}

TEST(OnDemand, LateReportsOfAnOldSessionChangeNothing) {
    Rig rig({.linger = 0ms});
    rig.add();
    const auto old = rig.machine.session();
    rig.remove();
    rig.add();
    rig.machine.session_opened(old, rig.now);
    rig.machine.first_keyframe(old, rig.now);
    rig.machine.session_failed(old, Error{Errc::cancelled, "ended", 0, {}}, rig.now);
    EXPECT_EQ(rig.machine.state(), S::connecting);
    EXPECT_EQ(rig.machine.deadline(), std::nullopt);
    EXPECT_FALSE(rig.machine.error());
}

TEST(OnDemand, HaltEndsItAndTheNextViewerStartsAnew) {
    Rig rig;
    EXPECT_EQ(rig.machine.halt(), Action::none);
    rig.add();
    rig.go_live();
    EXPECT_EQ(rig.apply(rig.machine.halt()), Action::stop);
    EXPECT_EQ(rig.machine.state(), S::idle);
    rig.remove();
    rig.pass(1h);
    EXPECT_EQ(rig.starts, 1);
    EXPECT_EQ(rig.add(), Action::start);
}

TEST(OnDemand, AnyOrderOfEventsKeepsItsPromises) {
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        Rig rig({.linger = 2s, .view_limit = round % 2 == 0 ? 0ms : 20000ms});
        for (int step = 0; step < 200; ++step) {
            switch (random() % 8) {
            case 0: rig.add(); break;
            case 1:
                if (rig.machine.viewers() > 0) rig.remove();
                break;
            case 2:
                if (rig.open) rig.opened();
                break;
            case 3:
                if (rig.open) rig.keyframe();
                break;
            case 4:
                if (rig.open) rig.fails(static_cast<Errc>(random() % 9));
                break;
            case 5:
                if (random() % 10 == 0) rig.apply(rig.machine.reset(rig.now));
                break;
            default: rig.pass(std::chrono::milliseconds(random() % 5000), random() % 2 == 0); break;
            }
            const S state = rig.machine.state();
            ASSERT_EQ(rig.open, state == S::connecting || state == S::live || state == S::lingering);
            if (state == S::live || state == S::failed) {
                ASSERT_GT(rig.machine.viewers(), 0U);
            }
            if (state == S::lingering) {
                ASSERT_EQ(rig.machine.viewers(), 0U);
            }
        }
        while (rig.machine.viewers() > 0) rig.remove();
        rig.pass(2s, true);
        ASSERT_EQ(rig.machine.state(), S::idle); // a stream never outlives its viewers
        ASSERT_EQ(rig.machine.deadline(), std::nullopt);
    }
}

} // namespace
} // namespace tplink::media
