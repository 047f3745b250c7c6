// Kasa cameras and their cloud: known answers, and what clients meet.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/hand_clock.hpp"
#include "tests/simulators/kasa/cloud.hpp"
#include "tests/simulators/kasa/kasa_camera.hpp"
#include "tests/simulators/scripted.hpp"
#include "tests/simulators/vectors.hpp"
#include "tests/simulators/xor_cipher.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

std::shared_ptr<const TlsIdentity> shared_identity() {
    static const auto identity = std::make_shared<const TlsIdentity>(1024);
    return identity;
}

KasaCameraOptions camera_options(const World& world = real_world()) {
    KasaCameraOptions options;
    options.address = "127.0.74.1";
    options.identity = shared_identity();
    options.username = "kasa.user@example.com";
    options.password = "Secret-Pass%1";
    options.udp_port = options.talk_port = 0;
    options.world = world;
    return options;
}

TEST(KasaUdp, TellsSysinfoOneLevelDeeperAndNothingElse) {
    KasaCamera camera(camera_options());
    const auto answer = camera.model()->answer_datagram(
        xor_decrypt(hex(load_vectors("kasa_cloud.json").at("udp9999").at("request_hex"))));
    ASSERT_TRUE(answer);
    const json::value info = json::parse(*answer);
    EXPECT_EQ(info.at_pointer("/system/get_sysinfo/system/type"), "IOT.IPCAMERA");
    EXPECT_EQ(info.at_pointer("/system/get_sysinfo/system/camera_switch"), "on");
    EXPECT_FALSE(camera.model()->answer_datagram(R"({"system":{"set_relay_state":{"state":1}}})"));
    EXPECT_FALSE(camera.model()->answer_datagram("noise"));
}

HttpRequest linkie(const std::string& plain, const std::string& authorization) {
    std::string content = base64_encode(xor_encrypt(plain));
    for (const auto& [from, to] : {std::pair{"+", "%2B"}, {"/", "%2F"}, {"=", "%3D"}})
        for (std::size_t at = 0; (at = content.find(from, at)) != std::string::npos; at += 3)
            content.replace(at, 1, to);
    return post("/data/LINKIE2.json", "content=" + content,
                {{"Authorization", authorization}, {"User-Agent", "Kasa/1752 CFNetwork"}});
}

json::value opened(const HttpReply& reply) {
    return json::parse(xor_decrypt(base64_decode(reply.body).value()));
}

TEST(KasaLinkie, TakesTheVectorsBodiesAndForms) {
    const json::value vectors = load_vectors("kasa_cloud.json");
    const json::value& row = vectors.at("linkie");
    EXPECT_EQ(linkie(text(row.at("requests").at(0).at("plain")), "").body,
              text(row.at("requests").at(0).at("body")));
    const std::initializer_list<std::pair<KasaSecret, const char*>> forms{
        {KasaSecret::md5, "md5"},
        {KasaSecret::base64, "base64"},
        {KasaSecret::plain, "plain"},
        {KasaSecret::admin_md5, "admin_md5"}};
    for (const auto& [form, name] : forms) {
        KasaCameraOptions options = camera_options();
        options.secret = form;
        KasaCamera camera(options);
        HttpRequest request = linkie("", text(row.at("authorization").at(name)));
        request.body = text(row.at("requests").at(0).at("body"));
        EXPECT_EQ(opened(camera.handle(request)).at_pointer("/system/get_sysinfo/system/model"), "EC70(US)")
            << name;
        request.headers[0].second = text(row.at("authorization").at("factory"));
        EXPECT_EQ(camera.handle(request).body, text(row.at("plain_json_error").at("body")));
    }
}

class KasaCommands : public ::testing::Test {
protected:
    KasaCommands() : camera_(camera_options(clock_.world())) {}
    json::value ask(const char* module, const char* call) {
        const json::object out = camera_.model()->answer(
            json::parse(std::string(R"({"smartlife.cam.ipcamera.)") + module + "\":" + call + "}")
                .as_object());
        return out.begin()->value().as_object().begin()->value();
    }
    HandClock clock_;
    KasaCamera camera_;
};

TEST_F(KasaCommands, SetsAreReadBack) {
    EXPECT_EQ(ask("switch", R"({"set_is_enable":{"value":"off"}})").at("err_code"), 0);
    EXPECT_EQ(ask("switch", R"({"get_is_enable":{}})").at("value"), "off");
    EXPECT_FALSE(camera_.model()->camera_on());
    EXPECT_EQ(ask("dayNight", R"({"set_mode":{"value":"night"}})").at("err_code"), 0);
    EXPECT_EQ(ask("dayNight", R"({"get_mode":{}})").at("value"), "night");
    EXPECT_EQ(ask("videoControl", R"({"set_rotation_degree":{"value":180}})").at("err_code"), 0);
    EXPECT_EQ(ask("videoControl", R"({"get_rotation_degree":{}})").at("value"), 180);
    EXPECT_EQ(ask("dndSchedule", R"({"get_dnd_enable":{}})").at("enable"), "off");
}

TEST_F(KasaCommands, RefusalsHaveTheirShapes) {
    EXPECT_EQ(ask("led", R"({"set_status":{}})").at("err_code"), -40800);
    EXPECT_EQ(ask("led", R"({"set_status":{"value":"blue"}})").at("err_code"), -40409);
    EXPECT_EQ(ask("led", R"({"set_status":{"value":1}})"), json::object());
    EXPECT_EQ(ask("led", R"({"set_status":null})"), json::object());
    EXPECT_EQ(ask("siren", R"({"get_state":{}})").at("err_code"), -10008);
    EXPECT_EQ(ask("teapot", R"({"brew":{}})").at("err_code"), -10008);
}

TEST_F(KasaCommands, MotorStopsAtItsEnd) {
    EXPECT_EQ(ask("ptz", R"({"set_move":{"direction":"top left","speed":2}})").at("err_code"), 0);
    EXPECT_EQ(ask("ptz", R"({"get_position":{}})").at("x"), -60);
    EXPECT_EQ(ask("ptz", R"({"set_move":{"direction":"up","speed":2}})").at("err_code"), -41203);
    EXPECT_EQ(ask("ptz", R"({"set_move":{"direction":"top"}})").at("err_code"), -41202);
    int code = 0;
    for (int n = 0; n < 10 && code == 0; ++n)
        code = ask("ptz", R"({"set_move":{"direction":"top","speed":10}})").at("err_code").to_number<int>();
    EXPECT_EQ(code, -41203);
}

TEST(KasaVariants, RedirectAndSilence) {
    KasaCameraOptions options = camera_options();
    options.linkie = Linkie::redirect;
    KasaCamera redirecting(options);
    EXPECT_EQ(redirecting.handle(linkie("{}", "")).status, 302);
    options.linkie = Linkie::works;
    KasaCamera strict(options);
    HttpRequest nameless = linkie("{}", "");
    nameless.headers.pop_back();
    std::erase_if(nameless.headers, [](const auto& header) { return header.first == "User-Agent"; });
    EXPECT_TRUE(strict.handle(nameless).drop);
}

class CloudCalls : public ::testing::Test {
protected:
    void make(CloudOptions options = {}) {
        options.address = "127.0.74.9";
        options.username = "kasa.user@example.com";
        options.password = "Secret-Pass%1";
        options.world = clock_.world();
        cloud_ = std::make_unique<Cloud>(options);
        cloud_->add_camera({.device_id = "8006AABBCCDDEEFF00112233445566778899AABB",
                            .alias = "Yard",
                            .model = "EC70(US)",
                            .mac = "74-FE-CE-00-00-00",
                            .ask = [this](const json::object& request) -> std::optional<json::object> {
                                if (!reachable_) return std::nullopt;
                                return json::object{{"asked", request}};
                            }});
    }
    json::object call(const std::string& target, const json::value& body) {
        HttpRequest request = post(target, json::serialize(body));
        const std::string digest = base64_encode(md5(as_bytes(request.body)));
        const std::string path(request.path());
        request.headers.emplace_back("Content-MD5", digest);
        request.headers.emplace_back("X-Authorization",
                                     "Timestamp=9999999999, Nonce=n, AccessKey=" + kAccess +
                                         ", Signature=" + signature(digest + "\n9999999999\nn\n" + path));
        return json::parse(cloud_->handle(request).body).as_object();
    }
    /// HMAC-SHA1 spelled out, so that the test does not lean on the simulator's own.
    static std::string signature(const std::string& text) {
        std::string inner(64, '\x36');
        std::string outer(64, '\x5c');
        for (std::size_t n = 0; n < kSecret.size(); ++n) {
            inner[n] = static_cast<char>(inner[n] ^ kSecret[n]);
            outer[n] = static_cast<char>(outer[n] ^ kSecret[n]);
        }
        const Buffer first = sha1(as_bytes(inner + text));
        return hex_lower(sha1(as_bytes(outer + std::string(as_text(first)))));
    }
    json::object log_in(const std::string& password = "Secret-Pass%1", const std::string& terminal = "T1") {
        return call("/api/v2/account/login", json::object{{"cloudUserName", "kasa.user@example.com"},
                                                          {"cloudPassword", password},
                                                          {"terminalUUID", terminal},
                                                          {"refreshTokenNeeded", true}});
    }
    json::object pass(const std::string& token) {
        return call("/api/v2/common/passthrough?token=" + token,
                    json::object{{"deviceId", "8006AABBCCDDEEFF00112233445566778899AABB"},
                                 {"requestData", R"({"system":{"get_sysinfo":{}}})"}});
    }
    static std::string token_of(const json::object& entered) {
        return text(entered.at("result").at("token"));
    }

    static inline const std::string kAccess = "e37525375f8845999bcc56d5e6faa76d";
    static inline const std::string kSecret = "314bc6700b3140ca80bc655e527cb062";
    HandClock clock_;
    bool reachable_ = true;
    std::unique_ptr<Cloud> cloud_;
};

TEST_F(CloudCalls, SignaturesOfTheVectorsAreTaken) {
    make();
    const json::value vectors = load_vectors("kasa_cloud.json");
    for (const json::value& row : vectors.at("requests").as_array()) {
        HttpRequest request =
            post(text(row.at("path")) + "?" + text(row.at("raw_query")), text(row.at("body")));
        for (const auto& [name, value] : row.at("headers").as_object())
            if (value.is_string()) request.headers.emplace_back(name, text(value));
        EXPECT_NE(json::parse(cloud_->handle(request).body).at("error_code"), -10301) << row.at("name");
        request.body += " ";
        EXPECT_EQ(json::parse(cloud_->handle(request).body).at("error_code"), -10301) << row.at("name");
    }
    EXPECT_EQ(cloud_->state().at("bad_signatures"), vectors.at("requests").as_array().size());
}

TEST_F(CloudCalls, PassesThroughWithAToken) {
    make();
    const std::string token = token_of(log_in());
    const json::object answered = pass(token);
    EXPECT_EQ(
        json::parse(text(answered.at("result").at("responseData"))).at_pointer("/asked/system/get_sysinfo"),
        json::object());
    EXPECT_EQ(call("/?token=" + token, json::object{{"method", "getDeviceList"}}).at("result").at("totalNum"),
              1U);
    EXPECT_EQ(pass("wrong").at("error_code"), -20652);
    reachable_ = false;
    EXPECT_EQ(pass(token).at("error_code"), -20571);
}

TEST_F(CloudCalls, TokensEndAndAreRenewed) {
    make();
    const json::object entered = log_in();
    *clock_.now += std::chrono::seconds(3601);
    EXPECT_EQ(pass(token_of(entered)).at("error_code"), -20651);
    const json::object renewal{
        {"appType", "x"}, {"refreshToken", entered.at("result").at("refreshToken")}, {"terminalUUID", "T1"}};
    const json::object renewed = call("/api/v2/account/refreshToken", renewal);
    EXPECT_EQ(pass(token_of(renewed)).at("error_code"), 0);
    EXPECT_EQ(call("/api/v2/account/refreshToken", renewal).at("error_code"), -20656);
    ASSERT_TRUE(cloud_->set_state({{"token_squeezed", true}}));
    EXPECT_EQ(pass(token_of(renewed)).at("error_code"), -20675);
}

TEST_F(CloudCalls, WrongPasswordsNestAndLock) {
    CloudOptions options;
    options.max_attempts = 2;
    make(options);
    EXPECT_EQ(log_in("wrong").at("result").at("errorCode"), "-20601");
    ASSERT_TRUE(cloud_->set_state({{"nests_errors", false}}));
    EXPECT_EQ(log_in("wrong").at("error_code"), -20601);
    EXPECT_EQ(log_in().at("error_code"), -20661);
}

TEST_F(CloudCalls, SecondFactorTrustsTheTerminal) {
    CloudOptions options;
    options.mfa = true;
    make(options);
    const json::object asked = log_in();
    EXPECT_EQ(asked.at("result").at("errorCode"), "-20677");
    json::object check{{"cloudUserName", "kasa.user@example.com"},
                       {"code", "000000"},
                       {"MFAProcessId", asked.at("result").at("MFAProcessId")},
                       {"MFAType", 2},
                       {"terminalBindEnabled", true}};
    EXPECT_EQ(call("/api/v2/account/checkMFACodeAndLogin", check).at("result").at("errorCode"), "-20607");
    call("/api/v2/account/getEmailVC4TerminalMFA", json::object{{"cloudUserName", "kasa.user@example.com"},
                                                                {"cloudPassword", "Secret-Pass%1"},
                                                                {"terminalUUID", "T1"}});
    check["code"] = cloud_->mailed_code();
    EXPECT_TRUE(
        call("/api/v2/account/checkMFACodeAndLogin", check).at("result").as_object().contains("token"));
    EXPECT_TRUE(log_in().at("result").as_object().contains("token"));
    EXPECT_EQ(log_in("Secret-Pass%1", "T2").at("result").at("errorCode"), "-20677");
}

TEST_F(CloudCalls, RedirectsAndBadDays) {
    make();
    ASSERT_TRUE(cloud_->set_state({{"foreign_redirect", "https://n-aps1.example.org"}}));
    EXPECT_EQ(log_in().at("result").at("appServerUrl"), "https://n-aps1.example.org");
    ASSERT_TRUE(cloud_->set_state(
        {{"foreign_redirect", ""}, {"fail_next", json::object{{"code", -20004}, {"count", 1}}}}));
    EXPECT_EQ(log_in().at("error_code"), -20004);
    EXPECT_TRUE(log_in().at("result").as_object().contains("token"));
}

} // namespace
} // namespace tplink::sim
