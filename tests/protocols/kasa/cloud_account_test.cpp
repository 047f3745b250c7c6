// Every fault of the cloud ends in the action of the page's table, and never in a storm of logins.

#include "tests/protocols/kasa/fake_cloud.hpp"

namespace tplink::kasa {
namespace {

using namespace test;
constexpr const char* kPass = "/api/v2/common/passthrough";
constexpr const char* kRefresh = "/api/v2/account/refreshToken";

TEST(CloudAccount, LogsInWhenFirstNeededAndKeepsTheTokenOverARestart) {
    Rig rig;
    EXPECT_EQ(rig.cloud.asked.size(), 0U) << "nothing was needed yet";
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.logins(), 1U);
    EXPECT_EQ(rig.cloud.asked[0].host, "n-wap.i.tplinkcloud.com");
    EXPECT_EQ(rig.cloud.asked[1].host, "n-use1-wap.i.tplinkcloud.com") << "the server named at login";
    EXPECT_EQ(rig.cloud.asked[1].token, "T1");
    const auto terminal = rig.cloud.asked[0].body.at("terminalUUID");
    rig.start();
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.logins(), 1U);
    rig.cloud.token = "T2";
    rig.cloud.script[kRefresh] = {FakeCloud::code(-20655)};
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.asked.back().token, "T2");
    for (const Asked& each : rig.cloud.asked)
        if (const auto* sent = each.body.if_contains("terminalUUID")) {
            EXPECT_EQ(*sent, terminal);
        }
}

TEST(CloudAccount, TrustsPrivateAuthoritiesOnlyForTheVendorsHosts) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    for (const auto& http : rig.cloud.opened) {
        EXPECT_EQ(http.tls, net::Tls::public_);
        EXPECT_FALSE(http.ca_pem.empty());
    }
    rig.options.url = "https://127.0.0.1:9443";
    rig.options.ca_file = "/ca.pem";
    rig.cloud.opened.clear();
    rig.saved.clear();
    rig.start();
    rig.logins() = {FakeCloud::ok(R"({"error_code":0,"result":{"token":"T1"}})")};
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.opened.at(0).host, "127.0.0.1");
    EXPECT_EQ(rig.cloud.opened.at(0).port, 9443);
    EXPECT_TRUE(rig.cloud.opened.at(0).ca_pem.empty());
    EXPECT_EQ(rig.cloud.opened.at(0).ca_file, "/ca.pem");
}

TEST(CloudAccount, AConfiguredServerIsNotLeftForTheRealOne) {
    Rig rig;
    rig.options.url = "https://127.0.0.1:9443";
    rig.start();
    ASSERT_TRUE(rig.write());
    for (const Asked& each : rig.cloud.asked) EXPECT_EQ(each.host, "127.0.0.1");
}

TEST(CloudAccount, TellsWhatTheAccountHolds) {
    Rig rig;
    rig.cloud.script["/"] = {FakeCloud::ok(R"({"error_code":0,"result":{"deviceList":[{"deviceId":"A1","alias":"S8O8Y2hl","deviceModel":"EC70","status":1}]}})")};
    const auto devices = rig.account->devices({});
    ASSERT_TRUE(devices);
    ASSERT_EQ(devices->size(), 1U);
    EXPECT_EQ(devices->front().alias, "Küche");
    EXPECT_EQ(rig.cloud.asked.back().body.at("method"), json::value("getDeviceList"));
    EXPECT_EQ(rig.cloud.asked.back().token, "T1");
}

TEST(CloudAccount, NothingLeavesWhileTheGateIsClosed) {
    Rig rig(false);
    const auto reply = rig.write();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, Errc::cloud_disabled);
    EXPECT_TRUE(reply.error().aside);
    EXPECT_NE(reply.error().what.find("cloud.enabled"), std::string::npos);
    EXPECT_EQ(rig.account->submit_code("123456", {}).error().code, Errc::cloud_disabled);
    EXPECT_FALSE(rig.account->devices({}));
    EXPECT_EQ(rig.cloud.connects, 0U);
    EXPECT_EQ(rig.state(), CloudState::disabled);
    rig.guard.allow(true);
    ASSERT_TRUE(rig.write());
    rig.guard.allow(false, "local_only");
    EXPECT_EQ(rig.write().error().what, "local_only");
    EXPECT_EQ(rig.cloud.connects, 2U);
}

TEST(CloudAccount, AnExpiredTokenIsRenewedAndTheCommandSentOnceMore) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    rig.passthroughs() = {FakeCloud::code(-20651)};
    rig.cloud.refresh_token = "R2";
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.count(kRefresh), 1U);
    EXPECT_EQ(rig.cloud.logins(), 1U);
    EXPECT_EQ(rig.cloud.count(kPass), 3U) << "one good, one refused, one repeated";
    EXPECT_NE(rig.saved.find("R2"), std::string::npos) << "the rotated refresh token is kept";
}

TEST(CloudAccount, ARefreshTokenThatIsGoneMeansOneLogin) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    for (const int code : {-20655, -20656}) {
        rig.passthroughs() = {FakeCloud::code(-20652)};
        rig.cloud.script[kRefresh] = {FakeCloud::code(code)};
        ASSERT_TRUE(rig.write());
    }
    EXPECT_EQ(rig.cloud.logins(), 3U);
}

TEST(CloudAccount, ATokenRefusedAgainIsNotChasedFurther) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    rig.passthroughs() = {FakeCloud::code(-20651), FakeCloud::code(-20651)};
    EXPECT_FALSE(rig.write());
    EXPECT_EQ(rig.cloud.count(kPass), 3U);
}

TEST(CloudAccount, AnotherLoginElsewhereIsAnsweredOnceThenPaused) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    rig.passthroughs() = {FakeCloud::code(-20675)};
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.logins(), 2U);
    rig.clock.passed += 5min;
    rig.passthroughs() = {FakeCloud::code(-20675)};
    EXPECT_EQ(rig.write().error().code, Errc::refused);
    EXPECT_EQ(rig.state(), CloudState::contested);
    const auto sent = rig.cloud.asked.size();
    rig.clock.passed += 14min;
    EXPECT_FALSE(rig.write());
    EXPECT_EQ(rig.cloud.asked.size(), sent) << "15 minutes of silence";
    rig.clock.passed += 2min;
    EXPECT_TRUE(rig.write());
    EXPECT_EQ(rig.state(), CloudState::ok);
}

TEST(CloudAccount, ARefusedPasswordStopsEverythingUntilItIsChanged) {
    for (const std::string body : {R"({"error_code":-20601})", R"({"error_code":0,"result":{"errorCode":"-20601"}})", R"({"error_code":-20661})"}) {
        Rig rig;
        rig.logins() = {FakeCloud::ok(body)};
        const auto refused = rig.write();
        const bool locked = body.find("-20661") != std::string::npos;
        EXPECT_EQ(refused.error().code, locked ? Errc::locked_out : Errc::auth_failed);
        EXPECT_EQ(rig.state(), locked ? CloudState::locked : CloudState::auth_failed);
        for (int hour = 0; hour < 23; ++hour) {
            rig.clock.passed += 1h;
            rig.start();  // a crash loop must not try again either
            EXPECT_FALSE(rig.write());
        }
        EXPECT_EQ(rig.cloud.asked.size(), 1U);
        rig.options.account.password = Secret("corrected");
        rig.start();
        EXPECT_TRUE(rig.write());
        EXPECT_EQ(rig.state(), CloudState::ok);
    }
}

TEST(CloudAccount, ThreeLoginsAnHourWhateverHappens) {
    Rig rig;
    for (int restart = 0; restart < 20; ++restart) {
        rig.saved = rig.saved.empty() ? "" : [&] {  // tokens lost, as by a broken file; the count stays
            json::object all = json::parse(rig.saved).as_object();
            all.erase("tapo");
            return json::serialize(all);
        }();
        rig.start();
        (void)rig.write();
        rig.clock.passed += 1min;
    }
    EXPECT_EQ(rig.cloud.logins(), 3U);
    EXPECT_EQ(rig.state(), CloudState::rate_limited);
    rig.clock.passed += 1h;
    EXPECT_TRUE(rig.write());
}

TEST(CloudAccount, RateLimitsBackOffForAllCalls) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    long pause_before = 0;
    for (const long minutes : {1, 2, 4, 8, 16, 32, 60, 60}) {
        rig.passthroughs() = {FakeCloud::code(-20004)};
        EXPECT_EQ(rig.write().error().code, Errc::refused);
        const auto pause = rig.account->status().next_try.value() - rig.clock.wall();
        EXPECT_GE(pause, std::chrono::minutes(minutes) - 1s);
        EXPECT_LE(pause, std::chrono::seconds(minutes * 75) + 1s);
        EXPECT_GE(std::chrono::duration_cast<std::chrono::seconds>(pause).count(), std::min(pause_before, 3600L) - 1);
        pause_before = minutes * 60;
        const auto sent = rig.cloud.asked.size();
        EXPECT_FALSE(rig.account->devices({}));
        EXPECT_FALSE(rig.read());
        EXPECT_EQ(rig.cloud.asked.size(), sent);
        rig.clock.passed += std::chrono::duration_cast<std::chrono::milliseconds>(pause) + 1s;
    }
    EXPECT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.logins(), 1U);
}

TEST(CloudAccount, ServerTroubleIsRetriedForReadsOnly) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    rig.passthroughs() = {FakeCloud::status(500), FakeCloud::ok("garbage")};
    EXPECT_TRUE(rig.read());
    EXPECT_EQ(rig.cloud.count(kPass), 4U);
    rig.passthroughs() = {FakeCloud::status(503)};
    const auto lost = rig.write();
    EXPECT_EQ(lost.error().code, Errc::timeout);
    EXPECT_EQ(rig.cloud.count(kPass), 5U) << "a write is not repeated blindly";
    rig.passthroughs() = {FakeCloud::code(-20002), FakeCloud::code(-20002), FakeCloud::code(-20002)};
    EXPECT_FALSE(rig.read());
    EXPECT_EQ(rig.cloud.count(kPass), 8U);
    EXPECT_EQ(rig.cloud.logins(), 1U);
    EXPECT_EQ(rig.state(), CloudState::ok);
}

TEST(CloudAccount, ALostNetworkCostsNeitherLoginsNorTheToken) {
    Rig rig;
    rig.cloud.reachable = false;
    for (int i = 0; i < 10; ++i) EXPECT_EQ(rig.write().error().code, Errc::unreachable);
    EXPECT_EQ(rig.state(), CloudState::unreachable);
    rig.cloud.reachable = true;
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.logins(), 1U);
    rig.cloud.reachable = false;
    EXPECT_FALSE(rig.read());
    rig.cloud.reachable = true;
    EXPECT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.logins(), 1U);
}

TEST(CloudAccount, ADayWithoutTheCloudIsQuiet) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    rig.cloud.reachable = false;
    const auto before = rig.cloud.connects;
    for (int poll = 0; poll < 24 * 360; ++poll) {  // every 10 s
        EXPECT_FALSE(rig.read(CloudUrgency::poll));
        rig.clock.passed += 10s;
    }
    EXPECT_LE(rig.cloud.connects - before, 120U) << "at most one attempt in about a quarter of an hour";
    EXPECT_GE(rig.cloud.connects - before, 60U) << "and yet it is tried";
    EXPECT_EQ(rig.cloud.logins(), 1U);
    rig.cloud.reachable = true;
    rig.clock.passed += 20min;
    EXPECT_TRUE(rig.read(CloudUrgency::poll));
}

TEST(CloudAccount, AWrongCertificateIsNamedAndSendsNoPassword) {
    Rig rig;
    rig.logins() = {fail(Errc::certificate_changed, "TLS: the server's certificate is not trusted (self-signed; issuer /CN=proxy)")};
    const auto reply = rig.write();
    EXPECT_EQ(reply.error().code, Errc::certificate_changed);
    EXPECT_NE(reply.error().what.find("/CN=proxy"), std::string::npos);
    EXPECT_EQ(rig.state(), CloudState::tls_untrusted);
    EXPECT_TRUE(rig.write()) << "the next good certificate is taken";
}

TEST(CloudAccount, AnotherRegionIsFollowedOnceAndOnlyToTheVendor) {
    Rig rig;
    rig.logins() = {FakeCloud::ok(R"({"error_code":0,"result":{"errorCode":-20212,"appServerUrl":"https://n-aps1-wap-gw.tplinkcloud.com"}})"),
                    FakeCloud::ok(R"({"error_code":0,"result":{"token":"T1"}})")};
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.asked.at(1).host, "n-aps1-wap-gw.tplinkcloud.com");
    EXPECT_EQ(rig.cloud.asked.at(2).host, "n-aps1-wap-gw.tplinkcloud.com");

    Rig loop;
    const auto there = FakeCloud::ok(R"({"error_code":-20212,"result":{"appServerUrl":"https://n-euw1-wap.i.tplinkcloud.com"}})");
    loop.logins() = {there, there, there};
    EXPECT_FALSE(loop.write());
    EXPECT_EQ(loop.cloud.logins(), 2U);

    Rig foreign;
    foreign.logins() = {FakeCloud::ok(R"({"error_code":0,"result":{"errorCode":"-20212","appServerUrl":"https://n-aps1.example.org"}})")};
    const auto refused = foreign.write();
    EXPECT_EQ(refused.error().code, Errc::refused);
    EXPECT_NE(refused.error().what.find("example.org"), std::string::npos);
    for (const Asked& each : foreign.cloud.asked) EXPECT_TRUE(is_cloud_host(each.host)) << each.host;
}

TEST(CloudAccount, KeysThatAreRefusedNameTheOption) {
    Rig rig;
    rig.logins() = {FakeCloud::code(-10301)};
    const auto reply = rig.write();
    EXPECT_NE(reply.error().what.find("cloud.keys"), std::string::npos);
    EXPECT_EQ(rig.state(), CloudState::rejected);
    EXPECT_FALSE(rig.write());
    EXPECT_EQ(rig.cloud.asked.size(), 1U);
}

const auto kMfa = FakeCloud::ok(R"({"error_code":0,"result":{"errorCode":"-20677","errorMsg":"x","MFAProcessId":"0123456789abcdef0123456789abcdef","supportedMFATypes":[1,2]}})");

TEST(CloudAccount, TheSecondFactorIsAskedForOnceAndSurvivesARestart) {
    Rig rig;
    rig.logins() = {kMfa};
    EXPECT_EQ(rig.write().error().code, Errc::auth_failed);
    EXPECT_EQ(rig.state(), CloudState::mfa_needed);
    EXPECT_EQ(rig.cloud.count("/api/v2/account/getEmailVC4TerminalMFA"), 1U);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(rig.write());
    EXPECT_EQ(rig.cloud.asked.size(), 2U) << "no second login, no second mail";
    rig.clock.passed += 5min;
    rig.start();
    EXPECT_FALSE(rig.write());
    EXPECT_EQ(rig.cloud.asked.size(), 2U);
    EXPECT_FALSE(rig.account->submit_code("12 45", {}));
    rig.cloud.script["/api/v2/account/checkMFACodeAndLogin"] = {FakeCloud::code(-20676)};
    EXPECT_EQ(rig.account->submit_code("111111", {}).error().code, Errc::refused);
    EXPECT_EQ(rig.state(), CloudState::mfa_needed);
    ASSERT_TRUE(rig.account->submit_code("123456", {}));
    const json::object& sent = rig.cloud.asked.back().body;
    EXPECT_EQ(sent.at("code"), json::value("123456"));
    EXPECT_EQ(sent.at("MFAProcessId"), json::value("0123456789abcdef0123456789abcdef"));
    EXPECT_EQ(sent.at("MFAType"), json::value(2));
    EXPECT_EQ(rig.state(), CloudState::ok);
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.logins(), 1U);
    EXPECT_EQ(rig.account->submit_code("123456", {}).error().what, "no login is waiting for a code");
}

TEST(CloudAccount, ACameraOfflineInOneCloudIsLookedForInTheOtherOnce) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    rig.passthroughs() = {FakeCloud::code(-20571), FakeCloud::code(-20571), FakeCloud::code(-20571)};
    ASSERT_TRUE(rig.write()) << "the Kasa cloud knows it";
    EXPECT_EQ(rig.cloud.asked.back().path, "/");
    EXPECT_EQ(rig.cloud.asked.back().body.at("method"), json::value("passthrough"));
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.asked.back().path, "/") << "remembered";
    rig.cloud.script["/"] = {FakeCloud::code(-20571), FakeCloud::code(-20571)};
    EXPECT_EQ(rig.write().error().code, Errc::unreachable);
    EXPECT_EQ(rig.write().error().code, Errc::unreachable);
    EXPECT_EQ(rig.state(), CloudState::ok) << "the camera's trouble, not the account's";
    EXPECT_EQ(rig.cloud.logins(), 2U);
}

TEST(CloudAccount, AForeignCameraIsThatCamerasTroubleOnly) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    rig.passthroughs() = {FakeCloud::code(-20580)};
    EXPECT_EQ(rig.write().error().code, Errc::refused);
    EXPECT_EQ(rig.state(), CloudState::ok);
    EXPECT_TRUE(rig.write());
}

TEST(CloudAccount, PollsAreFewAndCommandsAreNot) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    int good = 0;
    for (int i = 0; i < 100; ++i) good += rig.read(CloudUrgency::poll) ? 1 : 0;
    EXPECT_EQ(good, 30);
    EXPECT_TRUE(rig.write());
}

TEST(CloudAccount, AnswersOfThePassthrough) {
    const json::value vectors = tplink::test::load_vectors("kasa_cloud.json");
    for (const auto& entry : vectors.at("passthrough_answers").as_array()) {
        Rig rig;
        ASSERT_TRUE(rig.write());
        const std::string expect(entry.at("expect").as_string());
        rig.passthroughs() = {FakeCloud::ok(json::serialize(entry.at("body")))};
        if (expect == "offline") rig.cloud.script["/"] = {FakeCloud::code(-20571)};
        const auto reply = rig.write();
        const bool brought = expect == "ok" || expect.starts_with("device error") || expect.starts_with("renew");
        const bool truncated = entry.at("name").as_string() == "truncated responseData";
        EXPECT_EQ(reply.has_value(), brought || (!truncated && expect == "failure")) << entry.at("name");  // a bare {} is judged by the session
    }
}

TEST(CloudAccount, NoSecretInAnySentence) {
    for (const int code : {-20601, -20661, -10301, -20004, -20571, -20580, -20003, -10100, -20212, -4711}) {
        Rig rig;
        rig.logins() = {FakeCloud::code(code)};
        const auto reply = rig.write();
        const std::string what = (reply ? "" : reply.error().what) + rig.account->status().message;
        for (const std::string& secret : {std::string("Secret-Pass%1"), std::string("kasa.user"), rig.cloud.token, tapo_app_key().secret.reveal()})
            EXPECT_EQ(what.find(secret), std::string::npos) << what;
    }
}

TEST(CloudAccount, AnotherAccountStartsAfreshOnTheSameTerminal) {
    Rig rig;
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.saved.find("Secret-Pass"), std::string::npos);
    EXPECT_EQ(rig.saved.find("kasa.user"), std::string::npos);
    rig.options.account.username = "other@example.com";
    rig.start();
    ASSERT_TRUE(rig.write());
    EXPECT_EQ(rig.cloud.logins(), 2U);
    EXPECT_EQ(rig.cloud.asked.at(0).body.at("terminalUUID"), rig.cloud.asked.at(2).body.at("terminalUUID"));
}

TEST(CloudMemory, GarbageIsAFreshStart) {
    tplink::test::CountingRandom random;
    for (const char* text : {"", "{", "[]", R"({"terminal":7,"logins":"x","state":9,"tapo":[]})"}) {
        const CloudMemory memory = recall(text, {"a@example.com", Secret("x")}, random);
        EXPECT_EQ(memory.terminal.size(), 32U);
        EXPECT_EQ(memory.state, CloudState::ok);
    }
}

}  // namespace
}  // namespace tplink::kasa
