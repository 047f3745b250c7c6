// The publisher over a real broker, watched by a client that shares no code with it.
#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/mqtt/publisher.hpp"
#include "tests/e2e/mosquitto_fixture.hpp"
#include "tests/e2e/mqtt_observer.hpp"
#include "tests/e2e/scripted_broker.hpp"
#include "tests/gateway/mqtt/samples.hpp"
#include "tests/media/wait_until.hpp"

namespace tplink::e2e {
namespace {

using namespace gateway;
using gateway::samples::camera;
using gateway::samples::plug;
using gateway::samples::plug_state;
using media::test::wait_until;

const std::string kPlugId = "a842a1001122", kCameraId = "0c8000aabbcc";
const Topics kTopics;

MqttOptions options_for(const Mosquitto& broker) {
    MqttOptions out;
    out.host = "127.0.0.1";
    out.port = broker.port();
    out.client_id = "tplink2mqtt_e2e";
    out.will = {kTopics.bridge_state(), "offline", true, 1, Rank::online, false};
    out.backoff_min = 100ms;
    out.backoff_max = 1000ms;
    out.refused_backoff = 1000ms;
    return out;
}

PublisherOptions quick() {
    PublisherOptions out;
    out.origin.version = "0.1.0";
    out.leftover_window = 800ms;
    out.first_quiet = 150ms;
    out.birth_jitter_max = 200ms;
    out.discovery_gap = 500ms;
    return out;
}

/// Collects commands from the broker's thread.
class Inbox {
public:
    CommandHandlers handlers() {
        return {.set = [this](SetCommand command) { push(command.id + "/" + command.assignments.front().property); },
                .get = [this](const GetCommand& command) { push("get " + command.id); },
                .request = [this](const RequestCommand& command) { push("request " + command.what); }};
    }
    std::vector<std::string> all() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    void push(std::string line) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

/// A gateway's MQTT side with a plug and a camera.
struct Gateway {
    explicit Gateway(const MqttOptions& mqtt, PublisherOptions options = quick())
        : broker(make_paho_broker(mqtt)), publisher(std::move(options), *broker, inbox.handlers()) {}
    void start() {
        publisher.expect({kPlugId, kCameraId}, true);
        publisher.start();
        publisher.set_bridge_info({{"version", "0.1.0"}, {"log_level", "info"}});
        for (auto device : {plug(), camera()}) {
            const std::string id = device.id;
            publisher.set_device(std::move(device));
            publisher.set_availability(id, true);
        }
        publisher.set_state(kPlugId, plug_state());
        publisher.set_state(kCameraId, {{"privacy", "OFF"}, {"night_vision", "auto"}});
        publisher.set_bridge_devices({{{"id", kPlugId}, {"name", "Desk lamp"}, {"error", nullptr}}});
        publisher.set_snapshot(kCameraId, "jpeg");
    }
    Inbox inbox;
    std::unique_ptr<Broker> broker;
    Publisher publisher;
};

const std::vector<std::string>& everything() {
    static const std::vector<std::string> topics{
        kTopics.device_discovery("bridge"), kTopics.device_discovery(kPlugId), kTopics.device_discovery(kCameraId),
        kTopics.availability(kPlugId), kTopics.availability(kCameraId), kTopics.state(kPlugId), kTopics.state(kCameraId),
        kTopics.snapshot(kCameraId), kTopics.bridge("info"), kTopics.bridge("devices"), kTopics.bridge_state()};
    return topics;
}

bool has_everything(Observer& observer) {
    for (const auto& topic : everything())
        if (!observer.last(topic)) return false;
    return observer.last(kTopics.bridge_state()) == "online";
}

std::size_t position(Observer& observer, const std::string& topic, const std::string& payload = {}) {
    const auto& all = observer.messages();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].topic == topic && (payload.empty() || all[i].payload == payload)) return i;
    return all.size();
}

TEST(MqttE2e, PublishesEverythingRetainedAndOnlineLast) {
    Mosquitto broker;
    Observer observer(broker);
    Gateway gateway(options_for(broker));
    gateway.start();
    ASSERT_TRUE(observer.wait_until([&] { return has_everything(observer); }));

    EXPECT_LT(position(observer, kTopics.device_discovery("bridge")), position(observer, kTopics.device_discovery(kPlugId)));
    EXPECT_LT(position(observer, kTopics.device_discovery(kPlugId)), position(observer, kTopics.availability(kPlugId)));
    EXPECT_LT(position(observer, kTopics.availability(kPlugId)), position(observer, kTopics.state(kPlugId)));
    EXPECT_LT(position(observer, kTopics.state(kCameraId)), position(observer, kTopics.bridge_state(), "online"));
    const auto kept = observer.retained();
    for (const auto& topic : everything()) EXPECT_TRUE(kept.contains(topic)) << topic;
    EXPECT_EQ(gateway.broker->status().mqtt_version, 5);
    if (const char* copy = std::getenv("CAPTURE_TO")) std::filesystem::copy_file(observer.capture(), copy);
}

TEST(MqttE2e, CommandsArriveAndRetainedOnesDoNot) {
    Mosquitto broker;
    Observer observer(broker);
    observer.publish(kTopics.command(kPlugId, "led"), "ON", true);
    Gateway gateway(options_for(broker));
    gateway.start();
    ASSERT_TRUE(observer.wait_until([&] { return has_everything(observer); }));

    observer.publish(kTopics.command(kPlugId, "state"), "OFF");
    observer.publish(kTopics.device(kPlugId, "set"), R"({"state": "ON", "transaction": 7})");
    observer.publish(kTopics.device(kPlugId, "set"), R"({"state": )");
    observer.publish(kTopics.bridge_request("health_check"), "");
    observer.publish(kTopics.bridge_request("options"), "nonsense");
    ASSERT_TRUE(observer.wait_until([&] { return gateway.inbox.all().size() == 3; }));
    EXPECT_EQ(gateway.inbox.all(), (std::vector<std::string>{kPlugId + "/state", kPlugId + "/state", "request health_check"}));
    ASSERT_TRUE(observer.wait_until([&] { return observer.last(kTopics.bridge_response("options")).has_value(); }));
    ASSERT_TRUE(observer.wait_until([&] { return observer.last(kTopics.result(kPlugId)).has_value(); }));
    EXPECT_NE(observer.last(kTopics.result(kPlugId))->find("invalid_value"), std::string::npos);
}

TEST(MqttE2e, AfterABrokerRestartEverythingIsThereAgain) {
    Mosquitto broker;  // without persistence: it has forgotten everything
    Gateway gateway(options_for(broker));
    {
        Observer observer(broker);
        gateway.start();
        ASSERT_TRUE(observer.wait_until([&] { return has_everything(observer); }));
    }
    broker.kill();
    broker.start();
    Observer observer(broker);
    EXPECT_TRUE(observer.wait_until([&] { return has_everything(observer); }, 10s));
    EXPECT_EQ(gateway.broker->status().reconnects, 1u);
    observer.publish(kTopics.command(kPlugId, "state"), "OFF");
    EXPECT_TRUE(observer.wait_until([&] { return gateway.inbox.all().size() == 1; }));  // subscribed again
}

TEST(MqttE2e, ABrokerThatIsDownAtTheStartIsWaitedFor) {
    Mosquitto broker = Mosquitto::stopped();
    Gateway gateway(options_for(broker));
    gateway.start();
    wait_until([&] { return !gateway.broker->status().last_error.empty(); });
    EXPECT_NE(gateway.broker->status().last_error.find("cannot be reached"), std::string::npos)
        << gateway.broker->status().last_error;
    EXPECT_FALSE(gateway.broker->status().refused);
    broker.start();
    Observer observer(broker);
    EXPECT_TRUE(observer.wait_until([&] { return has_everything(observer); }));
    EXPECT_TRUE(gateway.broker->status().last_error.empty());
}

TEST(MqttE2e, AKilledGatewayIsOfflineByItsWill) {
    Mosquitto broker;
    Observer observer(broker);
    const pid_t child = ::fork();
    if (child == 0) {
        Gateway gateway(options_for(broker));
        gateway.start();
        while (true) ::pause();
    }
    const bool online = observer.wait_for(kTopics.bridge_state(), "online");
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_TRUE(online);
    EXPECT_TRUE(observer.wait_for(kTopics.bridge_state(), "offline"));
    EXPECT_EQ(observer.retained(kTopics.bridge_state())[kTopics.bridge_state()], "offline");
}

TEST(MqttE2e, ACleanStopSaysOfflineWithinTwoSeconds) {
    Mosquitto broker;
    Observer observer(broker);
    Gateway gateway(options_for(broker));
    gateway.start();
    ASSERT_TRUE(observer.wait_until([&] { return has_everything(observer); }));
    gateway.publisher.event(kCameraId, {{"event_type", "motion"}});
    const auto before = std::chrono::steady_clock::now();
    gateway.publisher.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
    EXPECT_TRUE(observer.wait_for(kTopics.bridge_state(), "offline"));
    EXPECT_TRUE(observer.last(kTopics.event(kCameraId)).has_value());  // what was queued went first
}

TEST(MqttE2e, StoppingWhileTheBrokerIsDownIsQuick) {
    Mosquitto broker = Mosquitto::stopped();
    Gateway gateway(options_for(broker));
    gateway.start();
    const auto before = std::chrono::steady_clock::now();
    gateway.publisher.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
}

TEST(MqttE2e, AWrongPasswordIsSaidAndTriedAgainSlowly) {
    Mosquitto broker({.username = "gateway", .password = "right"});
    Observer observer(broker, "gateway", "right");
    MqttOptions options = options_for(broker);
    options.login = {"gateway", Secret("wrong")};
    options.refused_backoff = 60s;
    Gateway gateway(options);
    gateway.start();
    ASSERT_TRUE(observer.wait_until([&] { return gateway.broker->status().refused; }));
    const auto status = gateway.broker->status();
    EXPECT_NE(status.last_error.find("refused user name or password; trying again every 60 s"), std::string::npos);
    EXPECT_EQ(status.last_error.find("wrong"), std::string::npos);
    EXPECT_FALSE(status.connected);
}

TEST(MqttE2e, TheRightPasswordConnects) {
    Mosquitto broker({.username = "gateway", .password = "r;ght \xC3\xA9"});
    Observer observer(broker, "gateway", "r;ght \xC3\xA9");
    MqttOptions options = options_for(broker);
    options.login = {"gateway", Secret("r;ght \xC3\xA9")};
    Gateway gateway(options);
    gateway.start();
    EXPECT_TRUE(observer.wait_for(kTopics.bridge_state(), "online"));
}

TEST(MqttE2e, TlsNeedsTheRightCertificateAuthority) {
    Mosquitto broker({.tls = true}), other({.tls = true});
    MqttOptions options = options_for(broker);
    options.tls = true;
    options.ca_file = broker.ca_file();
    Gateway gateway(options);
    gateway.start();
    options.ca_file = other.ca_file();
    options.client_id += "_2";
    Gateway stranger(options);
    stranger.start();
    wait_until([&] { return gateway.broker->status().connected && !stranger.broker->status().last_error.empty(); });
    EXPECT_TRUE(gateway.broker->status().connected) << gateway.broker->status().last_error;
    EXPECT_FALSE(stranger.broker->status().connected);
    EXPECT_NE(stranger.broker->status().last_error.find("certificate"), std::string::npos)
        << stranger.broker->status().last_error;
    EXPECT_TRUE(stranger.broker->status().refused);
}

TEST(MqttE2e, ABrokerThatWantsACertificateGetsOurs) {
    Mosquitto broker({.tls = true, .wants_certificate = true});
    MqttOptions options = options_for(broker);
    options.tls = true;
    options.ca_file = broker.ca_file();
    Gateway without(options);
    without.start();
    options.client_id += "_2";
    options.client_cert = broker.client_cert();
    options.client_key = broker.client_key();
    Gateway with(options);
    with.start();
    wait_until([&] { return with.broker->status().connected && !without.broker->status().last_error.empty(); });
    EXPECT_TRUE(with.broker->status().connected) << with.broker->status().last_error;
    EXPECT_FALSE(without.broker->status().connected);
}

TEST(MqttE2e, TwoGatewaysWithOneClientIdAreNamed) {
    Mosquitto broker;
    Gateway first(options_for(broker));
    first.start();
    ASSERT_TRUE(wait_until([&] { return first.broker->status().connected; }));
    Gateway second(options_for(broker));
    second.start();
    const auto named = [&] { return first.broker->status().last_error.find("does another program use the client id") != std::string::npos; };
    EXPECT_TRUE(wait_until(named, 20s));
}

TEST(MqttE2e, ABrokerOf311OnlyIsSpokenToInItsLanguage) {
    ScriptedBroker broker({.versions = {4}});
    MqttOptions options;
    options.host = "127.0.0.1";
    options.port = broker.port();
    options.client_id = "old";
    Gateway gateway(options);
    gateway.start();
    EXPECT_TRUE(wait_until([&] { return gateway.broker->status().connected; })) << gateway.broker->status().last_error;
    EXPECT_EQ(gateway.broker->status().mqtt_version, 4);
}

TEST(MqttE2e, ABrokerThatSaysSessionTakenOverIsQuoted) {
    constexpr std::uint8_t kSessionTakenOver = 0x8E;
    ScriptedBroker broker({.versions = {5}, .disconnect_reason = kSessionTakenOver});
    MqttOptions options;
    options.host = "127.0.0.1";
    options.port = broker.port();
    options.client_id = "twin";
    Gateway gateway(options);
    gateway.start();
    const auto named = [&] { return gateway.broker->status().last_error.find("running twice") != std::string::npos; };
    EXPECT_TRUE(wait_until(named)) << gateway.broker->status().last_error;
}

TEST(MqttE2e, APictureLargerThanTheBrokerTakesIsLeftOut) {
    Mosquitto broker({.max_packet_bytes = 20000});
    Observer observer(broker);
    Gateway gateway(options_for(broker));
    gateway.start();
    ASSERT_TRUE(observer.wait_until([&] { return has_everything(observer); }));
    gateway.publisher.set_snapshot(kCameraId, std::string(30000, 'x'));
    gateway.publisher.set_state(kCameraId, {{"privacy", "ON"}});
    EXPECT_TRUE(observer.wait_until([&] { return observer.last(kTopics.state(kCameraId))->find("\"privacy\":\"ON\"") != std::string::npos; }));
    EXPECT_TRUE(gateway.broker->status().connected);
    EXPECT_EQ(gateway.broker->status().reconnects, 0u);
    EXPECT_GE(gateway.broker->status().dropped, 1u);
}

TEST(MqttE2e, GhostsOfAnEarlierRunAreClearedAndOthersAreNot) {
    Mosquitto broker;
    Observer observer(broker);
    const std::string ghost = "a842a1ffffff";
    const Origin origin{"tplink2mqtt", "0.0.9", ""};
    const auto leave = [&](const Topics& topics, const std::string& id) {
        const Message message = device_message(describe(plug(id), topics), {}, topics, origin);
        observer.publish(message.topic, message.payload, true);
        observer.publish(topics.availability(id), "online", true);
        observer.publish(topics.state(id), "{}", true);
        return message.topic;
    };
    const Topics neighbour("tplink2mqtt_2");
    const auto gone = leave(kTopics, ghost), foreign = leave(neighbour, ghost);
    Gateway gateway(options_for(broker));
    gateway.start();
    ASSERT_TRUE(observer.wait_until([&] { return observer.last(gone) == "" && observer.last(kTopics.state(ghost)) == ""; }));
    ASSERT_TRUE(observer.wait_until([&] { return has_everything(observer); }));
    const auto left = observer.retained();
    EXPECT_FALSE(left.contains(gone));
    EXPECT_FALSE(left.contains(kTopics.availability(ghost)));
    EXPECT_TRUE(left.contains(foreign));
    EXPECT_TRUE(left.contains(neighbour.state(ghost)));
}

TEST(MqttE2e, BirthOfHomeAssistantBringsEverythingAgain) {
    Mosquitto broker;
    Observer observer(broker);
    Gateway gateway(options_for(broker));
    gateway.start();
    ASSERT_TRUE(observer.wait_until([&] { return has_everything(observer); }));
    const auto count = [&](const std::string& topic) {
        const auto& all = observer.messages();
        return std::count_if(all.begin(), all.end(), [&](const Seen& seen) { return seen.topic == topic; });
    };
    const auto before = count(kTopics.device_discovery(kPlugId));
    observer.publish("homeassistant/status", "online");
    EXPECT_TRUE(observer.wait_until([&] { return count(kTopics.device_discovery(kPlugId)) == before + 1; }));
    EXPECT_TRUE(observer.wait_until([&] { return count(kTopics.snapshot(kCameraId)) == 2; }));
}

TEST(MqttE2e, RemovingADeviceLeavesNothing) {
    Mosquitto broker;
    Observer observer(broker);
    Gateway gateway(options_for(broker));
    gateway.start();
    ASSERT_TRUE(observer.wait_until([&] { return has_everything(observer); }));
    gateway.publisher.remove_device(kCameraId);
    ASSERT_TRUE(observer.wait_until([&] { return observer.last(kTopics.snapshot(kCameraId)) == ""; }));
    for (const auto& [topic, payload] : observer.retained())
        EXPECT_EQ(topic.find(kCameraId), std::string::npos) << topic;
}

}  // namespace
}  // namespace tplink::e2e
