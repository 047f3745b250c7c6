#include "protocols/kasa/iot_session.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "protocols/kasa/iot.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/line_transport.hpp"

namespace tplink::kasa {
namespace {

using namespace tplink::test;

class IotSessionTest : public ::testing::Test {
protected:
    IotSession make(std::string_view name = "xor") {
        return {std::make_unique<LineTransport>(line_, name), clock_};
    }
    void reply(std::string text) { line_.replies.emplace_back(std::move(text)); }
    void reply_sysinfo() {
        reply(R"x({"system":{"get_sysinfo":{"err_code":0,"type":"IOT.SMARTPLUGSWITCH","mac":"50:C7:BF:00:00:01",
            "model":"HS110(EU)","deviceId":"8006","alias":"Lamp","sw_ver":"1.2.5","hw_ver":"2.0",
            "feature":"TIM:ENE","dev_name":"Wi-Fi Smart Plug With Energy Monitoring"}}})x");
    }
    std::string sent(std::size_t index) { return json::serialize(line_.sent.at(index)); }
    Line line_;
    FakeClock clock_;
};

TEST_F(IotSessionTest, IdentifiesFromSysinfo) {
    IotSession session = make();
    reply_sysinfo();
    const Identity identity = session.identify().value();
    EXPECT_EQ(identity.mac, "50c7bf000001");
    EXPECT_EQ(identity.model, "HS110");
    EXPECT_EQ(identity.name, "Lamp");
    EXPECT_EQ(identity.firmware, "1.2.5");
    EXPECT_EQ(identity.device_id, "8006");
    ASSERT_EQ(identity.components.size(), 3U);
    EXPECT_EQ(identity.components[0].name, "plug");
    EXPECT_EQ(identity.components[2].name, "ENE");
}

TEST_F(IotSessionTest, CamerasTellOneLevelDeeper) {
    IotSession session = make();
    reply(R"x({"system":{"get_sysinfo":{"err_code":0,"system":{"type":"IOT.IPCAMERA","mac":"50C7BF000002",
        "model":"EC70(US)","alias":"Door"}}}})x");
    const Identity identity = session.identify().value();
EXPECT_EQ(identity.mac, "50c7bf000002");
EXPECT_EQ(identity.components.at(0).name, "camera");
}

TEST_F(IotSessionTest, TheFirstRequestIsSysinfoAloneThenModulesAreMerged) {
    IotSession session = make();
    reply_sysinfo();
    reply(
        R"({"system":{"get_sysinfo":{"err_code":0,"relay_state":1}},"emeter":{"get_realtime":{"err_code":0,"power":3.5}}})");
    const Request requests[] = {{"system.get_sysinfo", nullptr}, {"emeter.get_realtime", nullptr}};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(sent(0), R"({"system":{"get_sysinfo":{}}})");
    EXPECT_EQ(sent(1), R"({"system":{"get_sysinfo":{}},"emeter":{"get_realtime":{}}})");
    EXPECT_EQ(answers[0].result->at("relay_state"), 1);
    EXPECT_EQ(answers[1].result->at("power"), 3.5);
    EXPECT_FALSE(answers[1].result->as_object().contains("err_code"));
}

TEST_F(IotSessionTest, ModuleNamesHaveDotsOfTheirOwn) {
    IotSession session = make();
    reply_sysinfo();
    reply(R"({"smartlife.iot.dimmer":{"set_brightness":{"err_code":0}}})");
    EXPECT_TRUE(session.call({"smartlife.iot.dimmer.set_brightness", json::object{{"brightness", 40}}}));
    EXPECT_EQ(sent(1), R"({"smartlife.iot.dimmer":{"set_brightness":{"brightness":40}}})");
}

TEST_F(IotSessionTest, ErrorsOfModulesAndCommands) {
    IotSession session = make();
    reply_sysinfo();
    reply(
        R"({"emeter":{"err_code":-1,"err_msg":"module not support"},"system":{"a":{"err_code":-2},"b":{"err_code":-3}},"x":{}})");
    const Request requests[] = {
        {"emeter.get_realtime", nullptr}, {"system.a", nullptr}, {"system.b", nullptr}, {"x.c", nullptr}};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(answers[0].result.error().code, Errc::unsupported);
    EXPECT_EQ(answers[0].result.error().device_code, -1);
    EXPECT_EQ(answers[1].result.error().code, Errc::unsupported);
    EXPECT_EQ(answers[2].result.error().code, Errc::refused);
    EXPECT_EQ(answers[3].result.error().code, Errc::malformed);
}

TEST_F(IotSessionTest, SocketsAreNamedInAContextEachAlone) {
    IotSession session = make();
    reply_sysinfo();
    reply(R"({"system":{"set_relay_state":{"err_code":0}}})");
    EXPECT_TRUE(session.call({"system.set_relay_state", json::object{{"state", 1}}, "01"}));
    EXPECT_EQ(sent(1), R"({"context":{"child_ids":["800601"]},"system":{"set_relay_state":{"state":1}}})");
    reply(R"({"emeter":{"get_realtime":{"err_code":0,"power_mw":1}}})");
    reply(R"({"emeter":{"get_realtime":{"err_code":0,"power_mw":2}}})");
    const Request requests[] = {{"emeter.get_realtime", nullptr, "800600"},
                                {"emeter.get_realtime", nullptr, "800601"}};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(answers[1].result->at("power_mw"), 2);
    EXPECT_EQ(sent(3), R"({"context":{"child_ids":["800601"]},"emeter":{"get_realtime":{}}})");
}

TEST_F(IotSessionTest, AnAnswerCutShortEndsMerging) {
    IotSession session = make();
    reply_sysinfo();
    reply(R"({"system":{"get_sys)"); // once more after renewing: the session is not to blame
    reply(R"({"system":{"get_sys)");
    reply(R"({"system":{"get_sysinfo":{"err_code":0}}})");
    reply(R"({"emeter":{"get_realtime":{"err_code":0}}})");
    const Request requests[] = {{"system.get_sysinfo", nullptr}, {"emeter.get_realtime", nullptr}};
    const auto answers = session.query(requests).value();
    EXPECT_TRUE(answers[0].result);
    EXPECT_TRUE(answers[1].result);
}

TEST_F(IotSessionTest, RequestsOfAnotherLanguageAreNotSent) {
    IotSession session = make();
    EXPECT_EQ(session.call({"get_device_info", nullptr}).error().code, Errc::unsupported);
    EXPECT_TRUE(line_.sent.empty());
}

TEST_F(IotSessionTest, KindsOfDevices) {
    const auto kind = [](std::string_view text) {
        const Identity identity = identity_of_sysinfo(json::parse({text.data(), text.size()}).as_object());
        return identity.components.empty() ? std::string() : identity.components[0].name;
    };
    EXPECT_EQ(kind(R"({"type":"IOT.SMARTPLUGSWITCH","dev_name":"Smart Wi-Fi Dimmer"})"), "dimmer");
    EXPECT_EQ(kind(R"({"type":"IOT.SMARTPLUGSWITCH","children":[]})"), "strip");
    EXPECT_EQ(kind(R"({"type":"IOT.SMARTPLUGSWITCH","dev_name":"Smart Wi-Fi Light Switch"})"), "switch");
    EXPECT_EQ(kind(R"({"mic_type":"IOT.SMARTBULB"})"), "bulb");
    EXPECT_EQ(kind(R"({"mic_type":"IOT.SMARTBULB","length":16})"), "light_strip");
    EXPECT_EQ(kind(R"({"type":"?"})"), "");
}

} // namespace
} // namespace tplink::kasa
