#include "protocols/tapo/ladder.hpp"

#include <gtest/gtest.h>

#include "protocols/tapo/camera_secure.hpp"
#include "protocols/tapo/klap.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_http.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;
using discovery::Family;
using tplink::test::status;

const json::value& plugs() {
    static const json::value value = load_vectors("plugs.json");
    return value;
}
const json::value& cameras() {
    static const json::value value = load_vectors("tapo_camera_control.json");
    return value;
}
const json::value& klap(int index) { return at(plugs(), "/klap/sessions/" + std::to_string(index)); }

std::shared_ptr<const crypto::RsaKey> rsa() {
    static const auto shared = std::make_shared<const crypto::RsaKey>(
        crypto::RsaKey::from_private_pem(text(plugs(), "/aes/rsa_private_pkcs8_pem")).value());
    return shared;
}

Step klap_reply(Result<net::HttpResponse> reply) {
    return {"/app/handshake1", std::nullopt, std::move(reply), {}, {}};
}
Step klap_good(int index = 0) {
    return klap_reply(ok(std::string(as_text(hex(klap(index), "/handshake1_response")))));
}
Step aes_reply(std::string body) { return {"/app", std::nullopt, ok(std::move(body)), {}, {}}; }
Step aes_good() { return aes_reply(text(plugs(), "/aes/handshake_response")); }
Step probe(Result<net::HttpResponse> reply) {
    return {"/", text(cameras(), "/secure_login/0/step1_request_body_json"), std::move(reply), {}, {}};
}
const std::string kL1 = R"({"error_code":-40401,"result":{"data":{"code":-40401,"encrypt_type":["1","2"]}}})";
const auto kUnreachable = Result<net::HttpResponse>(fail(Errc::unreachable, "connection refused"));

class LadderTest : public ::testing::Test {
protected:
    Opened climb(Script& script) {
        LadderDeps deps{.http = script.factory(),
                        .random = random_,
                        .clock = clock_,
                        .rsa_1024 = rsa(),
                        .wake = wake_,
                        .wake_wait = 1ms,
                        .stop = stop_.get_token()};
        return open_session(target_, deps);
    }
    void announce(std::string transport, Family family, bool https = false) {
        discovery::Found found;
        found.transport = std::move(transport);
        found.family = family;
        found.https = https;
        target_.announced = found;
    }
    void be_plug() { target_.family = Family::tapo_plug; }
    void be_camera() {
        target_.family = Family::tapo_camera;
        target_.credentials = {"me@example.com", Secret("correct horse")};
        random_ = FixedRandom(from_hex("0123456789ABCDEF").value());
    }
    Target target_{Family::unknown, "192.0.2.7", 0, {"user@example.com", Secret("Sim-pass1")}, {}, {}};
    FixedRandom random_{concat({hex(klap(0), "/local_seed"), Buffer(16), Buffer(64)})};
    FakeClock clock_;
    std::function<void(const std::string&)> wake_;
    std::stop_source stop_;
};

TEST_F(LadderTest, KlapPlugIsFoundByOneRequest) {
    be_plug();
    Script script({klap_good()});
    const Opened opened = climb(script);
    ASSERT_TRUE(opened.session);
    EXPECT_EQ((*opened.session)->transport(), "klap2");
    EXPECT_EQ(opened.learned.transport, "klap2");
    EXPECT_EQ(script.opened.at(0).port, 80);
    EXPECT_EQ(script.opened.at(0).tls, net::Tls::none);
    EXPECT_TRUE(opened.attempts.empty());
}

TEST_F(LadderTest, NoKlapLeadsToAes) {
    be_plug();
    for (const auto& reply : {status(404), ok("<html>start page</html>")}) {
        random_ = FixedRandom(Buffer(64));
        Script script({klap_reply(reply), aes_good()});
        const Opened opened = climb(script);
        ASSERT_TRUE(opened.session);
        EXPECT_EQ((*opened.session)->transport(), "aes");
        ASSERT_EQ(opened.attempts.size(), 1U);
        EXPECT_EQ(opened.attempts[0].transport, "klap2");
    }
}

TEST_F(LadderTest, LearnedAndAnnouncedTransportsGoFirst) {
    target_.learned.transport = "aes";
    Script learned({aes_good()});
    EXPECT_TRUE(climb(learned).session);
    target_.learned.transport.clear();
    announce("aes", Family::tapo_plug);
    random_ = FixedRandom(Buffer(16));
    Script announced({aes_good()});
    EXPECT_TRUE(climb(announced).session);
}

TEST_F(LadderTest, AesThatAnswers1003LeadsToKlap) {
    announce("aes", Family::tapo_plug);
    Script script({aes_reply(R"({"error_code":1003})"), klap_good()});
    EXPECT_EQ((*climb(script).session)->transport(), "klap2");
}

TEST_F(LadderTest, PlugOnTpapIsNamedWithTheWayOut) {
    be_plug();
    Script script({klap_reply(status(403)), aes_reply(R"({"error_code":1003})")});
    const Opened opened = climb(script);
    EXPECT_EQ(opened.session.error().code, Errc::unsupported);
    EXPECT_NE(opened.session.error().what.find("speaks TPAP"), std::string::npos);
    EXPECT_NE(opened.session.error().what.find("Third-Party Services"), std::string::npos);
    EXPECT_EQ(opened.attempts.size(), 3U);
}

TEST_F(LadderTest, AnnouncedTpapStillTriesKlap) {
    announce("tpap", Family::tapo_plug);
    Script script({klap_good()});
    EXPECT_TRUE(climb(script).session);
}

TEST_F(LadderTest, ForeignAccountEndsTheClimb) {
    target_.credentials.password = Secret("wrong");
    Script script({klap_good()});
    const Opened opened = climb(script);
    EXPECT_EQ(opened.session.error().code, Errc::auth_failed);
    EXPECT_EQ(opened.attempts.size(), 1U);
}

TEST_F(LadderTest, FactoryAccountIsLearned) {
    be_plug();
    const Buffer local = hex(klap(0), "/local_seed");
    const Buffer remote = hex(klap(0), "/remote_seed");
    const auto proof =
        klap_server_hash(KlapVersion::v2, local, remote, klap_auth_hash(KlapVersion::v2, "", ""));
    Script script({klap_reply(ok(std::string(as_text(concat({remote, proof})))))});
    EXPECT_EQ(climb(script).learned.factory_account, "the empty account");
}

TEST_F(LadderTest, KasaLanguagesAreNamed) {
    be_plug();
    Script script({klap_good(1), aes_reply("{}")});
    EXPECT_NE(climb(script).session.error().what.find("KLAP v1"), std::string::npos);
    target_.family = Family::kasa_plug;
    Script none({});
    EXPECT_EQ(climb(none).session.error().code, Errc::unsupported);
}

TEST_F(LadderTest, VacuumSpeaksKlapOverTls) {
    announce("klap2", Family::tapo_plug, true);
    target_.announced->port = 4433;
    Script script({klap_good()});
    EXPECT_EQ(climb(script).learned.certificate_sha256, "aa55");
    EXPECT_EQ(script.opened.at(0).port, 4433);
    EXPECT_EQ(script.opened.at(0).tls, net::Tls::device);
}

TEST_F(LadderTest, SleepingWebServerIsWokenOnce) {
    be_plug();
    int woken = 0;
    wake_ = [&](const std::string& host) { woken += host == "192.0.2.7" ? 1 : 100; };
    random_ = FixedRandom(concat({Buffer(16), hex(klap(0), "/local_seed"), Buffer(16)}));
    Script script({klap_reply(kUnreachable), klap_good()});
    EXPECT_TRUE(climb(script).session);
    EXPECT_EQ(woken, 1);
    random_ = FixedRandom(Buffer(64));
    Script dead({klap_reply(kUnreachable), klap_reply(kUnreachable)});
    EXPECT_EQ(climb(dead).session.error().code, Errc::unreachable);
}

TEST_F(LadderTest, CameraL3GoesOnWithTheProbe) {
    be_camera();
    target_.learned.certificate_sha256 = "aa55";
    const json::value& s = at(cameras(), "/secure_login/0");
    Script script({probe(ok(text(s, "/step1_reply_body_json")))});
    const Opened opened = climb(script);
    ASSERT_TRUE(opened.session);
    EXPECT_EQ(opened.learned, (Learned{"tapo3", "sha256", "aa55", ""}));
    EXPECT_EQ(script.opened.at(0).port, 443);
    EXPECT_EQ(script.opened.at(0).certificate_sha256, "aa55");
    script.add({"/", text(s, "/step2_request_body_json"), ok(text(s, "/step2_reply_body_json")), {}, {}});
    script.add({text(s, "/request_path_ascii"),
                text(s, "/requests/0/http_body_ascii"),
                ok(text(s, "/replies/0/http_body_ascii")),
                {{"Seq", "100"}},
                {}});
    const Request request{"getLensMaskConfig", json::parse(R"({"lens_mask":{"name":["lens_mask_info"]}})")};
    const auto answers = (*opened.session)->query({&request, 1}).value();
    EXPECT_EQ(answers[0].result->at_pointer("/lens_mask/lens_mask_info/enabled"), "off");
}

TEST_F(LadderTest, CameraL1IsTakenOnlyWhenNothingNewerWasAnnounced) {
    be_camera();
    Script plain({probe(ok(kL1))});
    EXPECT_EQ((*climb(plain).session)->transport(), "tapo1");
    for (const char* newer : {"tapo3", "tapo4"}) {
        be_camera();
        announce(newer, Family::tapo_camera, true);
        Script script({probe(ok(kL1))});
        EXPECT_EQ(climb(script).session.error().code, Errc::refused) << newer;
    }
}

TEST_F(LadderTest, CameraOnTpapAndVigiAreNamed) {
    be_camera();
    Script tpap({probe(ok(R"({"error_code":-40211})"))});
    EXPECT_NE(climb(tpap).session.error().what.find("speaks TPAP"), std::string::npos);
    be_camera();
    Script vigi({probe(ok(R"({"error_code":-40210})")),
                 {"/",
                  text(cameras(), "/vigi_rsa/get_encrypt_info_request_json"),
                  status(401, text(cameras(), "/vigi_rsa/get_encrypt_info_reply_json")),
                  {},
                  {}}});
    EXPECT_NE(climb(vigi).session.error().what.find("VIGI"), std::string::npos);
}

TEST_F(LadderTest, LockedCameraIsLeftAlone) {
    be_camera();
    Script script({probe(ok(R"({"error_code":-40401,"data":{"code":-40404,"sec_left":77}})"))});
    const Error error = climb(script).session.error();
    EXPECT_EQ(error.code, Errc::locked_out);
    EXPECT_EQ(error.retry_after, 77s);
}

TEST_F(LadderTest, UnknownDeviceIsAskedAsPlugThenAsCamera) {
    target_.credentials = {"me@example.com", Secret("correct horse")};
    random_ = FixedRandom(concat({Buffer(16), from_hex("0123456789ABCDEF").value()}));
    Script script(
        {klap_reply(kUnreachable), probe(ok(text(cameras(), "/secure_login/0/step1_reply_body_json")))});
    EXPECT_EQ((*climb(script).session)->transport(), "tapo3");
    EXPECT_EQ(script.opened.at(1).port, 443);
}

TEST_F(LadderTest, SentenceNamesEveryAttempt) {
    be_plug();
    Script script({klap_reply(status(404)), {"/app", std::nullopt, status(404), {}, {}}});
    const std::string what = climb(script).session.error().what;
    EXPECT_NE(what.find("KLAP"), std::string::npos);
    EXPECT_NE(what.find("AES"), std::string::npos);
}

TEST_F(LadderTest, CancelledClimbSendsNothing) {
    stop_.request_stop();
    Script script({});
    EXPECT_EQ(climb(script).session.error().code, Errc::cancelled);
}

} // namespace
} // namespace tplink::tapo
