// Sessions against simulated devices that were written from the protocol pages, not from this client.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "protocols/discovery/discover.hpp"
#include "protocols/tapo/ladder.hpp"
#include "tests/simulators/camera_l1.hpp"
#include "tests/simulators/camera_l3.hpp"
#include "tests/simulators/camera_l4.hpp"
#include "tests/simulators/camera_vigi.hpp"
#include "tests/simulators/kasa_plug.hpp"
#include "tests/simulators/plug_aes.hpp"
#include "tests/simulators/plug_klap.hpp"
#include "tests/simulators/plug_tpap.hpp"

namespace tplink::tapo {
namespace {

using discovery::Family;

constexpr std::chrono::milliseconds kReplyTimeout{800}; // how long a stalled reply is waited for
const std::string kUser = "demo@example.com";
const std::string kPassword = "demo-password";

std::shared_ptr<const crypto::RsaKey> shared_key(int bits) {
    return std::make_shared<const crypto::RsaKey>(crypto::RsaKey::generate(bits).value());
}
std::shared_ptr<const crypto::RsaKey> rsa_1024() {
    static const auto key = shared_key(1024);
    return key;
}

struct Kind {
    const char* name;
    const char* transport;
    Family family;
    std::unique_ptr<sim::Device> (*make)();
    int attempts_by_wrong_password; ///< logins the device counts
    const char* get;
    const char* get_params;
    const char* pointer; ///< of the switch in the reply
    const char* set;
    const char* set_on;    ///< params
    const char* state_key; ///< in the simulator's own state
    const char* on;        ///< as JSON
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

template <class Options> Options options() {
    Options o;
    o.discovery_port = 0;
    return o;
}

/// A Kasa device behind KLAP.
std::unique_ptr<sim::Device> kasa_klap(int version, bool new_klap) {
    auto o = options<sim::PlugKlapOptions>();
    o.version = version;
    o.new_klap = new_klap;
    o.make_inner = [](const sim::DeviceOptions& device) {
        sim::IotFacts facts = sim::iot_facts_of("HS110");
        facts.mac = device.mac;
        facts.alias = device.alias;
        return std::make_unique<sim::IotDevice>(facts, device.world);
    };
    return std::make_unique<sim::PlugKlap>(o);
}

#define IOT_SWITCH                                                                                           \
    "system.get_sysinfo", "null", "/relay_state", "system.set_relay_state", R"({"state":1})", "device_on",   \
        "true"

const Kind kKinds[] = {
    {"KasaXor", "xor", Family::kasa_plug,
     []() -> std::unique_ptr<sim::Device> {
         sim::KasaPlugOptions o;
         o.udp_port = 0;
         return std::make_unique<sim::KasaPlug>(o);
     },
     0, IOT_SWITCH},
    {"KasaKlap1", "klap1", Family::kasa_plug, []() { return kasa_klap(1, false); }, 0, IOT_SWITCH},
    {"KasaKlap2", "klap2-iot", Family::kasa_plug, []() { return kasa_klap(2, true); }, 0, IOT_SWITCH},
    {"PlugTpap", "tpap", Family::tapo_plug,
     []() -> std::unique_ptr<sim::Device> {
         return std::make_unique<sim::PlugTpap>(options<sim::PlugTpapOptions>());
     },
     1, "get_device_info", "null", "/device_on", "set_device_info", R"({"device_on":true})", "device_on",
     "true"},
    {"CameraL4", "tapo4", Family::tapo_camera,
     []() -> std::unique_ptr<sim::Device> {
         return std::make_unique<sim::CameraL4>(options<sim::CameraL4Options>());
     },
     2, "getLensMaskConfig", R"({"lens_mask":{"name":["lens_mask_info"]}})",
     "/lens_mask/lens_mask_info/enabled", "setLensMaskConfig",
     R"({"lens_mask":{"lens_mask_info":{"enabled":"on"}}})", "lens_mask", R"("on")"},
    {"CameraVigi", "vigi", Family::vigi_camera,
     []() -> std::unique_ptr<sim::Device> {
         return std::make_unique<sim::CameraVigi>(options<sim::CameraVigiOptions>());
     },
     1, "getLensMaskConfig", R"({"lens_mask":{"name":["lens_mask_info"]}})",
     "/lens_mask/lens_mask_info/enabled", "setLensMaskConfig",
     R"({"lens_mask":{"lens_mask_info":{"enabled":"on"}}})", "lens_mask", R"("on")"},
    {"PlugKlap", "klap2", Family::tapo_plug,
     []() -> std::unique_ptr<sim::Device> {
         return std::make_unique<sim::PlugKlap>(options<sim::PlugKlapOptions>());
     },
     0, "get_device_info", "null", "/device_on", "set_device_info", R"({"device_on":true})", "device_on",
     "true"},
    {"PlugAes", "aes", Family::tapo_plug,
     []() -> std::unique_ptr<sim::Device> {
         return std::make_unique<sim::PlugAes>(options<sim::PlugAesOptions>());
     },
     1, "get_device_info", "null", "/device_on", "set_device_info", R"({"device_on":true})", "device_on",
     "true"},
    {"CameraL1", "tapo1", Family::tapo_camera,
     []() -> std::unique_ptr<sim::Device> {
         return std::make_unique<sim::CameraL1>(options<sim::CameraL1Options>());
     },
     1, "getLensMaskConfig", R"({"lens_mask":{"name":["lens_mask_info"]}})",
     "/lens_mask/lens_mask_info/enabled", "setLensMaskConfig",
     R"({"lens_mask":{"lens_mask_info":{"enabled":"on"}}})", "lens_mask", R"("on")"},
    {"CameraL3", "tapo3", Family::tapo_camera,
     []() -> std::unique_ptr<sim::Device> {
         return std::make_unique<sim::CameraL3>(options<sim::CameraL3Options>());
     },
     0, "getLensMaskConfig", R"({"lens_mask":{"name":["lens_mask_info"]}})",
     "/lens_mask/lens_mask_info/enabled", "setLensMaskConfig",
     R"({"lens_mask":{"lens_mask_info":{"enabled":"on"}}})", "lens_mask", R"("on")"},
};

LadderDeps quick_deps() {
    LadderDeps deps;
    deps.http = [](const net::HttpOptions& given) {
        net::HttpOptions quick = given;
        quick.reply_timeout = kReplyTimeout;
        return net::make_http_client(quick);
    };
    deps.rsa_1024 = rsa_1024();
    deps.xor_probe_timeout = 300ms;
    deps.xor_reply_timeout = kReplyTimeout;
    deps.l4_pause = 20ms;
    return deps;
}

Opened open(const sim::Device& device, Family family, std::string password = kPassword,
            Learned learned = {}) {
    return open_session({family,
                         device.options().address,
                         device.port(),
                         {kUser, Secret(std::move(password))},
                         std::move(learned),
                         std::nullopt},
                        quick_deps());
}

std::int64_t count(const sim::Device& device, std::string_view key) {
    return device.state().at(key).to_number<std::int64_t>();
}

/// The simulator leaves and enters the network a moment after it was told to.
template <class Condition> bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

class SessionsLoopback : public ::testing::TestWithParam<Kind> {
protected:
    void SetUp() override {
        device_ = GetParam().make();
        device_->start();
    }
    std::unique_ptr<Session> session() {
        Opened opened = open(*device_, GetParam().family);
        EXPECT_TRUE(opened.session) << opened.session.error().what;
        return opened.session ? std::move(*opened.session) : nullptr;
    }
    Request get() const { return {GetParam().get, json::parse(GetParam().get_params)}; }
    Request set_on() const { return {GetParam().set, json::parse(GetParam().set_on)}; }
    Result<json::value> read(Session& session) const {
        const Request request = get();
        auto answers = session.query({&request, 1});
        if (!answers) return tl::unexpected(answers.error());
        if (!answers->at(0).result) return answers->at(0).result;
        const json::value value = answers->at(0).result->at_pointer(GetParam().pointer);
        return value.is_int64() ? json::value(value.as_int64() != 0) : value; // IOT has numbers for switches
    }
    std::unique_ptr<sim::Device> device_;
};

TEST_P(SessionsLoopback, LogsInIdentifiesAndSwitches) {
    const auto s = session();
    ASSERT_TRUE(s);
    EXPECT_EQ(s->transport(), GetParam().transport);
    const auto identity = s->identify();
    ASSERT_TRUE(identity) << identity.error().what;
    EXPECT_EQ(identity->mac, "020000000001");
    EXPECT_EQ(identity->name, "Simulated device");
    EXPECT_FALSE(identity->model.empty());
    EXPECT_FALSE(identity->components.empty());
    EXPECT_NE(read(*s).value(), json::parse(GetParam().on));
    const auto done = s->call(set_on());
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(device_->state().at(GetParam().state_key), json::parse(GetParam().on));
    EXPECT_EQ(read(*s).value(), json::parse(GetParam().on));
    EXPECT_EQ(count(*device_, "login_failures"), 0);
}

TEST_P(SessionsLoopback, ExpiredSessionIsRenewedUnseen) {
    const auto s = session();
    ASSERT_TRUE(read(*s));
    for (int i = 0; i < 3; ++i) {
        device_->expire_sessions();
        const auto value = read(*s);
        EXPECT_TRUE(value) << value.error().what;
        device_->expire_sessions();
        EXPECT_TRUE(s->call(set_on()));
    }
    EXPECT_EQ(count(*device_, "login_failures"), 0);
}

TEST_P(SessionsLoopback, WrongPasswordIsTriedOnceInEachFormAndNeverAgain) {
    if (GetParam().transport == std::string_view("xor")) GTEST_SKIP() << "asks for no password";
    Opened opened = open(*device_, GetParam().family, "wrong");
    if (!opened.session) {
        EXPECT_EQ(opened.session.error().code, Errc::auth_failed) << opened.session.error().what;
    } else {
        for (int i = 0; i < 4; ++i) EXPECT_EQ((*opened.session)->identify().error().code, Errc::auth_failed);
    }
    EXPECT_EQ(count(*device_, "login_failures"), GetParam().attempts_by_wrong_password);
}

TEST_P(SessionsLoopback, EveryFaultIsSurvived) {
    const auto s = session();
    ASSERT_TRUE(read(*s));
    for (const char* fault : {"deaf", "drop", "garbage", "noise", "stall", "reset"}) {
        ASSERT_TRUE(device_->faults().apply(json::object{{fault, 1}}));
        const auto struck = read(*s);
        if (!struck) {
            EXPECT_NE(struck.error().code, Errc::auth_failed) << fault;
            EXPECT_NE(struck.error().code, Errc::unsupported) << fault;
        }
        auto after = read(*s);
        if (!after) after = read(*s);
        EXPECT_TRUE(after) << fault << ": " << after.error().what;
    }
    EXPECT_EQ(count(*device_, "login_failures"), 0);
}

TEST_P(SessionsLoopback, FaultsWhileOpeningAreNoRefusals) {
    for (const char* fault : {"drop", "garbage", "noise", "stall", "reset"}) {
        ASSERT_TRUE(device_->faults().apply(json::object{{fault, -1}}));
        const Opened struck = open(*device_, GetParam().family);
        ASSERT_FALSE(struck.session) << fault;
        EXPECT_NE(struck.session.error().code, Errc::auth_failed) << fault;
        ASSERT_TRUE(device_->faults().apply(json::object{{fault, 0}}));
        EXPECT_TRUE(open(*device_, GetParam().family).session) << fault;
    }
}

TEST_P(SessionsLoopback, DeviceThatClosesAfterEveryAnswerIsNoTrouble) {
    ASSERT_TRUE(device_->faults().apply(json::object{{"close_after_answer", true}}));
    const auto s = session();
    for (int i = 0; i < 5; ++i) {
        const auto value = read(*s);
        EXPECT_TRUE(value) << value.error().what;
    }
    EXPECT_EQ(count(*device_, "login_failures"), 0);
}

TEST_P(SessionsLoopback, ComesBackAfterADeviceThatWasAway) {
    const auto s = session();
    ASSERT_TRUE(read(*s));
    device_->kill();
    EXPECT_TRUE(eventually([&] {
        const auto value = read(*s);
        return !value && value.error().code == Errc::unreachable;
    }));
    device_->expire_sessions();
    device_->revive();
    EXPECT_TRUE(eventually([&] { return read(*s).has_value(); }));
    EXPECT_EQ(count(*device_, "login_failures"), 0);
}

TEST_P(SessionsLoopback, OtherClientsMayPushTheSessionOut) {
    if (GetParam().transport == std::string_view("xor"))
        GTEST_SKIP() << "has no sessions, only few connections";
    const auto first = session();
    std::vector<std::unique_ptr<Session>> others;
    for (int i = 0; i < 6; ++i) {
        others.push_back(session());
        EXPECT_TRUE(read(*others.back()));
        EXPECT_TRUE(read(*first));
    }
}

TEST_P(SessionsLoopback, CancelFreesAWaitingRequest) {
    const auto s = session();
    ASSERT_TRUE(read(*s));
    ASSERT_TRUE(device_->faults().apply(json::object{{"deaf", -1}}));
    const auto began = std::chrono::steady_clock::now();
    const auto before = count(*device_, "open_connections");
    std::jthread canceller([&] {
        // The request is on its way when it can be; cancel is sticky, so too early is right as well.
        while (count(*device_, "open_connections") < before) std::this_thread::yield();
        s->cancel();
    });
    EXPECT_EQ(read(*s).error().code, Errc::cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - began, kReplyTimeout);
    canceller.join();
    EXPECT_EQ(read(*s).error().code, Errc::cancelled);
}

TEST_P(SessionsLoopback, DiscoveryAnnouncesWhatTheLadderTakes) {
    if (device_->announcement("").empty()) GTEST_SKIP() << "does not announce itself by TDP";
    discovery::Options search;
    search.targets = {"127.0.0.1"};
    search.broadcast = false;
    search.timeout = 4s;
    search.tdp_ports = {device_->discovery_port()};
    search.kasa_port = 0;
    search.email = kUser;
    static const auto key = shared_key(2048);
    discovery::Deps deps;
    deps.key = key;
    const auto list = discovery::discover(search, deps).value();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].mac, "020000000001");
    EXPECT_EQ(list[0].family, GetParam().family);
    EXPECT_EQ(list[0].transport, GetParam().transport);
    EXPECT_EQ(list[0].owner_matches, true);
    EXPECT_EQ(list[0].port, device_->port());
    const Opened opened = open_session(
        {Family::unknown, list[0].address, 0, {kUser, Secret(kPassword)}, {}, list[0]}, quick_deps());
    ASSERT_TRUE(opened.session) << opened.session.error().what;
    EXPECT_TRUE((*opened.session)->identify());
    EXPECT_TRUE(opened.attempts.empty());
}

TEST_P(SessionsLoopback, UnknownDeviceIsFoundByItsAddress) {
    const Opened opened = open(*device_, Family::unknown);
    ASSERT_TRUE(opened.session) << opened.session.error().what;
    EXPECT_EQ(opened.learned.transport, GetParam().transport);
    EXPECT_TRUE((*opened.session)->identify());
}

INSTANTIATE_TEST_SUITE_P(Kinds, SessionsLoopback, ::testing::ValuesIn(kKinds),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(PlugLoopback, KlapSwitchedOffIsNamed) {
    sim::PlugKlapOptions o;
    o.third_party_off = true;
    sim::PlugKlap plug(o);
    plug.start();
    const Error error = open(plug, Family::tapo_plug).session.error();
    EXPECT_EQ(error.code, Errc::unsupported);
    EXPECT_NE(error.what.find("third-party"), std::string::npos);
}

TEST(PlugLoopback, AWebServerThatWaitsForDiscoveryIsWoken) {
    sim::PlugKlapOptions o = options<sim::PlugKlapOptions>();
    o.lazy_http = std::chrono::milliseconds(50);
    sim::PlugKlap plug(o);
    plug.start();
    LadderDeps deps = quick_deps();
    EXPECT_EQ(open(plug, Family::tapo_plug).session.error().code, Errc::unreachable);
    deps.wake_wait = 1000ms;
    deps.wake = [&](const std::string& host) {
        discovery::Options search;
        search.tdp_ports = {plug.discovery_port()};
        discovery::Deps with_key;
        with_key.key = shared_key(2048);
        EXPECT_TRUE(discovery::wake(host, search, with_key));
    };
    const Opened opened =
        open_session({Family::tapo_plug, "127.0.0.1", plug.port(), {kUser, Secret(kPassword)}, {}, {}}, deps);
    ASSERT_TRUE(opened.session) << opened.session.error().what;
    EXPECT_TRUE((*opened.session)->identify());
}

TEST(PlugLoopback, AesFormsOfThePassword) {
    for (const bool only_second : {false, true}) {
        sim::PlugAesOptions o = options<sim::PlugAesOptions>();
        o.login_version = 2;
        o.only_password2 = only_second;
        o.wants_terminal_uuid = true;
        o.cookie_name = "SESSIONID";
        sim::PlugAes plug(o);
        plug.start();
        discovery::Found announced;
        announced.transport = "aes";
        announced.family = Family::tapo_plug;
        announced.login_version = 2;
        const Opened opened = open_session(
            {Family::unknown, "127.0.0.1", plug.port(), {kUser, Secret(kPassword)}, {}, announced},
            quick_deps());
        ASSERT_TRUE(opened.session);
        const auto identity = (*opened.session)->identify();
        EXPECT_TRUE(identity) << identity.error().what;
        EXPECT_EQ(count(plug, "login_failures"), 0);
    }
}

TEST(CameraLoopback, LockoutIsObeyed) {
    sim::CameraL1Options o;
    o.max_attempts = 2;
    sim::CameraL1 camera(o);
    camera.start();
    const Opened wrong = open(camera, Family::tapo_camera, "wrong");
    EXPECT_EQ((*wrong.session)->identify().error().code, Errc::auth_failed);
    const Opened second = open(camera, Family::tapo_camera, "wrong as well");
    EXPECT_EQ((*second.session)->identify().error().code, Errc::locked_out);
    const Error locked = open(camera, Family::tapo_camera).session.error();
    EXPECT_EQ(locked.code, Errc::locked_out);
    EXPECT_GT(locked.retry_after, 1700s);
}

TEST(CameraLoopback, SessionOpenedBeforeTheLockoutSendsNothingDuringIt) {
    sim::CameraL1Options o;
    o.max_attempts = 1;
    sim::CameraL1 camera(o);
    camera.start();
    const Opened good = open(camera, Family::tapo_camera);
    const Opened wrong = open(camera, Family::tapo_camera, "wrong");
    EXPECT_FALSE((*wrong.session)->identify());
    EXPECT_EQ((*good.session)->identify().error().code, Errc::locked_out);
    const auto asked = count(camera, "requests_while_locked");
    for (int i = 0; i < 3; ++i) EXPECT_EQ((*good.session)->identify().error().code, Errc::locked_out);
    EXPECT_EQ(count(camera, "requests_while_locked"), asked);
}

TEST(CameraLoopback, Md5HashOldSuitesAndTheOtherEndOfSessionAreSpokenToo) {
    sim::CameraL3Options o;
    o.hash = sim::PasswordHash::md5;
    o.plain_ended_reply = true;
    o.plain_single_replies = false;
    sim::CameraL3 camera(o);
    camera.start();
    const Opened opened = open(camera, Family::tapo_camera);
    ASSERT_TRUE(opened.session);
    EXPECT_EQ(opened.learned.hash_form, "md5");
    EXPECT_TRUE((*opened.session)->identify());
    camera.expire_sessions();
    const auto old_style = (*opened.session)->call({"get", json::parse(R"({"led":{"name":["config"]}})")});
    ASSERT_TRUE(old_style) << old_style.error().what;
    EXPECT_EQ(old_style->at_pointer("/led/config/enabled"), "on");
    EXPECT_EQ(count(camera, "bad_tags"), 0);
    EXPECT_EQ(count(camera, "l1_logins_seen"), 0);
}

TEST(CameraLoopback, UnknownMethodsOfABatchAreUnsupportedAlone) {
    sim::CameraL3 camera({});
    camera.start();
    const Opened opened = open(camera, Family::tapo_camera);
    const Request requests[] = {
        {"getLedStatus", json::parse(R"({"led":{"name":["config"]}})")},
        {"getNothingLikeThis", json::parse(R"({"nothing":{"name":["config"]}})")},
        {"getLensMaskConfig", json::parse(R"({"lens_mask":{"name":["lens_mask_info"]}})")},
        {"get", json::parse(R"({"lens_mask":{"name":["lens_mask_info"]}})")}};
    const auto answers = (*opened.session)->query(requests).value();
    EXPECT_TRUE(answers[0].result);
    EXPECT_EQ(answers[1].result.error().code, Errc::unsupported);
    EXPECT_TRUE(answers[2].result);
    ASSERT_TRUE(answers[3].result) << answers[3].result.error().what;
    EXPECT_EQ(answers[3].result->at_pointer("/lens_mask/lens_mask_info/enabled"), "off");
}

TEST(CameraLoopback, OtherCertificateThanThePinnedIsRefused) {
    sim::CameraL3 camera({});
    camera.start();
    const Opened first = open(camera, Family::tapo_camera);
    ASSERT_EQ(first.learned.certificate_sha256.size(), 64U);
    EXPECT_TRUE(open(camera, Family::tapo_camera, kPassword, first.learned).session);
    Learned other = first.learned;
    other.certificate_sha256 = std::string(64, '0');
    EXPECT_EQ(open(camera, Family::tapo_camera, kPassword, other).session.error().code,
              Errc::certificate_changed);
}

TEST(CameraLoopback, BothPaddingsOfTheAnnouncementAreOpened) {
    static const auto key = shared_key(2048);
    for (const bool pkcs1 : {false, true}) {
        sim::CameraL3Options o = options<sim::CameraL3Options>();
        o.pkcs1_announcement = pkcs1;
        sim::CameraL3 camera(o);
        camera.start();
        discovery::Options search;
        search.targets = {"127.0.0.1"};
        search.broadcast = false;
        search.timeout = 4s;
        search.tdp_ports = {camera.discovery_port()};
        search.kasa_port = 0;
        discovery::Deps deps;
        deps.key = key;
        const auto list = discovery::discover(search, deps).value();
        ASSERT_EQ(list.size(), 1U);
        EXPECT_EQ(list[0].port, camera.port()) << "told in encrypt_info only";
    }
}

} // namespace
} // namespace tplink::tapo
