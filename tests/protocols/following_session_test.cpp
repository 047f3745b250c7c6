// A device that changes its login while we talk to it, against simulators.

#include "protocols/tapo/following_session.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/simulators/camera_l3.hpp"
#include "tests/simulators/camera_l4.hpp"
#include "tests/simulators/kasa_plug.hpp"
#include "tests/simulators/plug_tpap.hpp"

namespace tplink::tapo {
namespace {

using discovery::Family;

const std::string kUser = "demo@example.com";
const std::string kPassword = "demo-password";
const Request kSwitchOn{"set_device_info", json::object{{"device_on", true}}};
const Request kSwitchOff{"set_device_info", json::object{{"device_on", false}}};

LadderDeps quick_deps() {
    static const auto rsa = std::make_shared<const crypto::RsaKey>(crypto::RsaKey::generate(1024).value());
    LadderDeps deps;
    deps.http = [](const net::HttpOptions& given) {
        net::HttpOptions quick = given;
        quick.reply_timeout = 800ms;
        return net::make_http_client(quick);
    };
    deps.rsa_1024 = rsa;
    deps.xor_probe_timeout = 300ms;
    deps.xor_reply_timeout = 800ms;
    return deps;
}

std::unique_ptr<FollowingSession> follow(const sim::Device& device, Family family,
                                         std::string password = kPassword) {
    Target target{family, device.options().address, device.port(), {kUser, Secret(std::move(password))}, {},
                  {}};
    Opened opened = open_session(target, quick_deps());
    if (!opened.session) {
        ADD_FAILURE() << opened.session.error().what;
        return nullptr;
    }
    return std::make_unique<FollowingSession>(target, quick_deps(), std::move(opened));
}

std::int64_t count(const sim::Device& device, std::string_view key) {
    return device.state().at(key).to_number<std::int64_t>();
}

TEST(FollowingSession, AFlippedSwitchCostsNoCommandAndNoFailedLogin) {
    sim::PlugTpapOptions options;
    options.third_party = true;
    sim::PlugTpap plug(options);
    plug.start();
    const auto session = follow(plug, Family::tapo_plug);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->transport(), "klap2");
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(plug.set_state({{"third_party", false}}));
        auto done = session->call(kSwitchOn);
        ASSERT_TRUE(done) << done.error().what;
        EXPECT_EQ(session->transport(), "tpap");
        EXPECT_EQ(plug.state().at("device_on"), true);
        ASSERT_TRUE(plug.set_state({{"third_party", true}}));
        plug.expire_sessions();
        done = session->call(kSwitchOff);
        ASSERT_TRUE(done) << done.error().what;
        EXPECT_EQ(plug.state().at("device_on"), false);
    }
    EXPECT_EQ(count(plug, "login_failures"), 0);
}

TEST(FollowingSession, WrongPasswordAfterTheFlipIsTriedOnce) {
    sim::PlugTpapOptions options;
    sim::PlugTpap plug(options);
    plug.start();
    Target target{Family::tapo_plug, "127.0.0.1", plug.port(), {kUser, Secret("wrong")}, {}, {}};
    for (int i = 0; i < 3; ++i) {
        const Opened opened = open_session(target, quick_deps());
        EXPECT_EQ(opened.session.error().code, Errc::auth_failed);
        EXPECT_NE(opened.session.error().device_code, 0)
            << "the device counted it: the gateway has to remember";
        EXPECT_EQ(count(plug, "login_failures"), i + 1);
    }
}

TEST(FollowingSession, ACommandTheDeviceDoesNotKnowIsNoLostLogin) {
    sim::PlugTpap plug({});
    plug.start();
    const auto session = follow(plug, Family::tapo_plug);
    const auto before = count(plug, "login_attempts");
    EXPECT_EQ(session->call({"no_such_method", nullptr}).error().code, Errc::unsupported);
    EXPECT_EQ(count(plug, "login_attempts"), before);
}

TEST(FollowingSession, AKasaPlugThatShutsPort9999IsFoundBehindKlap) {
    auto before = std::make_unique<sim::KasaPlug>([] {
        sim::KasaPlugOptions options;
        options.udp_port.reset();
        return options;
    }());
    before->start();
    sim::PlugKlapOptions options;
    options.version = 1;
    options.make_inner = [](const sim::DeviceOptions& device) {
        return std::make_unique<sim::IotDevice>(sim::iot_facts_of("HS110"), device.world);
    };
    sim::PlugKlap after(options);
    after.start();
    Target target{Family::kasa_plug, "127.0.0.1", 0, {kUser, Secret(kPassword)}, {}, {}};
    target.learned = {"xor", "", "", "", before->port()};
    discovery::Found announced; // the new firmware's
    announced.family = Family::kasa_plug;
    announced.iot = true;
    announced.transport = "klap1";
    announced.port = after.port();
    Opened opened = open_session(target, quick_deps());
    ASSERT_TRUE(opened.session) << opened.session.error().what;
    FollowingSession session(target, quick_deps(), std::move(opened),
                             [&](Target& next) { next.announced = announced; });
    ASSERT_TRUE(session.identify());
    EXPECT_EQ(session.transport(), "xor");
    before.reset();
    EXPECT_EQ(session.identify().error().code, Errc::unreachable);
    const auto found = session.identify();
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(session.transport(), "klap1");
}

TEST(FollowingSession, CancelFreesTheClimbToo) {
    sim::PlugTpap plug({});
    plug.start();
    const auto session = follow(plug, Family::tapo_plug);
    session->cancel();
    EXPECT_EQ(session->call(kSwitchOn).error().code, Errc::cancelled);
}

/// The same address, another firmware.
template <class Old, class New, class OldOptions, class NewOptions>
void flip(OldOptions old_options, NewOptions new_options, const char* transport) {
    auto before = std::make_unique<Old>(old_options);
    before->start();
    const auto session = follow(*before, Family::tapo_camera);
    ASSERT_TRUE(session);
    const Request get{"getLensMaskConfig", json::parse(R"({"lens_mask":{"name":["lens_mask_info"]}})")};
    ASSERT_TRUE(session->query({&get, 1}));
    new_options.port = before->port();
    new_options.identity = old_options.identity;
    before.reset();
    New after(new_options);
    after.start();
    const auto answers = session->query({&get, 1});
    ASSERT_TRUE(answers) << answers.error().what;
    EXPECT_TRUE(answers->at(0).result);
    EXPECT_EQ(session->transport(), transport);
    EXPECT_EQ(count(after, "login_failures"), 0);
}

TEST(FollowingSession, CamerasFromL3ToL4AndBack) {
    const auto identity = std::make_shared<const sim::TlsIdentity>();
    sim::CameraL3Options l3;
    l3.identity = identity;
    l3.hash = sim::PasswordHash::md5;
    sim::CameraL4Options l4;
    l4.identity = identity;
    flip<sim::CameraL3, sim::CameraL4>(l3, l4, "tapo4");
    flip<sim::CameraL4, sim::CameraL3>(l4, l3, "tapo3");
}

/// Making one costs most of such a camera's time.
std::shared_ptr<const sim::TlsIdentity> tls_identity() {
    static const auto identity = std::make_shared<const sim::TlsIdentity>();
    return identity;
}

sim::CameraL4Options l4_options(sim::PasswordHash hash = sim::PasswordHash::md5) {
    sim::CameraL4Options options;
    options.identity = tls_identity();
    options.hash = hash;
    return options;
}
Target l4_target(const sim::Device& camera, const std::string& password = kPassword) {
    Target target;
    target.family = Family::tapo_camera;
    target.host = "127.0.0.1";
    target.port = camera.port();
    target.credentials = {kUser, Secret(password)};
    return target;
}

TEST(CameraL4Loopback, EveryFormOfUserNameAndPassword) {
    for (const sim::L4User user : {sim::L4User::md5, sim::L4User::literal, sim::L4User::sha256})
        for (const sim::L4Crypt crypt : {sim::L4Crypt::none, sim::L4Crypt::sha256_crypt, sim::L4Crypt::sha1})
            for (const sim::PasswordHash hash : {sim::PasswordHash::md5, sim::PasswordHash::sha256}) {
                sim::CameraL4Options options = l4_options(hash);
                options.user = user;
                options.crypt = crypt;
                sim::CameraL4 camera(options);
                camera.start();
                Target target = l4_target(camera);
                Opened first = open_session(target, quick_deps());
                ASSERT_TRUE(first.session) << first.session.error().what;
                EXPECT_TRUE((*first.session)->identify());
                const auto failed = count(camera, "login_failures");
                EXPECT_EQ(failed, hash == sim::PasswordHash::md5 ? 0 : 1) << "each form once, of a camera never met";
                target.learned = first.learned;
                EXPECT_TRUE(open_session(target, quick_deps()).session);
                EXPECT_EQ(count(camera, "login_failures"), failed) << "the form is remembered";
            }
}

TEST(CameraL4Loopback, AWrongPasswordCostsACameraNeverMetOneAttemptForEachForm) {
    sim::CameraL4 camera(l4_options());
    camera.start();
    const Opened refused = open_session(l4_target(camera, "wrong"), quick_deps());
    EXPECT_EQ(refused.session.error().code, Errc::auth_failed);
    EXPECT_EQ(refused.refused_form, "") << "none is left to try";
    EXPECT_EQ(count(camera, "login_failures"), 2);
}

TEST(CameraL4Loopback, TheLastAttemptsAreNotSpentOnAGuess) {
    for (const int attempts : {3, 4}) {
        sim::CameraL4Options options = l4_options(sim::PasswordHash::sha256);
        options.max_attempts = attempts;
        sim::CameraL4 camera(options);
        camera.start();
        Target target = l4_target(camera);
        Opened first = open_session(target, quick_deps());
        EXPECT_EQ(first.session.has_value(), attempts == 4);
        EXPECT_EQ(first.refused_form, attempts == 4 ? "" : "md5");
        EXPECT_EQ(count(camera, "login_failures"), 1);
        target.refused_form = "md5"; // a human asked for it, or another device proved the account
        EXPECT_TRUE(open_session(target, quick_deps()).session);
        EXPECT_EQ(count(camera, "login_failures"), 1) << "the refused form is not sent again";
    }
}

TEST(CameraL4Loopback, AChangedPasswordOfAKnownCameraIsOneAttempt) {
    for (const char* form : {"md5", "sha256,literal"})
        for (const bool account_works : {false, true}) { // by the configuration; behind our back, in the app
            sim::CameraL4Options options = l4_options();
            options.user = std::string(form) == "md5" ? sim::L4User::md5 : sim::L4User::literal;
            sim::CameraL4 camera(options);
            camera.start();
            Target target = l4_target(camera, "wrong");
            target.learned.transport = "tapo4";
            target.learned.hash_form = form;
            target.account_works = account_works;
            const Opened refused = open_session(target, quick_deps());
            EXPECT_EQ(refused.session.error().code, Errc::auth_failed);
            EXPECT_EQ(refused.refused_form, "");
            EXPECT_EQ(count(camera, "login_failures"), 1);
        }
}

TEST(CameraL4Loopback, AHumanWhoAsksAgainGetsBothForms) {
    sim::CameraL4 camera(l4_options(sim::PasswordHash::sha256));
    camera.start();
    Target target = l4_target(camera);
    target.learned.transport = "tapo4";
    target.learned.hash_form = "md5"; // the camera's form changed with its password
    EXPECT_FALSE(open_session(target, quick_deps()).session);
    EXPECT_EQ(count(camera, "login_failures"), 1);
    target.asked_afresh = true;
    Opened again = open_session(target, quick_deps());
    EXPECT_TRUE(again.session);
    EXPECT_EQ(again.learned.hash_form, "sha256");
}

TEST(CameraL4Loopback, APasswordChangedWhileWeAreLoggedInIsOneAttempt) {
    auto before = std::make_unique<sim::CameraL4>(l4_options());
    before->start();
    const auto session = follow(*before, Family::tapo_camera);
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->identify());
    sim::CameraL4Options options = l4_options();
    options.port = before->port();
    options.password = "another one";
    before.reset();
    sim::CameraL4 after(options);
    after.start();
    EXPECT_EQ(session->identify().error().code, Errc::auth_failed);
    EXPECT_FALSE(session->identify());
    EXPECT_EQ(count(after, "login_failures"), 1);
}

TEST(CameraL4Loopback, ACameraThatEndedASessionIsGivenItsTime) {
    sim::CameraL4Options options = l4_options();
    options.refuses_first_relogin = true;
    sim::CameraL4 camera(options);
    camera.start();
    const auto session = follow(camera, Family::tapo_camera);
    ASSERT_TRUE(session);
    ASSERT_TRUE(session->identify());
    camera.expire_sessions();
    const auto again = session->identify();
    EXPECT_TRUE(again) << again.error().what;
    EXPECT_EQ(count(camera, "early_logins"), 0) << "its right password was not offered too soon";
}

TEST(CameraL4Loopback, ARefusalThatCountedNothingIsNotBelievedAtOnce) {
    sim::CameraL4Options options = l4_options();
    options.refuses_first_relogin = true;
    sim::CameraL4 camera(options);
    camera.start();
    const auto first = follow(camera, Family::tapo_camera);
    ASSERT_TRUE(first);
    ASSERT_TRUE(first->identify());
    camera.expire_sessions();
    // Another process meets the camera just after; it knows the form and that the account works, not what happened.
    net::HttpOptions where;
    where.host = "127.0.0.1";
    where.port = camera.port();
    where.tls = net::Tls::device;
    ASSERT_TRUE(net::make_http_client(where)->send({.path = "/stok=forgotten/ds", .body = "0000", .content_type = "application/octet-stream", .headers = {}}));
    Target target = l4_target(camera);
    target.learned.transport = "tapo4";
    target.learned.hash_form = "md5";
    target.account_works = true;
    Opened opened = open_session(target, quick_deps());
    EXPECT_TRUE(opened.session) << opened.session.error().what;
    EXPECT_EQ(count(camera, "early_logins"), 1);
    EXPECT_EQ(count(camera, "login_failures"), 0);
}

/// The machine's clock, and what the test adds.
class MovedClock final : public Clock {
public:
    SteadyTime now() const override { return system_clock().now() + ahead; }
    WallTime wall() const override { return system_clock().wall(); }
    std::chrono::seconds ahead{0};
};

TEST(CameraL4Loopback, ASessionIsRenewedBeforeTheCameraRefusesIt) {
    sim::CameraL4 camera(l4_options()); // its sessions last an hour, and it says so
    camera.start();
    MovedClock clock;
    const LadderDeps quick = quick_deps();
    const LadderDeps deps{quick.http, quick.tcp, quick.random, clock, quick.rsa_1024, {}, 0ms, 300ms, 800ms, 800ms, 20ms, {}};
    Opened opened = open_session(l4_target(camera), deps);
    ASSERT_TRUE(opened.session) << opened.session.error().what;
    EXPECT_TRUE((*opened.session)->identify());
    EXPECT_EQ(count(camera, "login_attempts"), 1);
    clock.ahead = 59min;
    EXPECT_TRUE((*opened.session)->identify());
    EXPECT_EQ(count(camera, "login_attempts"), 1);
    clock.ahead = 61min;
    EXPECT_TRUE((*opened.session)->identify());
    EXPECT_EQ(count(camera, "login_attempts"), 2);
    EXPECT_EQ(count(camera, "login_failures"), 0);
}

} // namespace
} // namespace tplink::tapo
