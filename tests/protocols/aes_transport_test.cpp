#include "protocols/tapo/aes_transport.hpp"

#include <gtest/gtest.h>

#include "protocols/tapo/cookie.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_http.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;
using tplink::test::status;

const json::value& aes() {
    static const json::value value = load_vectors("plugs.json");
    return at(value, "/aes");
}

const std::string kToken = "0123456789ABCDEF0123456789ABCDEF";

/// The device's side of the cipher, with the keys of the vectors.
crypto::AesKey key() { return crypto::aes_key(hex(aes(), "/aes_key")); }
crypto::AesIv iv() { return crypto::aes_key(hex(aes(), "/aes_iv")); }
std::string seal(std::string_view inner) {
    return base64_encode(crypto::aes128_cbc_encrypt(key(), iv(), as_bytes(inner)));
}
std::string reply(std::string_view inner) {
    return R"({"error_code":0,"result":{"response":")" + seal(inner) + R"("}})";
}
json::value inner_of(const net::HttpRequest& request) {
    const std::string cipher = text(json::parse(request.body), "/params/request");
    return json::parse(
        as_text(crypto::aes128_cbc_decrypt(key(), iv(), base64_decode(cipher).value()).value()));
}

Step handshake() {
    return {
        "/app",
        std::nullopt,
        ok(text(aes(), "/handshake_response"), {{"Set-Cookie", text(aes(), "/set_cookie_seen")}}),
        {{"requestByApp", "true"}, {"Cookie", ""}},
        [](const net::HttpRequest& request) {
            const json::value sent = json::parse(request.body);
            EXPECT_EQ(text(sent, "/method"), "handshake");
            EXPECT_EQ(text(sent, "/params/key"), text(aes(), "/public_pem_one_line"));
            return ok(text(aes(), "/handshake_response"), {{"Set-Cookie", text(aes(), "/set_cookie_seen")}});
        }};
}
Step login(std::string_view params, std::string_view answer) {
    const auto play = [params = json::value(at(aes(), params)),
                       answer = std::string(answer)](const net::HttpRequest& r) {
        EXPECT_EQ(at(inner_of(r), "/params"), params);
        return ok(reply(answer));
    };
    return {"/app", std::nullopt, {}, {{"Cookie", text(aes(), "/cookie_to_send")}}, play};
}
Step good_login() { return login("/login_params_v1", text(aes(), "/response/inner")); }

class AesTransportTest : public ::testing::Test {
protected:
    AesTransport make(Script& script, AesLogin form = AesLogin::plain) {
        auto rsa = crypto::RsaKey::from_private_pem(text(aes(), "/rsa_private_pkcs8_pem"));
        return {script.client(),
                {"user@example.com", Secret("Sim-pass1")},
                std::make_shared<const crypto::RsaKey>(std::move(rsa).value()),
                form,
                clock_};
    }
    FakeClock clock_;
};

TEST_F(AesTransportTest, LogsInWithTheKnownBytes) {
    const Step first{
        "/app", text(aes(), "/passthrough/0/body"), ok(reply(text(aes(), "/response/inner"))), {}, {}};
    const Step second{text(aes(), "/response/next_url"),
                      text(aes(), "/passthrough/1/body"),
                      ok(reply(R"({"error_code":0})")),
                      {{"Cookie", text(aes(), "/cookie_to_send")}},
                      {}};
    Script script({handshake(), first, second});
    AesTransport transport = make(script);
    ASSERT_TRUE(transport.login());
    ASSERT_TRUE(transport.ready());
    EXPECT_EQ(transport.exchange(text(aes(), "/passthrough/1/inner")).value(), R"({"error_code":0})");
}

TEST_F(AesTransportTest, SendsTheHashedFormWhenAnnounced) {
    Script script({handshake(), login("/login_params_v2", text(aes(), "/response/inner"))});
    AesTransport transport = make(script, AesLogin::hashed);
    EXPECT_TRUE(transport.login());
}

TEST_F(AesTransportTest, TriesTheOtherFormOnlyWhenParametersAreNotUnderstood) {
    Script script({handshake(), login("/login_params_v1", R"({"error_code":-1008})"), handshake(),
                   login("/login_params_v2", text(aes(), "/response/inner"))});
    AesTransport transport = make(script);
    EXPECT_TRUE(transport.login());
}

TEST_F(AesTransportTest, WrongPasswordIsTriedOnce) {
    Script script({handshake(), login("/login_params_v1", R"({"error_code":-1501})")});
    AesTransport transport = make(script);
    const Error error = transport.login().error();
    EXPECT_EQ(error.code, Errc::auth_failed);
    EXPECT_EQ(error.device_code, -1501);
    EXPECT_FALSE(transport.ready());
}

TEST_F(AesTransportTest, OtherTransportWantedIsToldByTheProbe) {
    Script script({{"/app", std::nullopt, ok(R"({"error_code":1003})"), {}, {}}});
    AesTransport transport = make(script);
    const Error error = transport.probe().error();
    EXPECT_EQ(error.code, Errc::unsupported);
    EXPECT_EQ(error.device_code, 1003);
}

TEST_F(AesTransportTest, BadHandshakeRepliesAreErrors) {
    for (const char* body :
         {"", "{}", "[]", R"({"error_code":0})", R"({"error_code":0,"result":{"key":"!!"}})",
          R"({"error_code":0,"result":{"key":"AAAA"}})"}) {
        Script script({{"/app", std::nullopt, ok(body), {}, {}}});
        AesTransport transport = make(script);
        EXPECT_EQ(transport.login().error().code, Errc::malformed) << body;
    }
}

TEST_F(AesTransportTest, SessionTimeOutAndUndecryptableRepliesEndTheSession) {
    for (const std::string& body : {std::string(R"({"error_code":9999})"), std::string("nonsense"),
                                    std::string(R"({"error_code":0,"result":{"response":"AAAA"}})")}) {
        Script script({handshake(), good_login(), {"/app?token=" + kToken, std::nullopt, ok(body), {}, {}}});
        AesTransport transport = make(script);
        ASSERT_TRUE(transport.login());
        EXPECT_EQ(transport.exchange("{}").error().code, Errc::session_expired) << body;
        EXPECT_FALSE(transport.ready());
    }
}

TEST_F(AesTransportTest, TakesAReplyInClear) {
    const std::string body = R"({"error_code":0,"result":{"response":"{\"error_code\":0}"}})";
    Script script({handshake(), good_login(), {"/app?token=" + kToken, std::nullopt, ok(body), {}, {}}});
    AesTransport transport = make(script);
    ASSERT_TRUE(transport.login());
    EXPECT_EQ(transport.exchange("{}").value(), R"({"error_code":0})");
}

TEST_F(AesTransportTest, TimeoutOfTheCookieCountsMinutes) {
    Script script({handshake(), good_login()});
    AesTransport transport = make(script);
    ASSERT_TRUE(transport.login());
    clock_.passed = 24h - 21min;
    EXPECT_TRUE(transport.ready());
    clock_.passed = 24h;
    EXPECT_FALSE(transport.ready());
}

TEST(SessionCookie, ReadsWhatDevicesSend) {
    const auto parse = [](const char* value) { return session_cookie({200, {{"set-cookie", value}}, ""}); };
    EXPECT_EQ(parse("TP_SESSIONID=AB;TIMEOUT=1440")->pair, "TP_SESSIONID=AB");
    EXPECT_EQ(parse("TP_SESSIONID=AB;TIMEOUT=1440")->renew_after, 24h - 20min);
    EXPECT_EQ(parse("TP_SESSIONID=AB; TIMEOUT=86400")->renew_after, 24h - 20min);
    EXPECT_EQ(parse("SESSIONID=AB; Path=/")->pair, "SESSIONID=AB");
    EXPECT_EQ(parse("TP_SESSIONID=AB;TIMEOUT=10")->renew_after, 5min);
    EXPECT_EQ(parse("TP_SESSIONID=AB;TIMEOUT=99999999999999999999")->renew_after, 24h - 20min);
    EXPECT_EQ(parse("TP_SESSIONID=AB;TIMEOUT=-3")->renew_after, 24h - 20min);
    EXPECT_FALSE(parse("TP_SESSIONID="));
    EXPECT_FALSE(parse("TIMEOUT=5"));
    EXPECT_FALSE(parse("TP_SESSIONID=a\r\nb"));
    EXPECT_FALSE(session_cookie({200, {}, ""}));
}

} // namespace
} // namespace tplink::tapo
