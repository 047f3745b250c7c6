#include "gateway/mqtt/mqtt_session.hpp"

#include <gtest/gtest.h>

#include "tests/gateway/mqtt/fake_broker.hpp"
#include "tests/media/wait_until.hpp"

namespace tplink::gateway {
namespace {

using List = std::vector<std::string>;

/// What the library would do, scripted: each attempt takes the next outcome; the last one repeats.
class FakeNetwork {
public:
    struct Attempt {
        std::optional<Error> error;
    };
    std::vector<Attempt> script{{}};

    Connect connect() {
        return [this](const MqttOptions&, int version, ConnectionEvents& events, const std::stop_token&) { return open(version, events); };
    }
    template <class Condition> bool wait(Condition condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 5s, condition);
    }
    void lose() {
        ConnectionEvents* events = nullptr;
        {
            const std::lock_guard lock(mutex_);
            events = events_;
        }
        events->on_lost("cable pulled");
    }
    bool wait_for(const std::string& line) {
        return wait([&] { return std::find(log_.begin(), log_.end(), line) != log_.end(); });
    }
    bool wait_attempts(std::size_t count) {
        return wait([&] { return versions_.size() >= count; });
    }
    List log() {
        const std::lock_guard lock(mutex_);
        return log_;
    }
    std::vector<int> versions() {
        const std::lock_guard lock(mutex_);
        return versions_;
    }
    void be_busy(int times) {
        const std::lock_guard lock(mutex_);
        busy_ = times;
    }
    void deliver(Incoming message) { events_->on_message(std::move(message)); }

private:
    class Line final : public Connection {
    public:
        Line(FakeNetwork& network, ConnectionEvents& events) : network_(network), events_(events) {}
        void subscribe(const Subscription& s) override { network_.note("subscribe " + s.filter); }
        void unsubscribe(const std::string& filter) override { network_.note("unsubscribe " + filter); }
        Handed publish(Outbox::Ticket ticket, const Message& message) override {
            if (network_.is_busy()) return Handed::busy;
            network_.note(message.topic + "=" + message.payload);
            events_.on_done(ticket, true);
            return Handed::taken;
        }
        std::size_t packet_limit() const override { return 0; }
        void disconnect(std::chrono::milliseconds) override { network_.note("disconnect"); }

    private:
        FakeNetwork& network_;
        ConnectionEvents& events_;
    };

    Result<std::unique_ptr<Connection>> open(int version, ConnectionEvents& events) {
        std::unique_lock lock(mutex_);
        const Attempt attempt = script[std::min(versions_.size(), script.size() - 1)];
        versions_.push_back(version);
        events_ = &events;
        changed_.notify_all();
        if (attempt.error) return tl::unexpected(*attempt.error);
        return std::make_unique<Line>(*this, events);
    }
    void note(std::string line) {
        const std::lock_guard lock(mutex_);
        log_.push_back(std::move(line));
        changed_.notify_all();
    }
    bool is_busy() {
        const std::lock_guard lock(mutex_);
        return busy_-- > 0;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    List log_;
    std::vector<int> versions_;
    ConnectionEvents* events_ = nullptr;
    int busy_ = 0;
};

class SessionTest : public testing::Test {
protected:
    void start() {
        options_.backoff_min = 1ms;
        options_.backoff_max = 4ms;
        session_.emplace(options_, network_.connect(), system_clock(), random_);
        session_->subscribe({"a/+/set", 1, true});
        session_->start({.connected = [this] { session_->publish(retained("state", "1")); },
                         .lost = {},
                         .message = [this](const Incoming& message) { session_->publish({"echo", message.payload}); }});
    }
    static Message retained(std::string topic, std::string payload) {
        return {std::move(topic), std::move(payload), true, 1, Rank::state, false};
    }
    Error failure(Errc code) { return {code, "no", 0, 0s}; }

    FakeNetwork network_;
    FixedRandom random_;
    MqttOptions options_;
    std::optional<MqttSession> session_;
};

TEST_F(SessionTest, SubscribesBeforeItPublishes) {
    start();
    ASSERT_TRUE(network_.wait_for("state=1"));
    EXPECT_EQ(network_.log(), (List{"subscribe a/+/set", "state=1"}));
    EXPECT_TRUE(session_->status().connected);
}

TEST_F(SessionTest, AfterALossItSubscribesAndRepeatsAgain) {
    start();
    ASSERT_TRUE(network_.wait_for("state=1"));
    session_->publish(retained("other", "2"));
    ASSERT_TRUE(network_.wait_for("other=2"));
    network_.lose();
    ASSERT_TRUE(network_.wait_attempts(2));
    session_->publish({"mark", "x"});
    ASSERT_TRUE(network_.wait_for("mark=x"));
    const auto log = network_.log();
    EXPECT_EQ(std::count(log.begin(), log.end(), "subscribe a/+/set"), 2);
    EXPECT_EQ(session_->status().reconnects, 1u);
}

TEST_F(SessionTest, FallsBackTo311Once) {
    network_.script = {{failure(Errc::unsupported)}, {}};
    start();
    ASSERT_TRUE(network_.wait_for("state=1"));
    EXPECT_EQ(network_.versions(), (std::vector<int>{5, 4}));
    EXPECT_EQ(session_->status().mqtt_version, 4);
    network_.lose();
    ASSERT_TRUE(network_.wait_attempts(3));
    EXPECT_EQ(network_.versions().back(), 4);  // it remembers
}

TEST_F(SessionTest, KeepsTryingWhileTheBrokerIsDown) {
    network_.script = {{failure(Errc::unreachable)}, {failure(Errc::timeout)}, {failure(Errc::unreachable)}, {}};
    start();
    EXPECT_TRUE(network_.wait_for("state=1"));
    EXPECT_EQ(session_->status().reconnects, 0u);
    EXPECT_TRUE(session_->status().last_error.empty());
}

TEST_F(SessionTest, ARefusedPasswordIsTriedSlowly) {
    network_.script = {{failure(Errc::auth_failed)}};
    options_.refused_backoff = 3600s;
    start();
    ASSERT_TRUE(network_.wait_attempts(1));
    ASSERT_TRUE(media::test::wait_until([&] { return session_->status().refused; }));
    EXPECT_EQ(session_->status().last_error, "no; trying again every 3600 s");
    const auto before = std::chrono::steady_clock::now();
    session_->stop({});
    EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);  // the hour does not hold it
    EXPECT_EQ(network_.versions().size(), 1u);
}

TEST_F(SessionTest, AFightOverTheClientIdIsNamedAndSlow) {
    options_.client_id = "twin";
    options_.fight_backoff = 3600s;
    start();
    for (std::size_t attempt = 1; attempt <= 3; ++attempt) {
        ASSERT_TRUE(network_.wait_attempts(attempt));
        ASSERT_TRUE(media::test::wait_until([&] { return session_->status().connected; }));
        network_.lose();
        ASSERT_TRUE(media::test::wait_until([&] { return !session_->status().connected || network_.versions().size() > attempt; }));
    }
    const auto named = [&] { return session_->status().last_error.find("does another program use the client id twin?") != std::string::npos; };
    EXPECT_TRUE(media::test::wait_until(named)) << session_->status().last_error;
    EXPECT_EQ(network_.versions().size(), 3u);
}

TEST_F(SessionTest, ABusyLibraryIsAskedAgain) {
    start();
    ASSERT_TRUE(network_.wait_for("state=1"));
    network_.be_busy(3);
    session_->publish({"a", "1"});
    session_->publish({"b", "2"});
    ASSERT_TRUE(network_.wait_for("b=2"));
    EXPECT_EQ(network_.log(), (List{"subscribe a/+/set", "state=1", "a=1", "b=2"}));
}

TEST_F(SessionTest, HandlersMayPublish) {
    start();
    ASSERT_TRUE(network_.wait_for("state=1"));
    network_.deliver({"a/b/set", "hello", false});
    EXPECT_TRUE(network_.wait_for("echo=hello"));
    EXPECT_EQ(session_->status().received, 1u);
}

TEST_F(SessionTest, StopSendsWhatIsQueuedThenTheLastWordThenDisconnects) {
    start();
    ASSERT_TRUE(network_.wait_for("state=1"));
    session_->publish({"event", "1"});
    session_->stop(retained("bridge/state", "offline"));
    EXPECT_EQ(network_.log(), (List{"subscribe a/+/set", "state=1", "event=1", "bridge/state=offline", "disconnect"}));
    EXPECT_FALSE(session_->status().connected);
}

TEST_F(SessionTest, ManyThreadsMayPublish) {
    start();
    ASSERT_TRUE(network_.wait_for("state=1"));
    constexpr int kThreads = 4, kEach = 200;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t)
            threads.emplace_back([this, t] {
                for (int i = 0; i < kEach; ++i) session_->publish(retained("s" + std::to_string(t), std::to_string(i)));
            });
    }
    for (int t = 0; t < kThreads; ++t) EXPECT_TRUE(network_.wait_for("s" + std::to_string(t) + "=" + std::to_string(kEach - 1)));
    EXPECT_EQ(session_->status().dropped, 0u);
}

}  // namespace
}  // namespace tplink::gateway
