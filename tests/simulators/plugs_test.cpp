// Plugs over the loopback: what a client meets when things go right and when they do not.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/plug_aes.hpp"
#include "tests/simulators/plug_klap.hpp"
#include "tests/simulators/sim_client.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

/// Waits for a condition of another thread; false after 5 s.
template <class Condition> bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

struct KlapDriver {
    explicit KlapDriver(PlugKlap& device)
        : plug(device), client(device.options().address, device.port()),
          auth(klap_auth_hash(2, device.options().username, device.options().password)) {}

    bool log_in() {
        const Buffer local = random_bytes(16);
        const Posted first = client.post("/app/handshake1", std::string(as_text(local)));
        if (first.status != 200 || first.body.size() != 48) return false;
        const Buffer remote = to_buffer(as_bytes(first.body).first(16));
        cookie = first.cookie;
        const Buffer proof = sha256(concat({remote, local, auth}));
        keys = derive_klap_keys(local, remote, auth);
        seq = keys.seq;
        return client.post("/app/handshake2", std::string(as_text(proof)), headers()).status == 200;
    }
    httplib::Headers headers() const { return {{"Cookie", "TP_SESSIONID=" + cookie}}; }
    Posted send(std::uint32_t with_seq, std::string_view request) {
        return client.post("/app/request?seq=" + std::to_string(static_cast<std::int32_t>(with_seq)),
                           std::string(as_text(klap_seal(keys, with_seq, as_bytes(request)))), headers());
    }
    json::value ask(std::string_view request) {
        const Posted posted = send(++seq, request);
        const auto plain = klap_open(keys, seq, as_bytes(posted.body));
        return plain ? json::parse(as_text(*plain)) : json::value(nullptr);
    }

    PlugKlap& plug;
    SimClient client;
    Buffer auth;
    std::string cookie;
    KlapKeys keys;
    std::uint32_t seq = 0;
};

PlugKlapOptions klap_options() {
    PlugKlapOptions options;
    options.address = "127.0.0.131";
    options.reboot_ms = 50;
    return options;
}

TEST(PlugKlap, SwitchAndMeterFollowEachOther) {
    PlugKlapOptions options = klap_options();
    milliseconds now{0};
    options.world.now = [&now] { return now; };
    options.plug.load_w = 60;
    PlugKlap plug(options);
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());

    EXPECT_EQ(driver.ask(R"({"method":"get_emeter_data"})").at("result").at("power_mw"), 0);
    EXPECT_EQ(driver.ask(R"({"method":"set_device_info","params":{"device_on":true}})").at("error_code"), 0);
    now += std::chrono::minutes(30);
    const json::value info = driver.ask(R"({"method":"get_device_info"})").at("result");
    EXPECT_EQ(info.at("device_on"), true);
    EXPECT_EQ(info.at("on_time"), 1800);
    const json::value energy = driver.ask(R"({"method":"get_energy_usage"})").at("result");
    EXPECT_EQ(energy.at("current_power"), 60000);
    EXPECT_EQ(energy.at("today_energy"), 30);
    EXPECT_EQ(energy.at("today_runtime"), 30);
    EXPECT_EQ(driver.ask(R"({"method":"get_current_power"})").at("result").at("current_power"), 60);
    EXPECT_EQ(plug.state().at("device_on"), true);
}

TEST(PlugKlap, AutoOffSwitchesOffInTime) {
    PlugKlapOptions options = klap_options();
    milliseconds now{0};
    options.world.now = [&now] { return now; };
    PlugKlap plug(options);
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    EXPECT_EQ(driver.ask(R"({"method":"set_auto_off_config","params":{"enable":true,"delay_min":10}})")
                  .at("error_code"),
              0);
    ASSERT_TRUE(plug.set_state({{"device_on", true}}));
    now += std::chrono::minutes(4);
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("result").at("auto_off_remain_time"), 360);
    now += std::chrono::minutes(6);
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("result").at("device_on"), false);
}

TEST(PlugKlap, BatchStopsAtTheFirstFailingEntry) {
    PlugKlap plug(klap_options());
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    const json::value reply = driver.ask(
        R"({"method":"multipleRequest","params":{"requests":[{"method":"get_device_info"},{"method":"no_such"},{"method":"get_led_info"}]}})");
    const json::array& responses = reply.at("result").at("responses").as_array();
    ASSERT_EQ(responses.size(), 2U);
    EXPECT_EQ(responses[1].at("error_code"), -1002);
    EXPECT_EQ(driver.ask(R"({"method":"set_device_info","params":{"device_on":1}})").at("error_code"), -1008);
}

TEST(PlugKlap, SequenceNumberIsTakenExactlyOnce) {
    PlugKlap plug(klap_options());
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    const std::string request = R"({"method":"set_device_info","params":{"device_on":true}})";
    ASSERT_EQ(driver.send(driver.seq + 1, request).status, 200);
    ASSERT_TRUE(plug.set_state({{"device_on", false}}));
    EXPECT_EQ(driver.send(driver.seq + 1, request).status, 403);
    EXPECT_EQ(plug.state().at("device_on"), false);
    EXPECT_EQ(plug.state().at("repeated_seqs"), 1U);
    EXPECT_EQ(driver.send(driver.seq + 3, request).status, 200); // one was lost on the way
}

TEST(PlugKlap, BadSignatureAndLostSessionAnswer403) {
    PlugKlap plug(klap_options());
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    std::string body(
        as_text(klap_seal(driver.keys, driver.seq + 1, as_bytes(R"({"method":"get_device_info"})"))));
    body[0] = static_cast<char>(body[0] ^ 1);
    const std::string url = "/app/request?seq=" + std::to_string(static_cast<std::int32_t>(driver.seq + 1));
    EXPECT_EQ(driver.client.post(url, body, driver.headers()).status, 403);
    EXPECT_EQ(plug.state().at("bad_signatures"), 1U);
    plug.expire_sessions();
    EXPECT_EQ(driver.send(driver.seq + 1, "{}").status, 403);
    EXPECT_TRUE(driver.log_in());
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("error_code"), 0);
}

TEST(PlugKlap, WrongPasswordIsToldByTheProof) {
    PlugKlap plug(klap_options());
    plug.start();
    KlapDriver driver(plug);
    driver.auth = klap_auth_hash(2, "demo@example.com", "wrong");
    EXPECT_FALSE(driver.log_in());
    EXPECT_EQ(plug.state().at("login_attempts"), 1U);
    EXPECT_EQ(plug.state().at("login_failures"), 1U);
}

TEST(PlugKlap, RebootComesBackOnTheSamePortWithoutItsSessions) {
    PlugKlap plug(klap_options());
    plug.start();
    const auto port = plug.port();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    EXPECT_EQ(driver.ask(R"({"method":"device_reboot","params":{"delay":1}})").at("error_code"), 0);
    EXPECT_TRUE(eventually([&] { return plug.alive() && plug.state().at("open_sessions") == 0U; }));
    EXPECT_EQ(plug.port(), port);
    EXPECT_EQ(driver.send(driver.seq + 1, "{}").status, 403);
}

TEST(Faults, StrikeTheNumberOfRequestsTheySay) {
    PlugKlap plug(klap_options());
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    driver.client.set_timeout(200);
    const std::string on = R"({"method":"set_device_info","params":{"device_on":true}})";
    for (const char* fault : {"deaf", "stall", "noise", "reset", "drop"}) {
        ASSERT_TRUE(plug.apply_faults({{fault, 1}}));
        ASSERT_TRUE(plug.set_state({{"device_on", false}}));
        EXPECT_EQ(driver.send(++driver.seq, on).status, 0) << fault;
        EXPECT_TRUE(eventually([&] {
            return plug.state().at("device_on") == (std::string(fault) != "deaf");
        })) << fault;
        EXPECT_EQ(driver.send(++driver.seq, on).status, 200) << fault;
    }
    ASSERT_TRUE(plug.apply_faults({{"garbage", 1}}));
    EXPECT_EQ(driver.ask(on), nullptr);
    EXPECT_FALSE(plug.apply_faults({{"no_such_fault", 1}}));
    ASSERT_TRUE(plug.apply_faults({{"delay_ms", 100}}));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(driver.ask(on).at("error_code"), 0);
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(100));
}

TEST(Faults, KilledDeviceRefusesAndComesBackOnItsPort) {
    PlugKlap plug(klap_options());
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    ASSERT_TRUE(plug.apply_faults({{"kill", true}}));
    EXPECT_EQ(driver.send(++driver.seq, "{}").status, 0);
    EXPECT_FALSE(plug.alive());
    ASSERT_TRUE(plug.apply_faults({{"revive", true}}));
    EXPECT_TRUE(eventually([&] { return plug.alive(); }));
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("error_code"), 0); // the session survived
}

struct AesDriver {
    explicit AesDriver(PlugAes& device) : client(device.options().address, device.port()) {}

    bool shake() {
        const json::object request{{"method", "handshake"},
                                   {"params", json::object{{"key", key.public_pem()}}}};
        const Posted posted = client.post("/app", json::serialize(request));
        const auto secret = key.decrypt(
            *base64_decode(std::string(json::parse(posted.body).at("result").at("key").as_string())),
            RsaPadding::pkcs1);
        if (!secret || secret->size() != 32) return false;
        aes_key = to_buffer(Bytes(*secret).first(16));
        aes_iv = to_buffer(Bytes(*secret).subspan(16));
        cookie = posted.cookie;
        return true;
    }
    /// Inner answer, or the outer one when it has no response.
    json::value ask(const std::string& inner) {
        const json::object outer{
            {"method", "securePassthrough"},
            {"params",
             json::object{{"request", base64_encode(aes_cbc_encrypt(aes_key, aes_iv, as_bytes(inner)))}}}};
        const Posted posted = client.post(token.empty() ? "/app" : "/app?token=" + token,
                                          json::serialize(outer), {{"Cookie", "TP_SESSIONID=" + cookie}});
        const json::value reply = json::parse(posted.body);
        if (!reply.as_object().contains("result")) return reply;
        const auto cipher = base64_decode(std::string(reply.at("result").at("response").as_string()));
        return json::parse(as_text(*aes_cbc_decrypt(aes_key, aes_iv, *cipher)));
    }
    json::value log_in(const std::string& user, const std::string& password, const char* field = "password") {
        const auto b64 = [](const std::string& value) { return base64_encode(as_bytes(value)); };
        const auto hashed = [](const std::string& value) { return hex_lower(sha1(as_bytes(value))); };
        const bool old_form = std::string(field) == "password";
        const json::object request{
            {"method", "login_device"},
            {"params", json::object{{"username", b64(hashed(user))},
                                    {field, b64(old_form ? password : hashed(password))}}}};
        const json::value reply = ask(json::serialize(request));
        if (reply.at("error_code") == 0) token = reply.at("result").at("token").as_string();
        return reply;
    }

    SimClient client;
    RsaPrivateKey key = RsaPrivateKey::generate(1024);
    Buffer aes_key;
    Buffer aes_iv;
    std::string cookie;
    std::string token;
};

PlugAesOptions aes_options() {
    PlugAesOptions options;
    options.address = "127.0.0.132";
    options.plug.model = "P100";
    options.plug.has_meter = false;
    options.plug.words_for_heat = false;
    return options;
}

TEST(PlugAes, AnswersAfterLogin) {
    PlugAes plug(aes_options());
    plug.start();
    AesDriver driver(plug);
    ASSERT_TRUE(driver.shake());
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("error_code"), 9999); // no token yet
    EXPECT_EQ(driver.log_in("demo@example.com", "demo-password").at("error_code"), 0);
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("result").at("overheated"), false);
    EXPECT_EQ(driver.ask(R"({"method":"get_energy_usage"})").at("error_code"), -1002);
    plug.expire_sessions();
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("error_code"), 9999);
}

TEST(PlugAes, FailedLoginNeedsANewHandshake) {
    PlugAes plug(aes_options());
    plug.start();
    AesDriver driver(plug);
    ASSERT_TRUE(driver.shake());
    EXPECT_EQ(driver.log_in("demo@example.com", "wrong").at("error_code"), -1501);
    EXPECT_EQ(driver.log_in("demo@example.com", "demo-password").at("error_code"), 9999);
    ASSERT_TRUE(driver.shake());
    EXPECT_EQ(driver.log_in("demo@example.com", "demo-password").at("error_code"), 0);
    EXPECT_EQ(plug.state().at("login_attempts"), 2U);
    EXPECT_EQ(plug.state().at("login_failures"), 1U);
}

TEST(PlugAes, LoginVersion2TakesTheHashedPassword) {
    PlugAesOptions options = aes_options();
    options.login_version = 2;
    options.only_password2 = true;
    PlugAes plug(options);
    plug.start();
    AesDriver driver(plug);
    ASSERT_TRUE(driver.shake());
    EXPECT_EQ(driver.log_in("demo@example.com", "demo-password").at("error_code"), -1501);
    ASSERT_TRUE(driver.shake());
    EXPECT_EQ(driver.log_in("demo@example.com", "demo-password", "password2").at("error_code"), 0);
}

TEST(PlugAes, RefusesKeysOfAnotherSize) {
    PlugAes plug(aes_options());
    plug.start();
    SimClient client(plug.options().address, plug.port());
    const json::object request{{"method", "handshake"},
                               {"params", json::object{{"key", RsaPrivateKey::generate(2048).public_pem()}}}};
    EXPECT_EQ(json::parse(client.post("/app", json::serialize(request)).body).at("error_code"), -1010);
    EXPECT_EQ(client.post("/app/handshake1", "0123456789abcdef").status, 404);
}

TEST(PlugKlap, StruckRequestsAreToldByTheirStatus) {
    PlugKlap plug(klap_options());
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    ASSERT_TRUE(plug.apply_faults({{"forbid", 1}, {"too_many", 1}}));
    SimClient client(plug.options().address, plug.port());
    EXPECT_EQ(client.post("/app/handshake1", std::string(16, 's')).status, 403);
    EXPECT_EQ(client.post("/app/handshake1", std::string(16, 's')).status, 429);
    ASSERT_TRUE(plug.apply_faults({{"rate_limit", 1}}));
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").as_object().at("error_code"), -1301);
    ASSERT_TRUE(plug.apply_faults({{"expire_every", 2}}));
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("error_code"), 0);
    EXPECT_EQ(plug.state().at("open_sessions"), 1U);
    client.post("/app/request?seq=1", "x");
    EXPECT_EQ(plug.state().at("open_sessions"), 0U);
}

TEST(PlugKlap, OneRequestPerSessionFirmware) {
    PlugKlapOptions options = klap_options();
    options.one_request_sessions = true;
    PlugKlap plug(options);
    plug.start();
    KlapDriver driver(plug);
    ASSERT_TRUE(driver.log_in());
    EXPECT_EQ(driver.ask(R"({"method":"get_device_info"})").at("error_code"), 0);
    EXPECT_TRUE(driver.ask(R"({"method":"get_device_info"})").is_null());
}

} // namespace
} // namespace tplink::sim
