// The cloud's pieces against known answers.

#include <gmock/gmock.h>

#include <set>

#include "protocols/base/crypto.hpp"
#include "protocols/kasa/cloud_answers.hpp"
#include "protocols/kasa/cloud_request.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::kasa {
namespace {

using test::at;
using test::text;

const json::value& vectors() {
    static const json::value loaded = test::load_vectors("kasa_cloud.json");
    return loaded;
}

AppKey key_of(const json::value& entry) { return text(entry, "/key_pair") == "tapo" ? tapo_app_key() : kasa_app_key(); }

TEST(KasaCloudVectors, ApplicationKeys) {
    for (const auto& [name, key] : {std::pair{"tapo", tapo_app_key()}, std::pair{"kasa", kasa_app_key()}}) {
        const json::value& known = at(vectors(), std::string("/app_keys/") + name);
        EXPECT_EQ(key.access_key, text(known, "/access_key"));
        EXPECT_EQ(key.secret.reveal(), text(known, "/secret"));
    }
    EXPECT_EQ(default_cloud_keys().login, tapo_app_key());
    EXPECT_EQ(default_cloud_keys().passthrough, kasa_app_key());
}

TEST(KasaCloudVectors, SignaturesOfAllKnownRequests) {
    const auto& entries = at(vectors(), "/signing").as_array();
    EXPECT_EQ(entries.size(), 13U);
    for (const auto& entry : entries) {
        const std::string body(as_text(test::hex(entry, "/body_utf8_hex")));
        const std::string nonce = text(entry, "/nonce");
        const std::string path = text(entry, "/path");
        EXPECT_EQ(content_md5(body), text(entry, "/content_md5")) << text(entry, "/name");
        EXPECT_EQ(signature(body, nonce, path, key_of(entry)), text(entry, "/signature")) << text(entry, "/name");
        EXPECT_EQ(signed_headers(body, nonce, path, key_of(entry)).at(1).second, text(entry, "/x_authorization"));
    }
}

/// The captured requests come from a client of another name; everything else must be the same bytes.
TEST(KasaCloudVectors, CapturedRequestsAreRebuiltByteForByte) {
    CloudApp app;
    app.terminal_name = "Homebridge";
    const std::string terminal = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
    int rebuilt = 0;
    for (const auto& entry : at(vectors(), "/requests").as_array()) {
        const std::string body = text(entry, "/body");
        const json::object sent = json::parse(body).as_object();
        const auto* token = at(entry, "/query").as_object().if_contains("token");
        EXPECT_EQ(query_string(app, terminal, token ? Secret(std::string(token->as_string())) : Secret()), text(entry, "/raw_query"));
        if (sent.contains("requestData")) {
            EXPECT_EQ(passthrough_body(std::string(sent.at("deviceId").as_string()), std::string(sent.at("requestData").as_string()), false), body);
            ++rebuilt;
        } else if (sent.contains("cloudPassword")) {
            std::string ours = login_body(app, terminal, {std::string(sent.at("cloudUserName").as_string()), Secret(std::string(sent.at("cloudPassword").as_string()))});
            const auto flag = ours.find("\"refreshTokenNeeded\":true");  // that client wants none; the apps and we do
            ASSERT_NE(flag, std::string::npos);
            EXPECT_EQ(ours.replace(flag, 25, "\"refreshTokenNeeded\":false"), body);
            ++rebuilt;
        }
    }
    EXPECT_EQ(rebuilt, 6);
}

TEST(KasaCloudVectors, NonceIsALowerCaseUuid4) {
    test::CountingRandom random;
    EXPECT_EQ(make_nonce(random), "00010203-0405-4607-8809-0a0b0c0d0e0f");
}

CloudClass class_named(const std::string& name) {
    static const std::map<std::string, CloudClass> names = {
        {"ok", CloudClass::ok}, {"token", CloudClass::token}, {"token_squeezed", CloudClass::token_squeezed}, {"relogin", CloudClass::relogin},
        {"auth", CloudClass::auth}, {"locked", CloudClass::locked}, {"mfa", CloudClass::mfa}, {"config", CloudClass::config},
        {"redirect", CloudClass::redirect}, {"rate_limit", CloudClass::rate_limit}, {"offline", CloudClass::offline},
        {"device", CloudClass::device}, {"retry", CloudClass::retry}, {"permanent", CloudClass::permanent}};
    return names.at(name);
}

TEST(KasaCloudVectors, EveryCloudCodeHasItsAction) {
    for (const auto& entry : at(vectors(), "/cloud_errors").as_array()) {
        const int code = static_cast<int>(at(entry, "/code").as_int64());
        EXPECT_EQ(cloud_class(code), class_named(text(entry, "/class"))) << code;
        EXPECT_EQ(cloud_meaning(code), text(entry, "/text"));
    }
    EXPECT_EQ(cloud_class(-99999), CloudClass::permanent);
}

TEST(KasaCloudVectors, DeviceCodes) {
    for (const auto& entry : at(vectors(), "/device_errors").as_array()) {
        const int code = static_cast<int>(at(entry, "/code").as_int64());
        if (code != 0) {
            EXPECT_FALSE(device_meaning(code).empty()) << code;
        }
    }
    EXPECT_EQ(device_errc(-1), Errc::unsupported);
    EXPECT_EQ(device_errc(-10007), Errc::auth_failed);
    EXPECT_EQ(device_errc(-40602), Errc::timeout);
    EXPECT_EQ(device_errc(-4711), Errc::refused);
}

TEST(KasaCloudVectors, LoginAnswers) {
    for (const auto& entry : at(vectors(), "/login_answers").as_array()) {
        const auto& object = entry.as_object();
        const std::string body = object.contains("body_text") ? text(entry, "/body_text") : json::serialize(object.at("body"));
        const CloudReply reply = read_cloud_reply(static_cast<int>(at(entry, "/http").as_int64()), body);
        const auto tokens = reply.what == CloudClass::ok ? read_tokens(reply.result) : std::nullopt;
        const json::object& expect = at(entry, "/expect").as_object();
        const std::string name = text(entry, "/name");
        EXPECT_EQ(tokens.has_value(), expect.contains("token")) << name;
        if (expect.contains("token")) {
            EXPECT_EQ(tokens->token.reveal(), text(expect, "/token"));
            if (expect.contains("refresh")) {
                EXPECT_EQ(tokens->refresh.reveal(), text(expect, "/refresh"));
            }
            if (expect.contains("host")) {
                EXPECT_EQ(parse_server(tokens->server)->host, text(expect, "/host"));
            }
            continue;
        }
        const std::string wanted = text(expect, "/class");
        if (wanted == "error") {  // no class of its own: no token, or a server that is not allowed
            const auto server = parse_server(server_of(reply.result));
            EXPECT_TRUE(!server || !is_cloud_host(server->host)) << name;
            continue;
        }
        EXPECT_EQ(reply.what, class_named(wanted)) << name;
        if (expect.contains("process")) {
            EXPECT_EQ(read_mfa(reply.result).process, text(expect, "/process"));
            EXPECT_EQ(read_mfa(reply.result).type, 2);
        }
        if (expect.contains("host")) {
            const auto server = parse_server(server_of(reply.result));
            ASSERT_TRUE(server) << name;
            EXPECT_EQ(server->host, text(expect, "/host"));
            EXPECT_TRUE(is_cloud_host(server->host));
        }
    }
}

TEST(KasaCloudVectors, TrustAnchorsAreThosePublished) {
    std::string all;
    for (const auto& entry : at(vectors(), "/trust_anchors").as_array()) {
        const std::string pem = text(entry, "/pem");
        all += pem;
        const auto begin = pem.find('\n') + 1;
        std::string base64 = pem.substr(begin, pem.find("-----END") - begin);
        std::erase(base64, '\n');
        EXPECT_EQ(hex_lower(crypto::sha256(base64_decode(base64).value())), text(entry, "/sha256"));
    }
    EXPECT_EQ(cloud_trust_anchors(), all);
}

TEST(KasaCloud, OnlyTheVendorsHostsAreAllowed) {
    EXPECT_TRUE(is_cloud_host("n-use1-wap.i.tplinkcloud.com"));
    EXPECT_TRUE(is_cloud_host("x.tplinknbu.com"));
    EXPECT_FALSE(is_cloud_host("eviltplinkcloud.com"));
    EXPECT_FALSE(is_cloud_host("tplinkcloud.com.example.org"));
    EXPECT_FALSE(is_cloud_host(""));
    EXPECT_FALSE(parse_server("http://n-wap.i.tplinkcloud.com"));
    EXPECT_FALSE(parse_server("https://user@n-wap.i.tplinkcloud.com"));
    EXPECT_FALSE(parse_server("https://"));
    EXPECT_EQ(parse_server("https://N-WAP.i.tplinkcloud.com:8443/x?y")->host, "n-wap.i.tplinkcloud.com");
    EXPECT_EQ(parse_server("https://127.0.0.1:8443")->port, 8443);
}

TEST(KasaCloud, AnswersThatAreNoJson) {
    EXPECT_EQ(read_cloud_reply(200, "").what, CloudClass::retry);
    EXPECT_EQ(read_cloud_reply(503, "{}").what, CloudClass::retry);
    EXPECT_EQ(read_cloud_reply(200, "request in blackList").what, CloudClass::rate_limit);
    EXPECT_EQ(read_cloud_reply(429, "slow down").what, CloudClass::rate_limit);
    EXPECT_EQ(read_cloud_reply(200, "[1,2]").what, CloudClass::retry);
    EXPECT_EQ(read_cloud_reply(200, R"({"error_code":"x","result":7})").code, 0);
}

TEST(KasaCloud, DeviceNamesMayBeBase64) {
    const json::object result = json::parse(R"({"deviceList":[
        {"deviceId":"A1","alias":"S8O8Y2hl","deviceMac":"74FECE000000","deviceType":"IOT.IPCAMERA","status":1,"appServerUrl":"https://x.tplinkcloud.com"},
        {"deviceId":"A2","alias":"Home","status":0},{"alias":"no id"},7]})").as_object();
    const auto devices = read_device_list(result);
    ASSERT_EQ(devices.size(), 2U);
    EXPECT_EQ(devices[0].alias, "Küche");
    EXPECT_EQ(devices[0].mac, "74fece000000");
    EXPECT_TRUE(devices[0].online);
    EXPECT_EQ(devices[1].alias, "Home");
}

}  // namespace
}  // namespace tplink::kasa
