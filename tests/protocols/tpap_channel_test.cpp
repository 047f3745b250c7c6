#include "protocols/tapo/tpap_channel.hpp"

#include <gtest/gtest.h>

#include "protocols/tapo/tpap_transport.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_http.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;
using tplink::test::status;

const json::value& session_vector() {
    static const json::value value = load_vectors("plugs.json").at_pointer("/tpap/sessions/0");
    return value;
}
Step login_step(std::string body) { return {"/", std::nullopt, ok(std::move(body)), {}, {}}; }
const std::string kOffer =
    R"({"error_code":0,"result":{"mac":"5C-A6-E6-01-02-03","tpap":{"tls":0,"pake":[2],"port":80}}})";
std::string registered() {
    return json::serialize(
        json::object{{"error_code", 0}, {"result", at(session_vector(), "/register_result")}});
}
std::string shared(std::int64_t seq) {
    return json::serialize(json::object{{"error_code", 0},
                                        {"result",
                                         {{"dev_confirm", at(session_vector(), "/expected_dev_confirm_b64")},
                                          {"sessionId", "s1"},
                                          {"start_seq", seq}}}});
}
Buffer randomness() {
    return concat({base64_decode(text(session_vector(), "/user_random_b64")).value(),
                   from_hex("1f2e3d4c5b6a79881726354453627180aabbccddeeff00112233445566778899").value()});
}

class TpapTransportTest : public ::testing::Test {
protected:
    std::unique_ptr<TpapTransport> make(Script& script, bool proven = false) {
        return std::make_unique<TpapTransport>(script.factory(), where_, Credentials{"user@example.com", Secret("Sim-pass1")}, random_,
                                               clock_, proven);
    }
    FixedRandom random_{concat({randomness(), randomness(), randomness()})};
    FakeClock clock_;
    const net::HttpOptions where_;
};

TEST_F(TpapTransportTest, VectorFromTheFirstByteToTheReply) {
    Script script(
        {login_step(kOffer),
         {"/",
          R"({"method":"login","params":{"sub_method":"pake_register","username":"21232f297a57a5a743894a0e4a801fc3","user_random":")" +
              text(session_vector(), "/user_random_b64") +
              R"(","cipher_suites":[1],"encryption":["aes_128_ccm"],"passcode_type":"userpw","stok":null}})",
          ok(registered()),
          {},
          {}},
         {"/",
          R"({"method":"login","params":{"sub_method":"pake_share","user_share":")" +
              text(session_vector(), "/user_share_b64") + R"(","user_confirm":")" +
              text(session_vector(), "/user_confirm_b64") + R"("}})",
          ok(shared(1000)),
          {},
          {}},
         {"/stok=s1/ds",
          std::string(as_text(hex(session_vector(), "/request/body"))),
          ok(std::string(as_text(hex(session_vector(), "/response/body")))),
          {},
          {}}});
    const auto transport = make(script);
    ASSERT_TRUE(transport->login());
    EXPECT_EQ(transport->exchange(text(session_vector(), "/request/plain")).value(),
              text(session_vector(), "/response/plain"));
}

TEST_F(TpapTransportTest, TheNumberWrapsAndAReplyMustBearTheRequests) {
    Script script({login_step(kOffer),
                   login_step(registered()),
                   login_step(shared(-1)),
                   {"/stok=s1/ds",
                    std::nullopt,
                    {},
                    {},
                    [](const net::HttpRequest& request) {
                        EXPECT_EQ(hex_lower(as_bytes(request.body).first(4)), "ffffffff");
                        return net::HttpResponse{200, {}, R"({"error_code":-1301})"};
                    }},
                   {"/stok=s1/ds", std::nullopt, {}, {}, [](const net::HttpRequest& request) {
                        EXPECT_EQ(hex_lower(as_bytes(request.body).first(4)), "00000000");
                        return net::HttpResponse{
                            200, {}, std::string(as_text(hex(session_vector(), "/response/body")))};
                    }}});
    const auto transport = make(script);
    ASSERT_TRUE(transport->login());
    EXPECT_EQ(transport->exchange("{}").value(), R"({"error_code":-1301})"); // busy: no lost session
    EXPECT_EQ(transport->exchange("{}").error().code, Errc::session_expired);
    EXPECT_FALSE(transport->ready());
}

TEST_F(TpapTransportTest, EveryEndOfASessionIsOne) {
    for (const auto& end :
         {ok(R"({"error_code":-2203})"), ok(R"({"error_code":9999})"), ok(R"({"error_code":1002})"),
          ok(R"({"error_code":-1001})"), ok(R"({"error_code":-40401})"), ok(R"({"error_code":-40413})"),
          status(403), status(403, R"({"error_code":0})"), ok("garbage"), ok("")}) {
        random_ = FixedRandom(randomness());
        Script script({login_step(kOffer),
                       login_step(registered()),
                       login_step(shared(1)),
                       {"/stok=s1/ds", std::nullopt, end, {}, {}}});
        const auto transport = make(script);
        ASSERT_TRUE(transport->login());
        EXPECT_EQ(transport->exchange("{}").error().code, Errc::session_expired) << end.body;
        EXPECT_FALSE(transport->ready());
    }
}

TEST_F(TpapTransportTest, RefusalsAndLocks) {
    const std::pair<std::string, Errc> kCases[] = {
        {R"({"error_code":-1501})", Errc::auth_failed},
        {R"({"error_code":-2203})", Errc::auth_failed},
        {R"({"error_code":-40401,"error_info":{"failedAttempts":3,"remainAttempts":7,"lockedMinute":30}})",
         Errc::auth_failed},
        {R"({"error_code":-40401,"error_info":{"failedAttempts":10,"remainAttempts":0,"lockedMinute":30}})",
         Errc::locked_out},
        {R"({"error_code":-40404})", Errc::locked_out},
        {R"({"error_code":0,"result":{"dev_confirm":"AAAA","stok":"x","start_seq":1}})", Errc::auth_failed},
        {R"({"error_code":0,"result":{}})", Errc::auth_failed},
    };
    for (const auto& [answer, code] : kCases) {
        random_ = FixedRandom(randomness());
        Script script({login_step(kOffer), login_step(registered()), login_step(answer)});
        const auto done = make(script)->login();
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, code) << answer;
        EXPECT_EQ(done.error().retry_after, code == Errc::locked_out ? 1800s : 0s);
    }
}

TEST_F(TpapTransportTest, AProvenPasswordSurvivesALoginLostToAnotherClient) {
    Script script({login_step(kOffer), login_step(registered()), login_step(R"({"error_code":-2203})")});
    EXPECT_EQ(make(script, true)->login().error().code, Errc::session_expired);
}

TEST_F(TpapTransportTest, TheDeviceNamesPortAndTls) {
    Script script(
        {login_step(R"({"error_code":0,"result":{"mac":"5C-A6-E6-01-02-03","tpap":{"tls":1,"pake":[2]}}})")});
    const auto transport = make(script);
    ASSERT_TRUE(transport->probe());
    ASSERT_EQ(script.opened.size(), 2U);
    EXPECT_EQ(script.opened[1].port, 4433);
    EXPECT_EQ(script.opened[1].tls, net::Tls::device);
}

TEST_F(TpapTransportTest, WhatIsNoTpapIsNotSupported) {
    for (const auto& answer :
         {ok(R"({"error_code":-40209})"), ok(R"({"error_code":0,"result":{"tpap_preferred":false}})"),
          status(404), status(403, "<html>")}) {
        Script script({{"/", std::nullopt, answer, {}, {}}});
        EXPECT_EQ(make(script)->probe().error().code, Errc::unsupported);
    }
}

} // namespace
} // namespace tplink::tapo
