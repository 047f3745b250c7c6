// A camera's session over its three ways.

#include "tests/protocols/kasa/fake_camera.hpp"

namespace tplink::kasa {
namespace {

using namespace test;
using Local = FakeCamera::Local;

TEST(KasaCamera, StateComesByUdpAndSurvivesALostDatagram) {
    CameraRig rig;
    rig.open();
    rig.camera.lost_datagrams = 2;
    const auto answers = rig.ask({std::string(kSysinfo)});
    EXPECT_EQ(answers.at(0).result->at("camera_switch"), json::value("on"));
    EXPECT_EQ(rig.session->identify()->model, "EC60");
    rig.camera.udp = false;
    const Request request{std::string(kSysinfo), nullptr};
    EXPECT_EQ(rig.session->query({&request, 1}).error().code, Errc::timeout);
}

TEST(KasaCamera, EveryPasswordFormIsFoundAndRemembered) {
    for (const LinkieLogin& login : linkie_logins(true)) {
        CameraRig rig;
        rig.camera.accepts = login;
        if (login.form == PasswordForm::factory) rig.camera.fields["status"] = "new";
        else rig.camera.fields["status"] = "configured";
        rig.open();
        ASSERT_TRUE(rig.session->call(CameraRig::set("switch.set_is_enable", "off"))) << to_text(login);
        EXPECT_EQ(rig.camera.fields.at("camera_switch"), json::value("off"));
        EXPECT_EQ(rig.session->transport(), to_text(login));
        const std::set<std::string> different(rig.camera.attempts.begin(), rig.camera.attempts.end() - 1);
        EXPECT_EQ(different.size(), rig.camera.attempts.size() - 1) << "each form at most once";
        rig.known = rig.session->facts().value();
        rig.camera.attempts.clear();
        rig.open();
        ASSERT_TRUE(rig.session->call(CameraRig::set("switch.set_is_enable", "on")));
        EXPECT_EQ(rig.camera.attempts.size(), 1U) << "remembered over a restart";
    }
}

TEST(KasaCamera, ReadsEverythingInOneRequest) {
    CameraRig rig;
    rig.open();
    const auto answers = rig.ask({std::string(kSysinfo), "motionDetect.get_is_enable", "dayNight.get_mode", "siren.get_state"});
    EXPECT_EQ(answers.at(1).result->at("value"), json::value("on"));
    EXPECT_FALSE(answers.at(1).result->as_object().contains("err_code"));
    EXPECT_EQ(answers.at(2).result->at("value"), json::value("auto"));
    EXPECT_EQ(answers.at(3).result.error().code, Errc::unsupported);
    EXPECT_EQ(rig.camera.attempts.size(), 2U) << "the probe and one request";
}

TEST(KasaCamera, WithoutLocalControlAndCloudItSaysWhatToDo) {
    for (const Local local : {Local::redirects, Local::refused_connection, Local::silent}) {
        CameraRig rig;
        rig.camera.local = local;
        rig.open();
        Result<json::value> reply = fail(Errc::timeout, "");
        for (int i = 0; i < 4 && !reply && reply.error().code == Errc::timeout; ++i) {
            reply = rig.session->call(CameraRig::set("switch.set_is_enable", "off"));
            rig.cloud.clock.passed += 10s;
        }
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, Errc::cloud_disabled);
        EXPECT_TRUE(reply.error().aside);
        EXPECT_NE(reply.error().what.find("cloud.enabled: true"), std::string::npos) << reply.error().what;
        EXPECT_EQ(rig.session->transport(), "udp");
        EXPECT_EQ(rig.ask({std::string(kSysinfo)}).at(0).result->at("camera_switch"), json::value("on")) << "state goes on";
        EXPECT_LE(rig.camera.attempts.size(), 5U);
        const auto tried = rig.camera.attempts.size();
        for (int i = 0; i < 100; ++i) {
            (void)rig.ask({"motionDetect.get_is_enable"});
            rig.cloud.clock.passed += 30s;
        }
        EXPECT_EQ(rig.camera.attempts.size(), tried) << "not again within the hour";
        EXPECT_EQ(rig.cloud.cloud.connects, 0U);
    }
}

TEST(KasaCamera, ASilentPortIsSearchedAcrossPollsWithoutHoldingTheState) {
    CameraRig rig;
    rig.camera.local = Local::silent;
    rig.camera.silence = [&] { rig.cloud.clock.passed += 5s; };
    rig.camera.accepts = {PasswordForm::plain, true};
    rig.open();
    const auto first = rig.ask({std::string(kSysinfo), "motionDetect.get_is_enable"});
    EXPECT_TRUE(first.at(0).result);
    EXPECT_EQ(first.at(1).result.error().code, Errc::timeout);
    EXPECT_TRUE(first.at(1).result.error().aside) << "asked again at the next poll";
    EXPECT_EQ(rig.camera.attempts.size(), 1U) << "one silence is enough for one poll";
    rig.camera.local = Local::works;
    EXPECT_TRUE(rig.session->call(CameraRig::set("switch.set_is_enable", "off"))) << "a command goes on until it is settled";
    EXPECT_EQ(rig.session->transport(), "linkie2/plain");
}

TEST(KasaCamera, ARefusedPasswordIsNotTriedAgainByItself) {
    for (const Local local : {Local::wrong_password, Local::plain_error}) {
        CameraRig rig;
        rig.camera.local = local;
        rig.open();
        EXPECT_EQ(rig.session->call(CameraRig::set("switch.set_is_enable", "off")).error().code, Errc::auth_failed);
        EXPECT_EQ(rig.camera.attempts.size(), 5U);
        for (int hour = 0; hour < 30; ++hour) {
            rig.cloud.clock.passed += 1h;
            EXPECT_FALSE(rig.session->call(CameraRig::set("switch.set_is_enable", "off")));
        }
        EXPECT_EQ(rig.camera.attempts.size(), 5U);
    }
}

TEST(KasaCamera, TheCloudTakesOverWhenAllowed) {
    CameraRig rig(true);
    rig.camera.local = Local::redirects;
    rig.open();
    ASSERT_TRUE(rig.session->call(CameraRig::set("switch.set_is_enable", "off")));
    EXPECT_EQ(rig.camera.fields.at("camera_switch"), json::value("off"));
    EXPECT_EQ(rig.session->transport(), "cloud");
    EXPECT_EQ(rig.camera.attempts.size(), 1U) << "one redirect decides";
    EXPECT_EQ(rig.cloud.cloud.asked.back().body.at("deviceId"), rig.camera.fields.at("deviceId"));
}

TEST(KasaCamera, TheModesForceAWay) {
    CameraRig cloud(true);
    cloud.mode = ControlMode::cloud;
    cloud.open();
    ASSERT_TRUE(cloud.session->call(CameraRig::set("led.set_status", "off")));
    EXPECT_EQ(cloud.camera.attempts.size(), 0U);

    CameraRig local(true);
    local.mode = ControlMode::local;
    local.camera.local = Local::redirects;
    local.open();
    EXPECT_EQ(local.session->call(CameraRig::set("led.set_status", "off")).error().code, Errc::unsupported);
    EXPECT_EQ(local.cloud.cloud.connects, 0U);

    CameraRig none(true);
    none.mode = ControlMode::none;
    none.open();
    EXPECT_EQ(none.session->call(CameraRig::set("led.set_status", "off")).error().code, Errc::unsupported);
    EXPECT_EQ(none.camera.attempts.size() + none.cloud.cloud.connects, 0U);
}

TEST(KasaCamera, TheCloudIsAskedSeldomButAfterAWriteAtOnce) {
    CameraRig rig(true);
    rig.camera.local = Local::refused_connection;
    rig.open();
    for (int poll = 0; poll < 30; ++poll) {  // 5 minutes
        const auto answers = rig.ask({std::string(kSysinfo), "motionDetect.get_is_enable", "dayNight.get_mode"});
        EXPECT_EQ(answers.at(1).result->at("value"), json::value("on"));
        rig.cloud.clock.passed += 10s;
    }
    EXPECT_LE(rig.cloud.cloud.count("/api/v2/common/passthrough"), 2U);
    ASSERT_TRUE(rig.session->call(CameraRig::set("motionDetect.set_is_enable", "off")));
    rig.cloud.clock.passed += 1100ms;
    EXPECT_EQ(rig.ask({"motionDetect.get_is_enable"}).at(0).result->at("value"), json::value("off"));
}

TEST(KasaCamera, AWriteLostInTheCloudIsRepeatedOnlyAfterALook) {
    CameraRig rig(true);
    rig.mode = ControlMode::cloud;
    rig.open();
    auto& script = rig.cloud.cloud.script["/api/v2/common/passthrough"];
    script = {FakeCloud::code(-20002)};  // it did not happen
    ASSERT_TRUE(rig.session->call(CameraRig::set("switch.set_is_enable", "off")));
    EXPECT_EQ(rig.camera.writes, 1U);
    rig.camera.fields["camera_switch"] = "on";
    rig.cloud.cloud.device = [&](const json::object& command) {  // it happens, but the answer is lost
        const json::object reply = rig.camera.run(command);
        return json::serialize(command).find("set_") != std::string::npos ? json::object{} : reply;
    };
    script = {FakeCloud::code(-20002)};
    rig.camera.fields["camera_switch"] = "off";
    ASSERT_TRUE(rig.session->call(CameraRig::set("switch.set_is_enable", "off")));
    EXPECT_EQ(rig.camera.writes, 1U) << "it had happened already";
}

TEST(KasaCamera, ABareObjectIsAFailure) {
    CameraRig rig(true);
    rig.mode = ControlMode::cloud;
    rig.open();
    rig.cloud.cloud.device = [](const json::object&) { return json::parse(R"({"smartlife.cam.ipcamera.switch":{"set_is_enable":{}}})").as_object(); };
    EXPECT_EQ(rig.session->call(CameraRig::set("switch.set_is_enable", "off")).error().code, Errc::refused);
}

TEST(KasaCamera, AnotherCertificateStopsTheLocalWay) {
    CameraRig rig;
    rig.open();
    ASSERT_TRUE(rig.session->call(CameraRig::set("led.set_status", "off")));
    EXPECT_EQ(rig.session->facts()->certificate_sha256, "aa55");
    rig.camera.certificate = "bb66";
    EXPECT_FALSE(rig.session->call(CameraRig::set("led.set_status", "on")));
    const Request request{"motionDetect.get_is_enable", nullptr};
    EXPECT_EQ(rig.session->query({&request, 1}).error().code, Errc::certificate_changed);
}

TEST(KasaCamera, AFirmwareUpdatePausesCommands) {
    CameraRig rig;
    rig.open();
    rig.camera.fields["updating"] = true;
    (void)rig.ask({std::string(kSysinfo)});
    EXPECT_EQ(rig.session->call(CameraRig::set("led.set_status", "on")).error().code, Errc::refused);
    EXPECT_EQ(rig.camera.writes, 0U);
}

TEST(KasaCamera, ADayWithoutTheCloudKeepsTheLocalStateFlowing) {
    CameraRig rig(true);
    rig.camera.local = Local::redirects;
    rig.open();
    ASSERT_TRUE(rig.session->call(CameraRig::set("switch.set_is_enable", "off")));
    rig.cloud.cloud.reachable = false;
    const auto before = rig.cloud.cloud.connects;
    int good = 0;
    for (int poll = 0; poll < 24 * 360; ++poll) {
        rig.camera.fields["camera_switch"] = poll % 2 == 0 ? "on" : "off";
        const auto answers = rig.ask({std::string(kSysinfo), "motionDetect.get_is_enable"});
        good += answers.at(0).result->at("camera_switch") == rig.camera.fields.at("camera_switch") ? 1 : 0;
        if (poll % 360 == 0) {
            EXPECT_EQ(rig.session->call(CameraRig::set("led.set_status", "on")).error().code, Errc::unreachable);
        }
        rig.cloud.clock.passed += 10s;
    }
    EXPECT_EQ(good, 24 * 360);
    EXPECT_EQ(rig.cloud.cloud.logins(), 1U);
    EXPECT_LE(rig.cloud.cloud.connects - before, 200U);
}

TEST(KasaCamera, WithoutUdpTheOtherWaysTellTheState) {
    CameraRig rig;
    rig.open();
    ASSERT_TRUE(rig.session->call(CameraRig::set("switch.set_is_enable", "off")));
    rig.camera.udp = false;
    EXPECT_EQ(rig.ask({std::string(kSysinfo)}).at(0).result->at("camera_switch"), json::value("off"));
}

}  // namespace
}  // namespace tplink::kasa
