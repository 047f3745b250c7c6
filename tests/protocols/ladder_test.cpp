#include "protocols/tapo/ladder.hpp"

#include <gtest/gtest.h>

#include "protocols/kasa/xor.hpp"
#include "protocols/tapo/camera_secure.hpp"
#include "protocols/tapo/klap.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_http.hpp"
#include "tests/protocols/scripted_tcp.hpp"
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
Step tpap(std::string body) { return {"/", std::nullopt, ok(std::move(body)), {}, {}}; }
Step aes_good() { return aes_reply(text(plugs(), "/aes/handshake_response")); }
Step probe(Result<net::HttpResponse> reply) {
    return {"/", text(cameras(), "/secure_login/0/step1_request_body_json"), std::move(reply), {}, {}};
}
const std::string kL1 = R"({"error_code":-40401,"result":{"data":{"code":-40401,"encrypt_type":["1","2"]}}})";
const auto kUnreachable = Result<net::HttpResponse>(fail(Errc::unreachable, "connection refused"));

class LadderTest : public ::testing::Test {
protected:
    Opened climb(Script& script) {
        LadderDeps deps{
            .http = script.factory(),
            .tcp = [this] { return std::make_unique<ScriptedConnector>(std::exchange(tcp_, {}), 9999); },
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
    std::deque<TcpScript> tcp_;
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

TEST_F(LadderTest, RefusedEverywhereMeansCompatibilityIsOff) {
    be_plug();
    Script script(
        {klap_reply(status(403)), tpap(R"({"error_code":-40209})"), aes_reply(R"({"error_code":1003})")});
    const Opened opened = climb(script);
    EXPECT_EQ(opened.session.error().code, Errc::unsupported);
    EXPECT_TRUE(opened.session.error().what.starts_with("third-party compatibility is off"))
        << opened.session.error().what;
    EXPECT_NE(opened.session.error().what.find("Third-Party Services"), std::string::npos);
    EXPECT_EQ(opened.attempts.size(), 4U);
}

TEST_F(LadderTest, ForbiddenKlapLeadsToTpapAndItsLogin) {
    be_plug();
    const json::value& s = at(plugs(), "/tpap/sessions/0");
    random_ = FixedRandom(concat(
        {Buffer(16), base64_decode(text(s, "/user_random_b64")).value(),
         from_hex("1f2e3d4c5b6a79881726354453627180aabbccddeeff00112233445566778899").value(), Buffer(32)}));
    const json::object registered{{"error_code", 0}, {"result", at(s, "/register_result")}};
    const json::object shared{
        {"error_code", 0},
        {"result",
         {{"dev_confirm", at(s, "/expected_dev_confirm_b64")}, {"stok", "abc"}, {"start_seq", 1000}}}};
    Script script(
        {klap_reply(status(403)),
         tpap(R"({"error_code":0,"result":{"mac":"5C-A6-E6-01-02-03","tpap":{"tls":0,"pake":[2]}}})"),
         tpap(json::serialize(registered)), tpap(json::serialize(shared))});
    const Opened opened = climb(script);
    ASSERT_TRUE(opened.session) << opened.session.error().what;
    EXPECT_EQ((*opened.session)->transport(), "tpap");
    EXPECT_EQ(opened.learned.transport, "tpap");
    EXPECT_EQ(opened.family, Family::tapo_plug);
}

TEST_F(LadderTest, AWrongPasswordOnTpapIsOneAttempt) {
    be_plug();
    random_ = FixedRandom(Buffer(200, std::byte{7}));
    const json::object registered{{"error_code", 0},
                                  {"result", at(plugs(), "/tpap/sessions/0/register_result")}};
    Script script({klap_reply(status(403)),
                   tpap(R"({"error_code":0,"result":{"mac":"5C-A6-E6-01-02-03","tpap":{"pake":[2]}}})"),
                   tpap(json::serialize(registered)), tpap(R"({"error_code":-1501})")});
    const Opened opened = climb(script);
    EXPECT_EQ(opened.session.error().code, Errc::auth_failed);
    EXPECT_EQ(opened.session.error().device_code, -1501);
}

TEST_F(LadderTest, TpapThatPrefersKlapGetsIt) {
    announce("tpap", Family::tapo_plug);
    Script script(
        {tpap(R"({"result":{"sub_method":"discover","tpap_preferred":false},"error_code":0})"), klap_good()});
    EXPECT_EQ((*climb(script).session)->transport(), "klap2");
}

TEST_F(LadderTest, BlockedTpapWaits) {
    announce("tpap", Family::tapo_plug);
    Script script({tpap(R"({"error_code":-40404})")});
    const Error error = climb(script).session.error();
    EXPECT_EQ(error.code, Errc::locked_out);
    EXPECT_GE(error.retry_after, 60s);
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

TEST_F(LadderTest, KlapV1CarriesIot) {
    be_plug();
    Script script({klap_good(1)});
    const Opened opened = climb(script);
    EXPECT_EQ((*opened.session)->transport(), "klap1");
    EXPECT_EQ(opened.family, Family::kasa_plug);
}

TEST_F(LadderTest, KlapV2CarriesIotWhenAnnouncedOrLearned) {
    announce("klap2-iot", Family::kasa_plug);
    target_.announced->iot = true;
    Script announced({klap_good()});
    EXPECT_EQ(climb(announced).learned.transport, "klap2-iot");
    target_.announced.reset();
    target_.learned.transport = "klap2-iot";
    random_ = FixedRandom(concat({hex(klap(0), "/local_seed"), Buffer(64)}));
    Script learned({klap_good()});
    EXPECT_EQ((*climb(learned).session)->transport(), "klap2-iot");
}

const std::string kSysinfo =
    R"({"system":{"get_sysinfo":{"type":"IOT.SMARTPLUGSWITCH","mac":"50:C7:BF:00:00:01"}}})";

TcpScript xor_answer() {
    const auto framed = [](std::string_view plain) { return std::string(as_text(kasa::xor_frame(plain))); };
    return {expect(framed(R"({"system":{"get_sysinfo":{}}})")), test::reply(framed(kSysinfo))};
}

TEST_F(LadderTest, KasaDevicesAreAskedOnTheirOwnPortFirst) {
    target_.host = "192.168.1.20";
    target_.family = Family::kasa_plug;
    tcp_ = {xor_answer()};
    Script script({});
    const Opened opened = climb(script);
    ASSERT_TRUE(opened.session) << opened.session.error().what;
    EXPECT_EQ((*opened.session)->transport(), "xor");
    EXPECT_EQ(opened.learned, (Learned{"xor", "", "", "", 9999}));
}

TEST_F(LadderTest, AnUnknownDeviceWithoutAWebServerIsAskedOnPort9999) {
    target_.host = "192.168.1.20";
    tcp_ = {xor_answer()};
    Script script({klap_reply(kUnreachable)});
    const Opened opened = climb(script);
    ASSERT_TRUE(opened.session) << opened.session.error().what;
    EXPECT_EQ(opened.family, Family::kasa_plug);
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
    EXPECT_EQ(opened.learned, (Learned{"tapo3", "sha256", "aa55", "", 443}));
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

TEST_F(LadderTest, CameraOnL4LogsInWithTheFormOfItsVector) {
    be_camera();
    for (const std::size_t index : {0U, 1U}) {
        const json::value& e = at(cameras(), "/tpap_camera/exchanges/" + std::to_string(index));
        SCOPED_TRACE(text(e, "/name"));
        if (index == 1) target_.learned.hash_form = "sha256"; // as L3 taught
        random_ =
            FixedRandom(concat({from_hex("0123456789ABCDEF").value(),
                                base64_decode(text(e, "/user_random_base64")).value(), hex(e, "/x_hex")}));
        const json::object registered{{"error_code", 0}, {"result", at(e, "/pake_register_result")}};
        const json::object shared{{"error_code", 0}, {"result", at(e, "/pake_share_result")}};
        Script script({probe(ok(R"({"error_code":-40211})")),
                       {"/", text(e, "/pake_register_request_json"), ok(json::serialize(registered)), {}, {}},
                       {"/", text(e, "/pake_share_request_json"), ok(json::serialize(shared)), {}, {}}});
        const Opened opened = climb(script);
        ASSERT_TRUE(opened.session) << opened.session.error().what;
        EXPECT_EQ((*opened.session)->transport(), "tapo4");
        EXPECT_EQ(opened.learned.hash_form, index == 0 ? "md5" : "sha256");
        script.add({"/stok=" + text(e, "/pake_share_result/stok") + "/ds",
                    std::string(as_text(hex(e, "/requests/0/http_body_hex"))),
                    ok(std::string(as_text(hex(e, "/reply/http_body_hex")))),
                    {{"Accept", "application/octet-stream"}},
                    {}});
        const Request request{"getLensMaskConfig",
                              json::parse(R"({"lens_mask":{"name":["lens_mask_info"]}})")};
        const auto answers = (*opened.session)->query({&request, 1}).value();
        EXPECT_EQ(answers[0].result->at_pointer("/lens_mask/lens_mask_info/enabled"), "off");
        EXPECT_EQ((*opened.session)->call({"do", json::object{}}).error().code, Errc::unsupported);
    }
}

TEST_F(LadderTest, VigiIsAskedWhenItIsNoTapoCamera) {
    be_camera();
    const Step question{"/",
                        text(cameras(), "/vigi_rsa/get_encrypt_info_request_json"),
                        status(401, text(cameras(), "/vigi_rsa/get_encrypt_info_reply_json")),
                        {},
                        {}};
    Script script({probe(ok(R"({"error_code":-40210})")), question});
    const Opened opened = climb(script);
    EXPECT_EQ((*opened.session)->transport(), "vigi");
    EXPECT_EQ(opened.family, Family::vigi_camera);
    target_.family = Family::vigi_camera;
    Script configured({question});
    EXPECT_EQ((*climb(configured).session)->transport(), "vigi");
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
    tcp_ = {{closed()}};
    target_.host = "192.168.1.20";
    Script script(
        {klap_reply(kUnreachable), probe(ok(text(cameras(), "/secure_login/0/step1_reply_body_json")))});
    EXPECT_EQ((*climb(script).session)->transport(), "tapo3");
    EXPECT_EQ(script.opened.at(1).port, 443);
}

TEST_F(LadderTest, SentenceNamesEveryAttempt) {
    be_plug();
    Script script({klap_reply(status(404)),
                   {"/app", std::nullopt, status(404), {}, {}},
                   {"/", std::nullopt, status(404), {}, {}}});
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
