#include <gtest/gtest.h>

#include "protocols/tapo/camera_l1.hpp"
#include "protocols/tapo/camera_l3.hpp"
#include "protocols/tapo/camera_login.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_http.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;
using tplink::test::status;

const json::value& vectors() {
    static const json::value value = load_vectors("tapo_camera_control.json");
    return value;
}
const json::value& secure(int index) { return at(vectors(), "/secure_login/" + std::to_string(index)); }

const CameraHost kWhere{"192.0.2.7", 443};

TEST(CameraHttp, StokGoesRawIntoThePath) {
    for (const json::value& row : at(vectors(), "/stok_path").as_array())
        EXPECT_EQ(stok_path(text(row, "/stok_ascii")), text(row, "/path_ascii"));
    EXPECT_EQ(stok_path("a b\r\n"), "/stok=a%20b%0D%0A/ds");
}

TEST(PasswordHash, MatchesKnownAnswers) {
    for (const json::value& row : at(vectors(), "/password_hashes").as_array()) {
        EXPECT_EQ(password_hash(HashForm::md5, text(row, "/password_utf8")), text(row, "/md5_upper_hex"));
        EXPECT_EQ(password_hash(HashForm::sha256, text(row, "/password_utf8")),
                  text(row, "/sha256_upper_hex"));
    }
}

TEST(SecureChannel, MatchesKnownAnswers) {
    for (const json::value& s : at(vectors(), "/secure_login").as_array()) {
        const std::string cnonce = text(s, "/cnonce_ascii");
        const std::string nonce = text(s, "/nonce_ascii");
        const std::string hash = text(s, "/password_hash_used_ascii");
        EXPECT_EQ(device_confirm(cnonce, hash, nonce), text(s, "/device_confirm_ascii"));
        EXPECT_EQ(digest_passwd(hash, cnonce, nonce), text(s, "/digest_passwd_ascii"));
        const auto form =
            match_hash(text(s, "/password_utf8"), cnonce, nonce, text(s, "/device_confirm_ascii"));
        ASSERT_TRUE(form);
        EXPECT_EQ(to_string(*form), text(s, "/password_hash_kind"));
        const SecureChannel channel(hash, cnonce, nonce);
        for (const json::value& request : at(s, "/requests").as_array()) {
            const std::string body = channel.seal(text(request, "/plaintext_utf8"));
            const auto seq = at(request, "/seq").to_number<std::int64_t>();
            EXPECT_EQ(body, text(request, "/http_body_ascii"));
            EXPECT_EQ(channel.tag(body, seq), text(request, "/header_Tapo_tag_ascii"));
            EXPECT_EQ(channel.tag(text(request, "/same_request_body_with_spaces_ascii"), seq),
                      text(request, "/Tapo_tag_for_body_with_spaces_ascii"));
        }
        for (const json::value& reply : at(s, "/replies").as_array())
            EXPECT_EQ(channel.open(text(reply, "/response_base64")).value(), text(reply, "/plaintext_utf8"));
    }
}

// The probe

CameraProbe probe_of(const std::string& reply) { return read_probe(reply, "C").value(); }

TEST(CameraProbe, TellsTheGenerations) {
    const CameraProbe l3 = probe_of(text(secure(0), "/step1_reply_body_json"));
    EXPECT_EQ(l3.generation, CameraGeneration::l3);
    EXPECT_EQ(l3.nonce, text(secure(0), "/nonce_ascii"));
    EXPECT_EQ(probe_of(R"({"error_code":-40211})").generation, CameraGeneration::l4);
    EXPECT_EQ(
        probe_of(
            R"({"error_code":-40401,"result":{"data":{"code":-40401,"encrypt_type":["1","2"],"sec_left":0}}})")
            .generation,
        CameraGeneration::l1);
    EXPECT_EQ(probe_of(R"({"error_code":"-40401","result":{"data":{"encrypt_type":["4"]}}})").generation,
              CameraGeneration::l4);
}

TEST(CameraProbe, TellsALockout) {
    for (const char* reply :
         {R"({"error_code":-40401,"data":{"code":-40404,"sec_left":1200}})",
          R"({"error_code":-40413,"result":{"data":{"code":-40404,"sec_left":1200,"nonce":"1"}}})",
          R"({"error_code":-40404,"result":{"data":{"sec_left":"1200"}}})"}) {
        const Error error = read_probe(reply, "C").error();
        EXPECT_EQ(error.code, Errc::locked_out) << reply;
        EXPECT_EQ(error.retry_after, 1200s);
    }
    EXPECT_EQ(read_probe(R"({"error_code":-40404})", "C").error().retry_after, 1800s);
    EXPECT_EQ(read_probe(R"({"error_code":-40404,"data":{"sec_left":2000000000}})", "C").error().retry_after,
              24h);
}

TEST(CameraProbe, OthersAreNoCamera) {
    for (const char* reply :
         {"<html></html>", "", "[]", R"({"error_code":1003})", R"({"error_code":0})", "{}"})
        EXPECT_EQ(read_probe(reply, "C").error().code, Errc::unsupported) << reply;
    EXPECT_EQ(read_probe(R"({"error_code":-40413,"result":{"data":{}}})", "C").error().code, Errc::malformed);
}

// L1

Step l1_login(std::string reply) {
    return {"/",
            text(vectors(), "/legacy_login/request_body_json"),
            ok(std::move(reply)),
            {{"requestByApp", "true"}, {"Referer", "https://192.0.2.7:443"}},
            {}};
}
Step l1_good() { return l1_login(text(vectors(), "/legacy_login/reply_body_json")); }
const Credentials kAccount{"me@example.com", Secret("correct horse")};

TEST(CameraL1, LogsInAndExchangesByTheKnownAnswers) {
    Script script(
        {l1_good(), {text(vectors(), "/legacy_login/next_request_path_ascii"), "{}", ok("reply"), {}, {}}});
    CameraL1 camera(script.client(), kWhere, kAccount);
    ASSERT_TRUE(camera.login());
    EXPECT_TRUE(camera.ready());
    EXPECT_EQ(camera.exchange("{}").value(), "reply");
}

TEST(CameraL1, WrongPasswordIsTriedOnceAndCounted) {
    Script script({l1_login(
        R"({"error_code":-40401,"result":{"data":{"code":-40411,"time":9,"max_time":10,"sec_left":0}}})")});
    script.add({"/",
                std::nullopt,
                status(401, R"({"error_code":-40401,"result":{"data":{"code":-40411}}})"),
                {},
                {}});
    for (const char* said : {"attempt 9 of 10", "unknown user name or wrong password"}) {
        CameraL1 camera(script.client(), kWhere, kAccount);
        const Error error = camera.login().error();
        EXPECT_EQ(error.code, Errc::auth_failed);
        EXPECT_NE(error.what.find(said), std::string::npos) << error.what;
    }
}

TEST(CameraL1, LockoutCarriesItsTime) {
    Script script({l1_login(R"({"error_code":-40401,"result":{"data":{"code":-40404,"sec_left":1799}}})")});
    CameraL1 camera(script.client(), kWhere, kAccount);
    const Error error = camera.login().error();
    EXPECT_EQ(error.code, Errc::locked_out);
    EXPECT_EQ(error.retry_after, 1799s);
}

TEST(CameraL1, OddRepliesAreErrors) {
    for (const char* reply : {"<html>", R"({"error_code":0})", R"({"error_code":0,"result":{"stok":""}})"}) {
        Script script({l1_login(reply)});
        CameraL1 camera(script.client(), kWhere, kAccount);
        EXPECT_EQ(camera.login().error().code, Errc::malformed) << reply;
    }
    Script script({l1_login(R"({"error_code":-40413,"result":{"data":{"encrypt_type":["3"]}}})")});
    CameraL1 camera(script.client(), kWhere, kAccount);
    EXPECT_EQ(camera.login().error().code, Errc::unsupported);
}

TEST(CameraL1, StatusWithoutJsonEndsTheSession) {
    Script script({l1_good(),
                   {text(vectors(), "/legacy_login/next_request_path_ascii"),
                    std::nullopt,
                    status(401, "no"),
                    {},
                    {}}});
    CameraL1 camera(script.client(), kWhere, kAccount);
    ASSERT_TRUE(camera.login());
    EXPECT_EQ(camera.exchange("{}").error().code, Errc::session_expired);
    EXPECT_FALSE(camera.ready());
}

TEST(CameraL1, CameraAccountKeepsItsNameAndNoPasswordIsNeverSent) {
    Script script({{"/", std::nullopt, ok("x"), {}, [](const net::HttpRequest& request) {
                        EXPECT_EQ(text(json::parse(request.body), "/params/username"), "viewer");
                        return ok(R"({"error_code":0,"result":{"stok":"1"}})");
                    }}});
    CameraL1 named(script.client(), kWhere, {"viewer", Secret("x")});
    EXPECT_TRUE(named.login());
    CameraL1 empty(script.client(), kWhere, {"me@example.com", Secret()});
    EXPECT_EQ(empty.login().error().code, Errc::auth_failed);
}

// L3

Step step1(const json::value& s) {
    return {"/", text(s, "/step1_request_body_json"), ok(text(s, "/step1_reply_body_json")), {}, {}};
}
Step step2(const json::value& s, std::optional<std::string> reply = std::nullopt) {
    return {"/",
            text(s, "/step2_request_body_json"),
            ok(reply.value_or(text(s, "/step2_reply_body_json"))),
            {},
            {}};
}
Step exchange_step(const json::value& s, int index) {
    const std::string r = "/requests/" + std::to_string(index);
    return {text(s, "/request_path_ascii"),
            text(s, r + "/http_body_ascii"),
            ok(text(s, "/replies/" + std::to_string(index) + "/http_body_ascii")),
            {{"Seq", text(s, r + "/header_Seq_ascii")}, {"Tapo_tag", text(s, r + "/header_Tapo_tag_ascii")}},
            {}};
}

class CameraL3Test : public ::testing::Test {
protected:
    static Buffer cnonce(const json::value& s) { return from_hex(text(s, "/cnonce_ascii")).value(); }
    CameraL3 make(Script& script, const json::value& s) {
        return {script.client(), kWhere, {"me@example.com", Secret(text(s, "/password_utf8"))}, random_};
    }
    /// A camera after a good login, whose first request gets `reply`.
    Result<std::string> first_exchange(net::HttpResponse reply) {
        const json::value& s = secure(0);
        Step step = exchange_step(s, 0);
        step.reply = std::move(reply);
        Script script({step1(s), step2(s), step});
        random_ = FixedRandom(cnonce(s));
        CameraL3 camera = make(script, s);
        EXPECT_TRUE(camera.login());
        auto result = camera.exchange(text(s, "/requests/0/plaintext_utf8"));
        EXPECT_EQ(camera.ready(), result.has_value());
        return result;
    }
    FixedRandom random_{cnonce(secure(0))};
};

TEST_F(CameraL3Test, LogsInAndExchangesByTheKnownAnswers) {
    for (const json::value& s : at(vectors(), "/secure_login").as_array()) {
        random_ = FixedRandom(cnonce(s));
        Script script({step1(s), step2(s)});
        const std::size_t count = at(s, "/requests").as_array().size();
        for (std::size_t i = 0; i < count; ++i) script.add(exchange_step(s, static_cast<int>(i)));
        CameraL3 camera = make(script, s);
        ASSERT_TRUE(camera.login());
        EXPECT_EQ(to_string(*camera.hash_form()), text(s, "/password_hash_kind"));
        for (std::size_t i = 0; i < count; ++i) {
            const std::string n = std::to_string(i);
            EXPECT_EQ(camera.exchange(text(s, "/requests/" + n + "/plaintext_utf8")).value(),
                      text(s, "/replies/" + n + "/plaintext_utf8"));
        }
    }
}

TEST_F(CameraL3Test, GoesOnWithAProbeMadeBefore) {
    const json::value& s = secure(0);
    Script script({step2(s)});
    FixedRandom nothing{{}};
    CameraL3 camera(script.client(), kWhere, kAccount, nothing,
                    read_probe(text(s, "/step1_reply_body_json"), text(s, "/cnonce_ascii")).value());
    EXPECT_TRUE(camera.login());
}

TEST_F(CameraL3Test, WrongPasswordIsFoundByTheCamerasProofAndStep2IsNotSent) {
    const json::value& s = secure(0);
    Script script({step1(s)});
    CameraL3 camera(script.client(), kWhere,
                    {"me@example.com", Secret(text(vectors(), "/secure_login_wrong_password/password_utf8"))},
                    random_);
    const Error error = camera.login().error();
    EXPECT_EQ(error.code, Errc::auth_failed);
    EXPECT_NE(error.what.find("third-party"), std::string::npos);
}

TEST_F(CameraL3Test, CameraOnItsFactoryPasswordIsNamed) {
    const std::string confirm =
        device_confirm("0123456789ABCDEF", password_hash(HashForm::sha256, "TPL075526460603"), "AB");
    Script script(
        {{"/",
          std::nullopt,
          ok(R"({"error_code":-40413,"result":{"data":{"encrypt_type":["3"],"nonce":"AB","device_confirm":")" +
             confirm + R"("}}})"),
          {},
          {}}});
    CameraL3 camera = make(script, secure(0));
    EXPECT_NE(camera.login().error().what.find("not bound"), std::string::npos);
}

TEST_F(CameraL3Test, StaleNonceIsTriedOnceMoreThenItIsARefusal) {
    const json::value& s = secure(0);
    const std::string stale = R"({"error_code":-40413,"result":{"data":{"code":-40413}}})";
    random_ = FixedRandom(concat({cnonce(s), cnonce(s)}));
    Script good({step1(s), step2(s, stale), step1(s), step2(s)});
    CameraL3 first = make(good, s);
    EXPECT_TRUE(first.login());
    random_ = FixedRandom(concat({cnonce(s), cnonce(s)}));
    Script bad({step1(s), step2(s, stale), step1(s), step2(s, stale)});
    CameraL3 second = make(bad, s);
    EXPECT_EQ(second.login().error().code, Errc::auth_failed);
}

TEST_F(CameraL3Test, RefusalsOfStep2) {
    const json::value& s = secure(0);
    const auto code_for = [&](const char* reply) {
        random_ = FixedRandom(cnonce(s));
        Script script({step1(s), step2(s, reply)});
        CameraL3 camera = make(script, s);
        return camera.login().error().code;
    };
    EXPECT_EQ(code_for(R"({"error_code":-40401,"result":{"data":{"code":-40401,"time":1,"max_time":10}}})"),
              Errc::auth_failed);
    EXPECT_EQ(code_for(R"({"error_code":-40401,"data":{"code":-40404,"sec_left":1800}})"), Errc::locked_out);
    EXPECT_EQ(code_for(R"({"error_code":0,"result":{"stok":"a","start_seq":1,"user_group":"guest"}})"),
              Errc::auth_failed);
    EXPECT_EQ(code_for(R"({"error_code":0,"result":{"stok":"a","user_group":"root"}})"), Errc::malformed);
    EXPECT_EQ(code_for("<html>"), Errc::malformed);
}

TEST_F(CameraL3Test, CameraThatChangedItsLoginIsUnsupported) {
    Script script({{"/", std::nullopt, ok(R"({"error_code":-40211})"), {}, {}}});
    CameraL3 camera = make(script, secure(0));
    EXPECT_EQ(camera.login().error().code, Errc::unsupported);
}

TEST_F(CameraL3Test, RepliesInClearAreTakenAsTheyAre) {
    EXPECT_EQ(first_exchange(ok(R"({"lens_mask":{},"error_code":0})")).value(),
              R"({"lens_mask":{},"error_code":0})");
    EXPECT_EQ(first_exchange(ok(R"({"error_code":0,"result":{"response":"{\"error_code\":0}"}})")).value(),
              R"({"error_code":0})");
}

TEST_F(CameraL3Test, WhatEndsTheSession) {
    EXPECT_EQ(first_exchange(status(500, "")).error().code, Errc::session_expired);
    EXPECT_EQ(first_exchange(status(500, "{}")).error().code, Errc::session_expired);
    EXPECT_EQ(first_exchange(ok("garbage")).error().code, Errc::session_expired);
    EXPECT_EQ(first_exchange(ok(R"({"error_code":0,"result":{"response":"AAAA"}})")).error().code,
              Errc::session_expired);
    const SecureChannel channel(text(secure(0), "/password_hash_used_ascii"), "0123456789ABCDEF",
                                "FEDCBA9876543210");
    const std::string told =
        json::serialize(json::parse(channel.seal(R"({"error_code":-40401})")).at("params").at("request"));
    EXPECT_EQ(first_exchange(status(500, R"({"error_code":0,"seq":716,"result":{"response":)" + told + "}}"))
                  .error()
                  .code,
              Errc::session_expired);
}

} // namespace
} // namespace tplink::tapo
