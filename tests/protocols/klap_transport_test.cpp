#include "protocols/tapo/klap_transport.hpp"

#include <gtest/gtest.h>

#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_http.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;
using tplink::test::status;

const json::value& session(int index) {
    static const json::value value = load_vectors("plugs.json");
    return at(value, "/klap/sessions/" + std::to_string(index));
}

std::string bytes(const json::value& value, std::string_view pointer) {
    return std::string(as_text(hex(value, pointer)));
}

const Credentials kAccount{"user@example.com", Secret("Sim-pass1")};
const net::Header kSetCookie{"Set-Cookie", "TP_SESSIONID=00FF;TIMEOUT=86400"};
const net::Header kCookie{"Cookie", "TP_SESSIONID=00FF"};

Step handshake1(const json::value& s) {
    return {"/app/handshake1",
            bytes(s, "/local_seed"),
            ok(bytes(s, "/handshake1_response"), {kSetCookie}),
            {{"Cookie", ""}},
            {}};
}
Step handshake2(const json::value& s, int code = 200) {
    return {"/app/handshake2", bytes(s, "/handshake2_request"), status(code), {kCookie}, {}};
}
Step request(const json::value& s, int index) {
    const json::value& r = at(s, "/requests/" + std::to_string(index));
    return {text(r, "/url"), bytes(r, "/body"), ok(bytes(r, "/response_body")), {kCookie}, {}};
}

class KlapTransportTest : public ::testing::Test {
protected:
    KlapTransport make(Script& script, Credentials account = kAccount) {
        return {script.client(), std::move(account), random_, clock_};
    }
    FakeClock clock_;
    FixedRandom random_{concat({hex(session(0), "/local_seed"), hex(session(0), "/local_seed")})};
};

TEST_F(KlapTransportTest, LogsInAndExchangesByTheKnownAnswers) {
    for (const int index : {0, 2}) {
        const json::value& s = session(index);
        Script script({handshake1(s), handshake2(s), request(s, 0), request(s, 1)});
        KlapTransport klap = make(script);
        EXPECT_FALSE(klap.ready());
        ASSERT_TRUE(klap.login());
        EXPECT_TRUE(klap.ready());
        EXPECT_EQ(klap.name(), "klap2");
        for (const int i : {0, 1}) {
            const std::string at_request = "/requests/" + std::to_string(i);
            EXPECT_EQ(klap.exchange(text(s, at_request + "/plain")).value(),
                      text(s, at_request + "/response_plain"));
        }
    }
}

TEST_F(KlapTransportTest, SpeaksVersionOneToOlderDevices) {
    const json::value& s = session(1);
    Script script({handshake1(s), handshake2(s), request(s, 0)});
    KlapTransport klap = make(script);
    ASSERT_TRUE(klap.login());
    EXPECT_EQ(klap.version(), KlapVersion::v1);
    EXPECT_TRUE(klap.exchange(text(s, "/requests/0/plain")));
}

TEST_F(KlapTransportTest, WrongPasswordIsFoundLocallyAndNothingMoreIsSent) {
    Script script({handshake1(session(0))});
    KlapTransport klap = make(script, {"user@example.com", Secret("wrong")});
    EXPECT_EQ(klap.login().error().code, Errc::auth_failed);
}

TEST_F(KlapTransportTest, RecognisesADeviceOnItsFactoryAccount) {
    const Buffer local = hex(session(0), "/local_seed");
    const Buffer remote = hex(session(0), "/remote_seed");
    const Buffer auth = klap_auth_hash(KlapVersion::v2, "kasa@tp-link.net", "kasaSetup");
    const auto server = klap_server_hash(KlapVersion::v2, local, remote, auth);
    const auto client = klap_client_hash(KlapVersion::v2, local, remote, auth);
    Script script(
        {{"/app/handshake1", std::nullopt, ok(std::string(as_text(concat({remote, server})))), {}, {}},
         {"/app/handshake2", std::string(as_text(client)), ok(""), {}, {}}});
    KlapTransport klap = make(script);
    EXPECT_TRUE(klap.login());
    EXPECT_EQ(klap.factory_account(), "kasa@tp-link.net");
}

TEST_F(KlapTransportTest, ProbeIsGoneOnWithByLogin) {
    Script script({handshake1(session(0)), handshake2(session(0))});
    KlapTransport klap = make(script);
    ASSERT_TRUE(klap.probe());
    EXPECT_FALSE(klap.ready());
    EXPECT_TRUE(klap.login());
}

TEST_F(KlapTransportTest, AHandshakeTheDeviceForgotIsNoRefusal) {
    const json::value& s = session(0);
    Script script({handshake1(s), handshake2(s, 403), handshake1(s), handshake2(s)});
    KlapTransport klap = make(script);
    ASSERT_TRUE(klap.probe());
    EXPECT_TRUE(klap.login());
}

TEST_F(KlapTransportTest, StatusOfHandshakesDecides) {
    const auto code_for = [&](Step first, std::optional<Step> second = std::nullopt) {
        FixedRandom random(hex(session(0), "/local_seed"));
        Script script({std::move(first)});
        if (second) script.add(*second);
        KlapTransport klap(script.client(), kAccount, random, clock_);
        return klap.login().error();
    };
    const auto first = [&](int code) { return Step{"/app/handshake1", std::nullopt, status(code), {}, {}}; };
    EXPECT_EQ(code_for(first(403)).code, Errc::unsupported);
    EXPECT_EQ(code_for(first(403)).device_code, 403);
    EXPECT_EQ(code_for(first(404)).device_code, 404);
    EXPECT_EQ(code_for(first(429)).code, Errc::refused);
    EXPECT_EQ(code_for(first(500)).code, Errc::malformed);
    EXPECT_EQ(code_for({"/app/handshake1", std::nullopt, ok("<html>"), {}, {}}).code, Errc::malformed);
    EXPECT_EQ(code_for(handshake1(session(0)), handshake2(session(0), 403)).code, Errc::auth_failed);
    EXPECT_EQ(code_for(handshake1(session(0)), handshake2(session(0), 400)).code, Errc::malformed);
}

TEST_F(KlapTransportTest, ForbiddenRequestMeansTheSessionIsGone) {
    const json::value& s = session(0);
    Step refused = request(s, 0);
    refused.reply = status(403);
    Script script({handshake1(s), handshake2(s), refused});
    KlapTransport klap = make(script);
    ASSERT_TRUE(klap.login());
    EXPECT_EQ(klap.exchange(text(s, "/requests/0/plain")).error().code, Errc::session_expired);
    EXPECT_FALSE(klap.ready());
}

TEST_F(KlapTransportTest, TimeOutKeepsTheSessionAndUsesANewNumber) {
    const json::value& s = session(0);
    Step lost = request(s, 0);
    lost.reply = fail(Errc::timeout, "no reply");
    Script script({handshake1(s), handshake2(s), lost, request(s, 1)});
    KlapTransport klap = make(script);
    ASSERT_TRUE(klap.login());
    EXPECT_EQ(klap.exchange(text(s, "/requests/0/plain")).error().code, Errc::timeout);
    EXPECT_TRUE(klap.exchange(text(s, "/requests/1/plain")));
}

TEST_F(KlapTransportTest, WrongSignatureMeansTheSessionIsGone) {
    const json::value& s = session(0);
    Step bad = request(s, 0);
    bad.reply->body[40] ^= 1;
    Script script({handshake1(s), handshake2(s), bad});
    KlapTransport klap = make(script);
    ASSERT_TRUE(klap.login());
    EXPECT_EQ(klap.exchange(text(s, "/requests/0/plain")).error().code, Errc::session_expired);
}

TEST_F(KlapTransportTest, LearnsThatADeviceTakesOneRequestPerSession) {
    const json::value& s = session(0);
    Step bad = request(s, 1);
    bad.reply = ok("HTTP/1.1 200 OK");
    Script script({handshake1(s), handshake2(s), request(s, 0), bad, handshake1(s), handshake2(s),
                   request(s, 0), bad, handshake1(s), handshake2(s), request(s, 0)});
    FixedRandom random(concat({hex(s, "/local_seed"), hex(s, "/local_seed"), hex(s, "/local_seed")}));
    KlapTransport klap(script.client(), kAccount, random, clock_);
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(klap.login());
        EXPECT_TRUE(klap.exchange(text(s, "/requests/0/plain")));
        EXPECT_TRUE(klap.ready());
        EXPECT_EQ(klap.exchange(text(s, "/requests/1/plain")).error().code, Errc::session_expired);
    }
    ASSERT_TRUE(klap.login());
    EXPECT_TRUE(klap.exchange(text(s, "/requests/0/plain")));
    EXPECT_FALSE(klap.ready());
}

TEST_F(KlapTransportTest, SessionRunsOutTwentyMinutesEarly) {
    Script script({handshake1(session(0)), handshake2(session(0))});
    KlapTransport klap = make(script);
    ASSERT_TRUE(klap.login());
    clock_.passed = 24h - 21min;
    EXPECT_TRUE(klap.ready());
    clock_.passed = 24h - 19min;
    EXPECT_FALSE(klap.ready());
}

} // namespace
} // namespace tplink::tapo
