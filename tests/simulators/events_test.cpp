// How cameras tell events: pull points and push, the doorbell's datagram; and how a battery camera sleeps.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "tests/simulators/camera_l1.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/hand_clock.hpp"
#include "tests/simulators/onvif/xml_text.hpp"
#include "tests/simulators/scripted.hpp"
#include "tests/simulators/sim_client.hpp"
#include "tests/simulators/sockets.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::shared_ptr<const TlsIdentity> shared_identity() {
    static const auto identity = std::make_shared<const TlsIdentity>(1024);
    return identity;
}

class Onvif : public ::testing::Test {
protected:
    Onvif() : service_({.longest_poll = std::chrono::milliseconds(1)}, clock_.world()) {}
    std::string security(const std::string& password) const {
        std::array<char, 32> created{};
        const std::time_t now = clock_.world().unix_s() + token_age_s_;
        std::tm parts{};
        gmtime_r(&now, &parts);
        std::strftime(created.data(), created.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
        const std::string nonce = base64_encode(as_bytes("0123456789abcdef"));
        return std::string("<s:Header><Security><UsernameToken><Username>camera</Username><Password "
                           "Type=\"#PasswordDigest\">") +
               onvif_digest(nonce, created.data(), password) + "</Password><Nonce>" + nonce +
               "</Nonce><wsu:Created>" + created.data() +
               "</wsu:Created></UsernameToken></Security></s:Header>";
    }
    HttpReply ask(const std::string& path, const std::string& body,
                  const std::string& password = "camera-password") {
        return service_.handle(
            post(path, "<s:Envelope>" + security(password) + "<s:Body>" + body + "</s:Body></s:Envelope>"));
    }
    std::string subscribe() {
        const std::string answer =
            ask("/onvif/service", "<CreatePullPointSubscription><InitialTerminationTime>PT10M</"
                                  "InitialTerminationTime></CreatePullPointSubscription>")
                .body;
        const std::string address = xml_text(answer, "Address");
        EXPECT_THAT(address, HasSubstr("/event-"));
        return address.substr(address.find("/event-"));
    }
    std::string pull(const std::string& path) {
        return ask(path,
                   "<PullMessages><Timeout>PT5S</Timeout><MessageLimit>100</MessageLimit></PullMessages>")
            .body;
    }
    HandClock clock_;
    std::int64_t token_age_s_ = 0;
    OnvifService service_;
};

TEST_F(Onvif, DigestIsTheOneOfTheStandard) {
    // base64(SHA1(nonce + created + password)), spelled out
    EXPECT_EQ(onvif_digest(base64_encode(as_bytes("abc")), "2026-01-01T00:00:00Z", "pw"),
              base64_encode(sha1(as_bytes("abc2026-01-01T00:00:00Zpw"))));
}

TEST_F(Onvif, PullsWhatHappened) {
    const std::string path = subscribe();
    EXPECT_THAT(pull(path), HasSubstr("PropertyOperation=\"Initialized\""));
    service_.happen({.kind = "motion"});
    service_.happen({.kind = "person"});
    const std::string messages = pull(path);
    EXPECT_THAT(messages, HasSubstr(R"(Name="IsMotion" Value="true")"));
    EXPECT_THAT(messages, HasSubstr(R"(Name="IsPeople" Value="true")"));
    service_.happen({.kind = "motion", .active = false});
    EXPECT_THAT(pull(path), HasSubstr(R"(Name="IsMotion" Value="false")"));
    EXPECT_THAT(pull(path), Not(HasSubstr("NotificationMessage")));
}

TEST_F(Onvif, BugsOfTheField) {
    const std::string path = subscribe();
    pull(path);
    ASSERT_TRUE(service_.set_state({{"never_sends_false", true}}));
    service_.happen({.kind = "motion", .active = false});
    EXPECT_THAT(pull(path), Not(HasSubstr("NotificationMessage")));
    ASSERT_TRUE(service_.set_state({{"delivers_nothing", true}}));
    service_.happen({.kind = "motion"});
    EXPECT_THAT(pull(path), Not(HasSubstr("NotificationMessage")));
}

TEST_F(Onvif, WantsTheRightDigestAndClock) {
    EXPECT_THAT(ask("/onvif/service", "<CreatePullPointSubscription/>", "wrong").body,
                HasSubstr("NotAuthorized"));
    token_age_s_ = -3600;
    EXPECT_EQ(ask("/onvif/service", "<CreatePullPointSubscription/>").status, 400);
    EXPECT_THAT(ask("/onvif/device_service", "<GetSystemDateAndTime/>").body,
                HasSubstr("<tt:Year>2026</tt:Year>"));
}

TEST_F(Onvif, SubscriptionsEnd) {
    const std::string path = subscribe();
    EXPECT_EQ(ask(path, "<Renew><TerminationTime>PT10M</TerminationTime></Renew>").status, 200);
    *clock_.now += std::chrono::minutes(11);
    EXPECT_EQ(ask(path, "<PullMessages/>").status, 400);
    const std::string second = subscribe();
    EXPECT_EQ(ask(second, "<Unsubscribe/>").status, 200);
    EXPECT_EQ(ask(second, "<PullMessages/>").status, 400);
}

CameraL1Options options_of(const char* address) {
    CameraL1Options options;
    options.address = address;
    options.identity = shared_identity();
    return options;
}

TEST(Doorbell, PressIsADatagramFromItsAddress) {
    const int fd = bind_udp("127.0.0.1", 0);
    CameraL1Options options = options_of("127.0.77.1");
    options.ring_port = port_of(fd);
    CameraL1 doorbell(options);
    doorbell.start();
    ASSERT_TRUE(doorbell.set_state({{"event", json::object{{"kind", "ring"}}}}));
    pollfd entry{fd, POLLIN, 0};
    ASSERT_EQ(::poll(&entry, 1, 5000), 1);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    std::array<char, 256> payload{};
    EXPECT_GT(::recvfrom(fd, payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&from), &size),
              0);
    EXPECT_EQ(ntohl(from.sin_addr.s_addr), 0x7F004D01U);
    ::close(fd);
    EXPECT_EQ(doorbell.state().at("presses_sent"), 1U);
    EXPECT_EQ(doorbell.state().at("last_alarm").at("last_alarm_type"), "ring");
}

TEST(CameraEvents, ReachTheEventServiceOverTheNetwork) {
    CameraL1Options options = options_of("127.0.77.2");
    options.onvif = OnvifOptions{.port = 0};
    CameraL1 camera(options);
    camera.start();
    SimClient client("127.0.77.2", camera.onvif_port());
    EXPECT_THAT(client.post("/onvif/device_service", "<GetSystemDateAndTime/>").body,
                HasSubstr("UTCDateTime"));
    EXPECT_EQ(client.post("/onvif/service", "<CreatePullPointSubscription/>").status, 400);
    ASSERT_TRUE(camera.set_state({{"onvif", json::object{{"delivers_nothing", true}}}}));
    EXPECT_FALSE(camera.set_state({{"onvif", json::object{{"nonsense", true}}}}));
    EXPECT_EQ(camera.state().at("onvif").at("refusals"), 1U);
}

TEST(BatteryCamera, SleepsUntilSomebodyConnects) {
    const HandClock clock;
    CameraL1Options options = options_of("127.0.77.3");
    options.world = clock.world();
    options.sleep =
        SleepOptions{.stays_awake = std::chrono::seconds(10), .wakes_in = std::chrono::milliseconds(1)};
    CameraL1 camera(options);
    camera.start();
    EXPECT_EQ(camera.state().at("sleep").at("awake"), false);
    SimClient client("127.0.77.3", camera.port(), true);
    EXPECT_EQ(client
                  .post("/", R"({"method":"login","params":{"hashed":true,"username":"admin","password":")" +
                                 md5_hex_upper("demo-password") + "\"}}")
                  .status,
              200);
    EXPECT_EQ(camera.state().at("sleep").at("awake"), true);
    *clock.now += std::chrono::seconds(25);
    EXPECT_EQ(camera.state().at("sleep").at("awake"), false);
    EXPECT_EQ(camera.state().at("sleep").at("awake_s"), 10.0);
    EXPECT_FALSE(camera.privacy_hook()());
    EXPECT_EQ(camera.state().at("sleep").at("woken_by"), (json::object{{"control", 1U}, {"viewer", 1U}}));
}

TEST(BatteryCamera, DeepSleepRefusesUntilAnEvent) {
    CameraL1Options options = options_of("127.0.77.4");
    options.sleep = SleepOptions{
        .stays_awake = std::chrono::seconds(60), .wakes_in = std::chrono::milliseconds(1), .deep = true};
    CameraL1 camera(options);
    camera.start();
    SimClient first("127.0.77.4", camera.port(), true);
    EXPECT_EQ(first.post("/", "{}").status, 0);
    ASSERT_TRUE(camera.set_state({{"event", json::object{{"kind", "motion"}}}}));
    SimClient second("127.0.77.4", camera.port(), true);
    EXPECT_EQ(second.post("/", "{}").status, 200);
}

} // namespace
} // namespace tplink::sim
