// Cameras over the loopback: what a client meets when things go right and when they do not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/simulators/camera_l1.hpp"
#include "tests/simulators/camera_l3.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/sim_client.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

template <class Condition> bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

/// Keys cost time; all cameras of this file share one certificate.
std::shared_ptr<const TlsIdentity> shared_identity() {
    static const auto identity = std::make_shared<const TlsIdentity>(1024);
    return identity;
}

json::object parsed(const std::string& body) {
    boost::system::error_code error;
    const json::value value = json::parse(body, error);
    return value.is_object() ? value.get_object() : json::object();
}

struct L1Driver {
    explicit L1Driver(CameraL1& camera) : client(camera.options().address, camera.port(), true) {}
    json::object log_in(const std::string& password) {
        const json::object request{
            {"method", "login"},
            {"params",
             json::object{{"hashed", true}, {"password", md5_hex_upper(password)}, {"username", "admin"}}}};
        const json::object reply = parsed(client.post("/", json::serialize(request)).body);
        if (reply.at("error_code") == 0) stok = reply.at("result").at("stok").as_string();
        return reply;
    }
    json::object ask(const std::string& request) {
        return parsed(client.post("/stok=" + stok + "/ds", request).body);
    }
    SimClient client;
    std::string stok;
};

CameraL1Options l1_options() {
    CameraL1Options options;
    options.address = "127.0.0.141";
    options.reboot_ms = 50;
    options.identity = shared_identity();
    return options;
}

TEST(CameraL1, GetsAndSetsInBothStyles) {
    CameraL1 camera(l1_options());
    camera.start();
    L1Driver driver(camera);
    ASSERT_EQ(driver.log_in("demo-password").at("error_code"), 0);
    EXPECT_EQ(
        driver.ask(R"({"method":"set","lens_mask":{"lens_mask_info":{"enabled":"on"}}})").at("error_code"),
        0);
    EXPECT_TRUE(camera.privacy_hook()());
    EXPECT_EQ(camera.state().at("lens_mask"), "on");
    const json::object reply = driver.ask(
        R"({"method":"multipleRequest","params":{"requests":[
            {"method":"getLensMaskConfig","params":{"lens_mask":{"name":["lens_mask_info"]}}},
            {"method":"getNoSuchThing","params":{"x":{"name":"y"}}},
            {"method":"getPersonDetectionConfig","params":{"people_detection":{"name":["detection"]}}},
            {"method":"setDetectionConfig","params":{"motion_detection":{"motion_det":{"digital_sensitivity":"80"}}}},
            {"method":"setDetectionConfig","params":{"motion_detection":{"motion_det":{"digital_sensitivity":80}}}},
            {"method":"getDetectionConfig","params":{"motion_detection":{"name":["no_such_section"]}}},
            {"method":"motorMove","params":{"motor":{"move":{"x_coord":"10","y_coord":"0"}}}}]}})");
    const json::array& responses = reply.at("result").at("responses").as_array();
    ASSERT_EQ(responses.size(), 7U);
    EXPECT_EQ(responses[0].at_pointer("/result/lens_mask/lens_mask_info/enabled"), "on");
    EXPECT_EQ(responses[1].at("error_code"), -40106);
    EXPECT_EQ(responses[2].at_pointer("/result/people_detection/detection/enabled"), "on");
    EXPECT_EQ(responses[3].at("error_code"), 0);
    EXPECT_EQ(responses[4].at("error_code"), -40209);
    EXPECT_EQ(responses[5].at("error_code"), -40101);
    EXPECT_EQ(responses[6].at("error_code"), -64324);
    EXPECT_EQ(camera.state().at("motion_sensitivity"), "80");
}

TEST(CameraL1, MotorKnowsItsEndsAndPresets) {
    CameraL1Options options = l1_options();
    milliseconds now{0};
    options.world.now = [&now] { return now; };
    CameraL1 camera(options);
    camera.start();
    L1Driver driver(camera);
    ASSERT_EQ(driver.log_in("demo-password").at("error_code"), 0);
    const auto run = [&](const char* request) { return driver.ask(request).at("error_code").as_int64(); };
    EXPECT_EQ(run(R"({"method":"do","motor":{"move":{"x_coord":"500","y_coord":"0"}}})"), 0);
    EXPECT_EQ(run(R"({"method":"do","motor":{"move":{"x_coord":"10","y_coord":"0"}}})"), -64304);
    EXPECT_EQ(run(R"({"method":"do","preset":{"set_preset":{"name":"Door","save_ptz":"1"}}})"), -64305);
    now += std::chrono::seconds(10);
    EXPECT_EQ(run(R"({"method":"do","preset":{"set_preset":{"name":"Door","save_ptz":"1"}}})"), 0);
    EXPECT_EQ(run(R"({"method":"motorMoveToPreset","params":{"preset":{"goto_preset":{"id":"1"}}}})"), 0);
    EXPECT_EQ(run(R"({"method":"motorMoveToPreset","params":{"preset":{"goto_preset":{"id":"7"}}}})"),
              -64302);
    EXPECT_EQ(
        driver.ask(R"({"method":"get","preset":{"name":["preset"]}})").at("preset").at("preset").at("name"),
        (json::array{"Door"}));
    EXPECT_EQ(run(R"({"method":"cruiseMove","params":{"motor":{"cruise":{"coord":"x"}}}})"), 0);
    EXPECT_EQ(run(R"({"method":"relativeMove","params":{"motor":{"movestep":{"direction":"180"}}}})"),
              -64303);
    EXPECT_EQ(run(R"({"method":"cruiseStop","params":{"motor":{"cruise_stop":{}}}})"), 0);
    EXPECT_EQ(run(R"({"method":"relativeMove","params":{"motor":{"movestep":{"direction":"180"}}}})"), 0);
    EXPECT_EQ(camera.state().at("motor").at("pan_deg"), 160.0);
    EXPECT_EQ(run(R"({"method":"deletePreset","params":{"preset":{"remove_preset":{"id":["1"]}}}})"), 0);
    EXPECT_EQ(run(R"({"method":"motorMoveToPreset","params":{"preset":{"goto_preset":{"id":"1"}}}})"),
              -64321);
}

TEST(CameraL1, LocksAfterTenWrongPasswordsUntilTheTimeIsOver) {
    CameraL1Options options = l1_options();
    milliseconds now{0};
    options.world.now = [&now] { return now; };
    CameraL1 camera(options);
    camera.start();
    L1Driver driver(camera);
    for (int attempt = 1; attempt < 10; ++attempt) {
        const json::object reply = driver.log_in("wrong");
        EXPECT_EQ(reply.at("error_code"), -40401);
        EXPECT_EQ(reply.at("result").at("data").at("time"), attempt);
    }
    EXPECT_EQ(driver.log_in("wrong").at("result").at("data").at("sec_left"), 1800);
    now += std::chrono::minutes(10);
    const json::object locked = driver.log_in("demo-password");
    EXPECT_EQ(locked.at("result").at("data").at("code"), -40404);
    EXPECT_EQ(locked.at("result").at("data").at("sec_left"), 1200);
    EXPECT_EQ(camera.state().at("login_attempts"), 10U);
    EXPECT_EQ(camera.state().at("requests_while_locked"), 1U);
    now += std::chrono::minutes(20);
    EXPECT_EQ(driver.log_in("demo-password").at("error_code"), 0);
}

TEST(CameraL1, ProbeForNewerLoginsIsNoAttempt) {
    CameraL1 camera(l1_options());
    camera.start();
    L1Driver driver(camera);
    const json::object reply = parsed(
        driver.client
            .post(
                "/",
                R"({"method":"login","params":{"encrypt_type":"3","username":"admin","cnonce":"0123456789ABCDEF"}})")
            .body);
    EXPECT_EQ(reply.at("error_code"), -40401);
    EXPECT_EQ(reply.at("result").at("data").at("encrypt_type"), (json::array{"1", "2"}));
    EXPECT_EQ(camera.state().at("login_attempts"), 0U);
}

TEST(CameraL1, RebootGoesAwayAndForgetsSessions) {
    CameraL1 camera(l1_options());
    camera.start();
    L1Driver driver(camera);
    ASSERT_EQ(driver.log_in("demo-password").at("error_code"), 0);
    EXPECT_EQ(
        driver.ask(R"({"method":"rebootDevice","params":{"system":{"reboot":"null"}}})").at("error_code"), 0);
    EXPECT_TRUE(eventually([&] { return camera.alive() && camera.state().at("open_sessions") == 0U; }));
    const std::string led = R"({"method":"get","led":{"name":"config"}})";
    EXPECT_EQ(driver.ask(led).at("error_code"), -40401);
    ASSERT_EQ(driver.log_in("demo-password").at("error_code"), 0);
    EXPECT_EQ(driver.ask(led).at("error_code"), 0);
}

TEST(CameraL1, EventsAndAlarm) {
    CameraL1Options options = l1_options();
    milliseconds now{0};
    options.world.now = [&now] { return now; };
    options.camera.dot_keys = true;
    CameraL1 camera(options);
    camera.start();
    L1Driver driver(camera);
    ASSERT_EQ(driver.log_in("demo-password").at("error_code"), 0);
    const std::string last =
        R"({"method":"getLastAlarmInfo","params":{"system":{"name":["last_alarm_info"]}}})";
    EXPECT_EQ(driver.ask(last).at("result").at("system").at("last_alarm_info").at("last_alarm_time"), "0");
    ASSERT_TRUE(camera.set_state({{"alarm", "motion"}}));
    const json::object alarm = driver.ask(last).at("result").at("system").at("last_alarm_info").as_object();
    EXPECT_EQ(alarm.at("last_alarm_type"), "motion");
    EXPECT_EQ(alarm.at(".name"), "last_alarm_info");
    EXPECT_EQ(
        driver.ask(R"({"method":"do","msg_alarm":{"manual_msg_alarm":{"action":"start"}}})").at("error_code"),
        0);
    EXPECT_EQ(camera.state().at("siren"), "on");
    EXPECT_EQ(driver.ask(R"({"method":"getSirenStatus","params":{"msg_alarm":{}}})").at("error_code"),
              -40106);
    now += std::chrono::seconds(31);
    EXPECT_EQ(camera.state().at("siren"), "off");
    EXPECT_FALSE(camera.set_state({{"no_such", "on"}}));
}

struct L3Driver {
    explicit L3Driver(CameraL3& camera) : client(camera.options().address, camera.port(), true) {}

    bool log_in(const std::string& password) {
        const std::string cnonce = hex_upper(random_bytes(8));
        json::object params{{"cnonce", cnonce}, {"encrypt_type", "3"}, {"username", "admin"}};
        const auto send = [&] {
            return parsed(
                client.post("/", json::serialize(json::object{{"method", "login"}, {"params", params}}))
                    .body);
        };
        last = send();
        if (last.at("error_code") != -40413) return false;
        const std::string nonce(last.at("result").at("data").at("nonce").as_string());
        hash = sha256_hex_upper(password);
        device_knows_us = last.at("result").at("data").at("device_confirm").as_string() ==
                          l3_device_confirm(hash, cnonce, nonce);
        params["digest_passwd"] = l3_digest_passwd(hash, cnonce, nonce);
        last = send();
        if (last.at("error_code") != 0) return false;
        stok = last.at("result").at("stok").as_string();
        seq = last.at("result").at("start_seq").as_int64();
        keys = derive_l3_keys(hash, cnonce, nonce);
        return true;
    }
    std::string body(std::string_view inner) const {
        const std::string cipher = base64_encode(aes_cbc_encrypt(keys.lsk, keys.ivb, as_bytes(inner)));
        return json::serialize(
            json::object{{"method", "securePassthrough"}, {"params", json::object{{"request", cipher}}}});
    }
    Posted send(std::string_view inner, std::int64_t with_seq, const std::string& path_stok) {
        const std::string text = body(inner);
        return client.post("/stok=" + path_stok + "/ds", text,
                           {{"Seq", std::to_string(with_seq)}, {"Tapo_tag", l3_tag(keys, text, with_seq)}});
    }
    json::object open(const Posted& posted) const {
        const json::object outer = parsed(posted.body);
        boost::system::error_code error;
        const json::value whole(outer);
        const json::value* response = whole.find_pointer("/result/response", error);
        if (!response) return outer;
        return parsed(std::string(as_text(
            *aes_cbc_decrypt(keys.lsk, keys.ivb, *base64_decode(std::string(response->as_string()))))));
    }
    json::object ask(std::string_view inner) { return open(send(inner, seq++, stok)); }

    SimClient client;
    json::object last;
    std::string hash;
    std::string stok;
    std::int64_t seq = 0;
    L3Keys keys;
    bool device_knows_us = false;
};

CameraL3Options l3_options() {
    CameraL3Options options;
    options.address = "127.0.0.142";
    options.identity = shared_identity();
    return options;
}

const std::string kGetLens =
    R"({"method":"multipleRequest","params":{"requests":[{"method":"getLensMaskConfig","params":{"lens_mask":{"name":["lens_mask_info"]}}}]}})";

TEST(CameraL3, AnswersThroughTheChannel) {
    CameraL3 camera(l3_options());
    camera.start();
    L3Driver driver(camera);
    ASSERT_TRUE(driver.log_in("demo-password"));
    EXPECT_TRUE(driver.device_knows_us);
    EXPECT_THAT(driver.stok, ::testing::EndsWith(")("));
    EXPECT_EQ(driver.ask(kGetLens).at("result").at("responses").at(0).at("error_code"), 0);
    // Single requests are answered in clear text by this firmware.
    const Posted single =
        driver.send(R"({"method":"get","led":{"name":["config"]}})", driver.seq++, driver.stok);
    EXPECT_EQ(parsed(single.body).at("led").at("config").at("enabled"), "on");
    EXPECT_EQ(driver.ask(kGetLens).at("error_code"), 0);
}

TEST(CameraL3, ChecksTagSequenceAndRawToken) {
    CameraL3 camera(l3_options());
    camera.start();
    L3Driver driver(camera);
    ASSERT_TRUE(driver.log_in("demo-password"));
    ASSERT_EQ(driver.ask(kGetLens).at("error_code"), 0);
    EXPECT_EQ(parsed(driver.send(kGetLens, driver.seq - 1, driver.stok).body).at("error_code"), -1);
    EXPECT_EQ(camera.state().at("repeated_seqs"), 1U);
    const std::string text = driver.body(kGetLens);
    const Posted untagged =
        driver.client.post("/stok=" + driver.stok + "/ds", text, {{"Seq", std::to_string(driver.seq)}});
    EXPECT_EQ(parsed(untagged.body).at("error_code"), -1);
    EXPECT_EQ(camera.state().at("bad_tags"), 1U);
    EXPECT_EQ(parsed(driver.send(kGetLens, driver.seq, url_encode(driver.stok)).body).at("error_code"),
              -40421);
    EXPECT_EQ(parsed(driver.send(kGetLens, driver.seq, "nosuchstok").body).at("error_code"), -40401);
    EXPECT_EQ(driver.ask(kGetLens).at("error_code"), 0); // the session itself lived on
}

TEST(CameraL3, EndedSessionAnswers500) {
    CameraL3 camera(l3_options());
    camera.start();
    L3Driver driver(camera);
    ASSERT_TRUE(driver.log_in("demo-password"));
    ASSERT_TRUE(camera.apply_faults({{"expire_sessions", true}}));
    const Posted ended = driver.send(kGetLens, driver.seq, driver.stok);
    EXPECT_EQ(ended.status, 500);
    EXPECT_EQ(parsed(ended.body).at("error_code"), 0);
    EXPECT_EQ(driver.open(ended).at("error_code"), -40401);
    EXPECT_TRUE(driver.log_in("demo-password"));
    EXPECT_EQ(driver.ask(kGetLens).at("error_code"), 0);
}

TEST(CameraL3, WrongPasswordIsToldBeforeAnyAttempt) {
    CameraL3 camera(l3_options());
    camera.start();
    L3Driver driver(camera);
    EXPECT_FALSE(driver.log_in("wrong"));
    EXPECT_FALSE(driver.device_knows_us);
    EXPECT_EQ(driver.last.at("error_code"), -40413);
    EXPECT_EQ(driver.last.at("result").at("data").at("time"), 1);
    EXPECT_EQ(camera.state().at("login_failures"), 1U);
    EXPECT_EQ(camera.state().at("probes"), 1U);
}

TEST(CameraL3, LockedCameraSaysHowLong) {
    CameraL3Options options = l3_options();
    options.max_attempts = 2;
    CameraL3 camera(options);
    camera.start();
    L3Driver driver(camera);
    EXPECT_FALSE(driver.log_in("wrong"));
    EXPECT_FALSE(driver.log_in("wrong"));
    EXPECT_FALSE(driver.log_in("demo-password"));
    EXPECT_EQ(driver.last.at("error_code"), -40404);
    EXPECT_GT(driver.last.at("data").at("sec_left").as_int64(), 1700);
}

TEST(CameraL3, NoticesAClientThatFallsBackToTheOldLogin) {
    CameraL3 camera(l3_options());
    camera.start();
    SimClient client(camera.options().address, camera.port(), true);
    client.post("/", R"({"method":"login","params":{"hashed":true,"password":"00","username":"admin"}})");
    EXPECT_EQ(camera.state().at("l1_logins_seen"), 1U);
}

TEST(CameraL3, SirenDialectAndPrivacyLag) {
    CameraL3Options options = l3_options();
    milliseconds now{0};
    options.world.now = [&now] { return now; };
    options.camera.alarm = AlarmDialect::siren;
    options.camera.has_motor = false;
    options.camera.privacy_lag = std::chrono::seconds(2);
    options.plain_single_replies = false;
    CameraL3 camera(options);
    camera.start();
    L3Driver driver(camera);
    ASSERT_TRUE(driver.log_in("demo-password"));
    EXPECT_EQ(
        driver.ask(R"({"method":"setSirenStatus","params":{"msg_alarm":{"status":"on"}}})").at("error_code"),
        0);
    now += std::chrono::seconds(10);
    EXPECT_EQ(
        driver.ask(R"({"method":"getSirenStatus","params":{"msg_alarm":{}}})").at("result").at("time_left"),
        20);
    EXPECT_EQ(
        driver.ask(R"({"method":"do","msg_alarm":{"manual_msg_alarm":{"action":"start"}}})").at("error_code"),
        -40106);
    EXPECT_EQ(
        driver.ask(R"({"method":"do","motor":{"move":{"x_coord":"1","y_coord":"0"}}})").at("error_code"),
        -40106);
    const auto privacy_on = camera.privacy_hook();
    EXPECT_EQ(
        driver.ask(R"({"method":"set","lens_mask":{"lens_mask_info":{"enabled":"on"}}})").at("error_code"),
        0);
    EXPECT_FALSE(privacy_on());
    now += std::chrono::seconds(2);
    EXPECT_TRUE(privacy_on());
}

/// "agreed" when a client that offers `list` on TLS 1.2 gets an answer.
std::string handshake_with(const Device& device, const char* list) {
    httplib::SSLClient client(device.options().address, device.port());
    client.enable_server_certificate_verification(false);
    SSL_CTX_set_cipher_list(client.ssl_context(), list);
    SSL_CTX_set_max_proto_version(client.ssl_context(), TLS1_2_VERSION);
    return client.Get("/") ? "agreed" : "";
}

TEST(CameraTls, SuitesAreKept) {
    for (const auto& [suites, static_rsa, ecdhe] : {std::tuple{TlsSuites::static_rsa_only, "agreed", ""},
                                                    {TlsSuites::ecdhe_only, "", "agreed"},
                                                    {TlsSuites::any, "agreed", "agreed"}}) {
        CameraL1Options options = l1_options();
        options.suites = suites;
        CameraL1 camera(options);
        camera.start();
        EXPECT_EQ(handshake_with(camera, "AES256-GCM-SHA384:AES128-SHA256:@SECLEVEL=0"), static_rsa);
        EXPECT_EQ(handshake_with(camera, "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"), ecdhe);
    }
}

} // namespace
} // namespace tplink::sim
