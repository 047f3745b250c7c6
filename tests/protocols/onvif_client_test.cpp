// ONVIF: the digest against the published example, notifications of the field, and the life of a subscription.

#include <gtest/gtest.h>

#include "protocols/onvif/pull_point.hpp"
#include "protocols/onvif/xml.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_http.hpp"

namespace tplink::onvif {
namespace {

std::string wrap(const std::string& body) {
    return R"(<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema"><SOAP-ENV:Header/><SOAP-ENV:Body>)" +
           body + "</SOAP-ENV:Body></SOAP-ENV:Envelope>";
}
std::string message(const std::string& topic, const std::string& items, const std::string& operation = "Changed") {
    return "<wsnt:NotificationMessage><wsnt:Topic Dialect=\"x\">" + topic + "</wsnt:Topic><wsnt:Message><tt:Message UtcTime=\"2026-11-20T10:00:00Z\" PropertyOperation=\"" +
           operation + "\"><tt:Source><tt:SimpleItem Name=\"Rule\" Value=\"MyRule\"/></tt:Source><tt:Data>" + items + "</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>";
}
std::string item(const std::string& name, const std::string& value) { return "<tt:SimpleItem Name=\"" + name + "\" Value=\"" + value + "\"/>"; }
std::string fault(const std::string& code) {
    return wrap("<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>ter:" + code +
                "</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang=\"en\">Wrong &amp; refused</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>");
}
const std::string kClock = wrap(
    "<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Time><Hour>7</Hour><Minute>50</Minute><Second>45</Second></Time>"
    "<Date><Year>2010</Year><Month>9</Month><Day>16</Day></Date></UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>");
const std::string kSubscribed = wrap(
    "<CreatePullPointSubscriptionResponse><SubscriptionReference><wsa:Address>http://192.168.0.60:2020/event-0_2020</wsa:Address></SubscriptionReference></CreatePullPointSubscriptionResponse>");

std::vector<Detection> seen(const std::string& body) {
    const auto reply = parse_reply(wrap("<PullMessagesResponse>" + body + "</PullMessagesResponse>"));
    EXPECT_TRUE(reply) << reply.error().what;
    std::vector<Detection> out;
    for (const Notification& notification : notifications(*reply))
        for (const Detection& detection : detections(notification)) out.push_back(detection);
    return out;
}

TEST(Onvif, TheDigestIsThatOfTheProgrammersGuide) {
    const auto nonce = base64_decode("LKqI6G/AikKCQrN0zqZFlg==");
    ASSERT_TRUE(nonce);
    EXPECT_EQ(password_digest(*nonce, "2010-09-16T07:50:45Z", "userpassword"), "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
}

TEST(Onvif, TheItemTellsTheKindWhateverTheTopic) {
    const auto all = seen(message("tns1:RuleEngine/CellMotionDetector/Motion", item("IsMotion", "true")) +
                          message("tns1:RuleEngine/CellMotionDetector/People", item("IsPeople", "1") + item("IsVehicle", "false")) +
                          message("tns1:RuleEngine/TPSmartEvent/IsPersonDetection", item("State", "true")) +
                          message("tns1:AudioAnalytics/Audio/DetectedSound", item("State", "true")) + message("tns1:Device/Trigger", item("Level", "3")));
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all[0].kind, "motion");
    EXPECT_EQ(all[1].kind, "person");
    EXPECT_TRUE(all[1].active);
    EXPECT_EQ(all[2].kind, "vehicle");
    EXPECT_FALSE(all[2].active);
    EXPECT_EQ(all[3].kind, "person");
    EXPECT_EQ(all[4].kind, "baby_cry");
}

TEST(Onvif, TheStateAtSubscriptionIsNoEvent) {
    EXPECT_TRUE(seen(message("tns1:RuleEngine/CellMotionDetector/Motion", item("IsMotion", "true"), "Initialized")).empty());
}

TEST(Onvif, HostileRepliesAreRefused) {
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "<a>";
    for (const std::string& text : {std::string(), std::string("<"), std::string("plain"), wrap("<a"), deep, "<Envelope>" + deep, std::string("<Body/>"), std::string(2U << 20, 'x')})
        EXPECT_FALSE(parse_reply(text)) << text.substr(0, 40);
    EXPECT_EQ(parse_reply(fault("NotAuthorized")).error().code, Errc::auth_failed);
    EXPECT_EQ(parse_reply(fault("ActionNotSupported")).error().code, Errc::refused);
}

TEST(Onvif, TextIsWrittenAsXmlTakesIt) {
    EXPECT_EQ(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&apos;");
    EXPECT_EQ(escaped("T\u00fcr \U0001F514 \u20ac"), "T\u00fcr \U0001F514 \u20ac");
    EXPECT_EQ(escaped("a\tb\r\nc"), "a&#9;b&#13;&#10;c");
    EXPECT_EQ(escaped(std::string_view("\0a\x01\x08\x0b\x1f" "b", 7)), "ab") << "control characters";
    EXPECT_EQ(escaped("\xff" "a\xc0\xafz\xe2\x82"), "az") << "no UTF-8";
    EXPECT_EQ(escaped("\xed\xa0\x80x\xef\xbf\xbf"), "x") << "surrogates and what is no character";
}

TEST(Onvif, OnlyThePathOfAnAddressCounts) {
    EXPECT_EQ(path_of("http://192.168.0.60:2020/event-0_2020"), "/event-0_2020");
    EXPECT_EQ(path_of("/event"), "/event");
    EXPECT_EQ(path_of("http://192.168.0.60:2020"), "");
    EXPECT_EQ(path_of(""), "");
}

struct PullPointFixture : ::testing::Test {
    test::FakeClock clock;
    test::CountingRandom random;
    PullPointOptions options(test::Script& script) {
        PullPointOptions out;
        out.host = "127.0.0.9";
        out.account = {"camera", Secret("userpassword")};
        out.make_client = script.factory();
        return out;
    }
};
using PullPointLife = PullPointFixture;

TEST_F(PullPointLife, SubscribesWithTheCamerasTimePullsRenewsAndLeaves) {
    std::string token;
    const auto keep = [&](const net::HttpRequest& request) {
        token = request.body;
        return test::ok(kSubscribed);
    };
    test::Script script({{.path = "/onvif/device_service", .body = {}, .reply = test::ok(kClock), .headers = {}, .answer = {}},
                         {.path = "/onvif/service", .body = {}, .headers = {}, .answer = keep},
                         {.path = "/event-0_2020", .body = {}, .reply = test::ok(wrap(message("t", item("IsMotion", "true")))), .headers = {}, .answer = {}}});
    PullPoint point(options(script), clock, random);
    const auto first = point.pull();
    ASSERT_TRUE(first) << first.error().what;
    ASSERT_EQ(first->size(), 1U);
    EXPECT_NE(token.find("<wsu:Created>2010-09-16T07:50:45Z</wsu:Created>"), std::string::npos) << token;
    EXPECT_EQ(token.find("userpassword"), std::string::npos);

    clock.passed += std::chrono::minutes(9);
    script.add({.path = "/event-0_2020", .body = {}, .reply = test::ok(wrap("<RenewResponse/>")), .headers = {}, .answer = {}});
    script.add({.path = "/event-0_2020", .body = {}, .reply = test::ok(wrap("<PullMessagesResponse/>")), .headers = {}, .answer = {}});
    const auto second = point.pull();
    ASSERT_TRUE(second) << second.error().what;
    EXPECT_TRUE(second->empty());

    script.add({.path = "/event-0_2020", .body = {}, .reply = test::ok(wrap("<UnsubscribeResponse/>")), .headers = {}, .answer = {}});
    point.unsubscribe();
}

TEST_F(PullPointLife, ADroppedPullIsNoNewsAndThreeAreAnOutage) {
    const Result<net::HttpResponse> dropped = fail(Errc::unreachable, "connection reset");
    test::Script script({{.path = "/onvif/device_service", .body = {}, .reply = test::ok(kClock), .headers = {}, .answer = {}},
                         {.path = "/onvif/service", .body = {}, .reply = test::ok(kSubscribed), .headers = {}, .answer = {}}});
    for (int i = 0; i < 3; ++i) script.add({.path = "/event-0_2020", .body = {}, .reply = dropped, .headers = {}, .answer = {}});
    PullPoint point(options(script), clock, random);
    EXPECT_TRUE(point.pull());
    EXPECT_TRUE(point.pull());
    EXPECT_FALSE(point.pull());
}

TEST_F(PullPointLife, AClockSetAnewIsNoWrongPassword) {
    test::Script script({{.path = "/onvif/device_service", .body = {}, .reply = test::ok(kClock), .headers = {}, .answer = {}},
                         {.path = "/onvif/service", .body = {}, .reply = test::ok(kSubscribed), .headers = {}, .answer = {}},
                         {.path = "/event-0_2020", .body = {}, .reply = test::status(400, fault("NotAuthorized")), .headers = {}, .answer = {}},
                         {.path = "/onvif/device_service", .body = {}, .reply = test::ok(kClock), .headers = {}, .answer = {}},
                         {.path = "/onvif/service", .body = {}, .reply = test::ok(kSubscribed), .headers = {}, .answer = {}}});
    PullPoint point(options(script), clock, random);
    EXPECT_TRUE(point.pull());
}

TEST_F(PullPointLife, AWrongCameraAccountIsSaid) {
    test::Script script({{.path = "/onvif/device_service", .body = {}, .reply = test::ok(kClock), .headers = {}, .answer = {}},
                         {.path = "/onvif/service", .body = {}, .reply = test::status(400, fault("NotAuthorized")), .headers = {}, .answer = {}}});
    PullPoint point(options(script), clock, random);
    const auto pulled = point.pull();
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().code, Errc::auth_failed);
}

}  // namespace
}  // namespace tplink::onvif
