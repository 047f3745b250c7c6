// The Kasa family: what it answers, under each of its ciphers.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "tests/simulators/hand_clock.hpp"
#include "tests/simulators/iot/iot_device.hpp"
#include "tests/simulators/kasa_plug.hpp"
#include "tests/simulators/scripted.hpp"
#include "tests/simulators/vectors.hpp"
#include "tests/simulators/xor_cipher.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

json::object ask(IotDevice& device, std::string_view request) {
    return json::parse(device.answer_text(request)).as_object();
}

TEST(XorVectors, BothWays) {
    const json::value vectors = load_vectors("plugs.json");
    for (const json::value& row : vectors.at("xor").as_array()) {
        const std::string plain = text(row.at("plain"));
        EXPECT_EQ(hex_lower(xor_encrypt(plain)), text(row.at("datagram_udp")));
        EXPECT_EQ(hex_lower(xor_frame(plain)), text(row.at("framed_tcp")));
        EXPECT_EQ(xor_decrypt(hex(row.at("datagram_udp"))), plain);
    }
}

TEST(IotDevice, RelayAndMeterFollowEachOther) {
    const HandClock clock;
    IotFacts facts = iot_facts_of("HS110 v4");
    facts.load_w = 60;
    IotDevice plug(facts, clock.world());
    EXPECT_EQ(ask(plug, R"({"system":{"set_relay_state":{"state":1}}})"),
              json::parse(R"({"system":{"set_relay_state":{"err_code":0}}})"));
    *clock.now += std::chrono::hours(2);
    const json::object both = ask(plug, R"({"system":{"get_sysinfo":{}},"emeter":{"get_realtime":{}}})");
    EXPECT_EQ(both.at("system").at("get_sysinfo").at("relay_state"), 1);
    EXPECT_EQ(both.at("system").at("get_sysinfo").at("on_time"), 7200);
    EXPECT_EQ(both.at("system").at("get_sysinfo").at("feature"), "TIM:ENE");
    EXPECT_EQ(both.at("emeter").at("get_realtime").at("power_mw"), 60000);
    EXPECT_EQ(both.at("emeter").at("get_realtime").at("total_wh"), 120);
    const json::object days = ask(plug, R"({"emeter":{"get_daystat":{"year":2026,"month":11}}})");
    EXPECT_EQ(days.at("emeter").at("get_daystat").at("day_list").at(0).at("energy_wh"), 120);
}

TEST(IotDevice, OldUnitsAreFractions) {
    const HandClock clock;
    IotDevice plug(iot_facts_of("HS110"), clock.world());
    ask(plug, R"({"system":{"set_relay_state":{"state":1}}})");
    const json::object real =
        ask(plug, R"({"emeter":{"get_realtime":null}})").at("emeter").at("get_realtime").as_object();
    EXPECT_DOUBLE_EQ(real.at("power").as_double(), 42.5);
    EXPECT_FALSE(real.contains("power_mw"));
}

TEST(IotDevice, StripSwitchesOneSocketOrAll) {
    const HandClock clock;
    IotDevice strip(iot_facts_of("HS300"), clock.world());
    const auto info = [&] {
        return ask(strip, R"({"system":{"get_sysinfo":{}}})").at("system").at("get_sysinfo").as_object();
    };
    const std::string second = text(info().at("children").at(1).at("id"));
    EXPECT_EQ(second, strip.device_id() + "01");
    ask(strip, R"({"context":{"child_ids":[")" + second + R"("]},"system":{"set_relay_state":{"state":1}}})");
    EXPECT_EQ(info().at("children").at(0).at("state"), 0);
    EXPECT_EQ(info().at("children").at(1).at("state"), 1);
    EXPECT_FALSE(info().contains("relay_state"));
    const json::object real =
        ask(strip, R"({"context":{"child_ids":[")" + second + R"("]},"emeter":{"get_realtime":{}}})");
    EXPECT_EQ(real.at("emeter").at("get_realtime").at("slot_id"), 1);
    EXPECT_EQ(real.at("emeter").at("get_realtime").at("power_mw"), 42500);
    const json::object none =
        ask(strip, R"({"context":{"child_ids":["00"]},"system":{"set_relay_state":{"state":1}}})");
    EXPECT_EQ(none.at("system").at("set_relay_state").at("err_code"), -14);
    ask(strip, R"({"system":{"set_relay_state":{"state":1}}})");
    const json::object all = info();
    for (const json::value& child : all.at("children").as_array()) EXPECT_EQ(child.at("state"), 1);
}

TEST(IotDevice, UnknownModulesAndCommandsAreTold) {
    const HandClock clock;
    IotDevice plug(iot_facts_of("HS100"), clock.world());
    const json::object out =
        ask(plug, R"({"emeter":{"get_realtime":{}},"system":{"fly":{},"set_relay_state":{"state":7}}})");
    EXPECT_EQ(out.at("emeter").at("err_code"), -1);
    EXPECT_EQ(out.at("emeter").at("err_msg"), "module not support");
    EXPECT_EQ(out.at("system").at("fly").at("err_code"), -2);
    EXPECT_EQ(out.at("system").at("set_relay_state").at("err_code"), -3);
    EXPECT_EQ(plug.answer_text("no json"), "");
}

TEST(IotDevice, CountdownSwitchesOnceAndStaysListed) {
    const HandClock clock;
    IotDevice plug(iot_facts_of("HS100"), clock.world());
    ask(plug, R"({"system":{"set_relay_state":{"state":1}}})");
    ask(plug, R"({"count_down":{"add_rule":{"enable":1,"delay":600,"act":0,"name":"off"}}})");
    *clock.now += std::chrono::seconds(599);
    EXPECT_EQ(plug.state().at("device_on"), true);
    *clock.now += std::chrono::seconds(1);
    EXPECT_EQ(plug.state().at("device_on"), false);
    const json::object rules = ask(plug, R"({"count_down":{"get_rules":{}}})");
    EXPECT_EQ(rules.at("count_down").at("get_rules").at("rule_list").at(0).at("enable"), 0);
    ask(plug, R"({"count_down":{"delete_all_rules":{}}})");
    EXPECT_TRUE(ask(plug, R"({"count_down":{"get_rules":{}}})")
                    .at("count_down")
                    .at("get_rules")
                    .at("rule_list")
                    .as_array()
                    .empty());
}

TEST(IotDevice, BulbShowsItsDefaultsWhileOff) {
    const HandClock clock;
    IotDevice bulb(iot_facts_of("LB130"), clock.world());
    const auto set = [&](const char* values) {
        return ask(bulb,
                   std::string(R"({"smartlife.iot.smartbulb.lightingservice":{"transition_light_state":)") +
                       values + "}}")
            .at("smartlife.iot.smartbulb.lightingservice")
            .at("transition_light_state")
            .as_object();
    };
    EXPECT_EQ(
        set(R"({"on_off":1,"hue":240,"saturation":75,"color_temp":0,"brightness":30,"transition_period":500})")
            .at("hue"),
        240);
    EXPECT_EQ(set(R"({"brightness":101})").at("err_code"), -3);
    const json::object off = set(R"({"on_off":0})");
    EXPECT_EQ(off.at("dft_on_state").at("brightness"), 30);
    EXPECT_FALSE(off.contains("hue"));
    const json::object info =
        ask(bulb, R"({"system":{"get_sysinfo":{}}})").at("system").at("get_sysinfo").as_object();
    EXPECT_EQ(info.at("is_color"), 1);
    EXPECT_EQ(info.at("light_state").at("on_off"), 0);
    EXPECT_EQ(info.at("mic_type"), "IOT.SMARTBULB");
}

TEST(IotDevice, DimmerTransitionToZeroSwitchesOff) {
    const HandClock clock;
    IotDevice dimmer(iot_facts_of("HS220"), clock.world());
    ask(dimmer, R"({"smartlife.iot.dimmer":{"set_dimmer_transition":{"brightness":40,"duration":1}}})");
    EXPECT_EQ(dimmer.state().at("device_on"), true);
    EXPECT_EQ(dimmer.state().at("brightness"), 40);
    ask(dimmer, R"({"smartlife.iot.dimmer":{"set_dimmer_transition":{"brightness":0,"duration":500}}})");
    EXPECT_EQ(dimmer.state().at("device_on"), false);
    EXPECT_EQ(dimmer.state().at("brightness"), 40);
}

class XorSocket {
public:
    XorSocket(const KasaPlug& plug, int type, std::uint16_t port) : fd_(::socket(AF_INET, type, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        inet_pton(AF_INET, plug.options().address.c_str(), &to.sin_addr);
        connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
    ~XorSocket() { ::close(fd_); }
    bool connected() const { return connected_; }
    void send(Bytes bytes) const { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    /// What came within 5 s, at most `size` bytes; empty at the end.
    Buffer receive(std::size_t size) const {
        Buffer out(size);
        pollfd entry{fd_, POLLIN, 0};
        const ssize_t got = ::poll(&entry, 1, 5000) == 1 ? ::recv(fd_, out.data(), size, 0) : 0;
        out.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
        return out;
    }
    json::object ask_tcp(std::string_view request) const {
        send(xor_frame(request));
        Buffer all;
        while (all.size() < 4 || all.size() < 4 + load_be32(std::span<const std::byte, 4>(all.data(), 4))) {
            const Buffer more = receive(4096);
            if (more.empty()) return {};
            append(all, as_text(more));
        }
        return json::parse(xor_decrypt(Bytes(all).subspan(4))).as_object();
    }

private:
    int fd_;
    bool connected_ = false;
};

KasaPlugOptions kasa_options() {
    KasaPlugOptions options;
    options.address = "127.0.71.1";
    options.udp_port = 0;
    options.iot = iot_facts_of("HS110");
    return options;
}

TEST(KasaPlug, AnswersManyFramesOnOneConnection) {
    KasaPlug plug(kasa_options());
    plug.start();
    const XorSocket socket(plug, SOCK_STREAM, plug.port());
    EXPECT_EQ(socket.ask_tcp(R"({"system":{"get_sysinfo":{}}})").at("system").at("get_sysinfo").at("model"),
              "HS110(EU)");
    socket.ask_tcp(R"({"system":{"set_relay_state":{"state":1}}})");
    EXPECT_EQ(plug.state().at("device_on"), true);
    EXPECT_EQ(plug.state().at("requests"), 2U);
    EXPECT_EQ(plug.state().at("open_connections"), 1U);
}

TEST(KasaPlug, AnswersDiscoveryOnUdp) {
    KasaPlug plug(kasa_options());
    plug.start();
    const XorSocket socket(plug, SOCK_DGRAM, plug.udp_port());
    socket.send(hex(load_vectors("plugs.json").at("xor").at(0).at("datagram_udp")));
    const json::value answer = json::parse(xor_decrypt(socket.receive(4096)));
    EXPECT_EQ(answer.at("system").at("get_sysinfo").at("mac"), "02:00:00:00:00:01");
}

TEST(KasaPlug, SplitAndStruckAnswers) {
    KasaPlug plug(kasa_options());
    plug.start();
    ASSERT_TRUE(plug.apply_faults(json::parse(R"({"split_bytes":7})").as_object()));
    const XorSocket socket(plug, SOCK_STREAM, plug.port());
    EXPECT_EQ(
        socket.ask_tcp(R"({"system":{"get_sysinfo":{}}})").at("system").at("get_sysinfo").at("err_code"), 0);
    ASSERT_TRUE(plug.apply_faults(json::parse(R"({"split_bytes":0,"close_after_answer":true})").as_object()));
    EXPECT_FALSE(socket.ask_tcp(R"({"system":{"get_sysinfo":{}}})").empty());
    EXPECT_TRUE(socket.receive(1).empty());
}

TEST(KasaPlug, RebootForgetsTheTotalAndComesBack) {
    KasaPlugOptions options = kasa_options();
    options.reboot_ms = 1;
    KasaPlug plug(options);
    plug.start();
    ASSERT_TRUE(plug.set_state(json::parse(R"({"device_on":true,"energy_total_wh":500})").as_object()));
    const std::uint16_t port = plug.port();
    {
        const XorSocket socket(plug, SOCK_STREAM, port);
        socket.ask_tcp(R"({"system":{"reboot":{"delay":1}}})");
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    double total_kwh = 0.5;
    while (total_kwh >= 0.4 && std::chrono::steady_clock::now() < deadline) { // it may still answer before it goes down
        const XorSocket socket(plug, SOCK_STREAM, port);
        if (!socket.connected()) continue;
        const json::object info = socket.ask_tcp(R"({"emeter":{"get_realtime":{}}})");
        if (!info.empty()) total_kwh = info.at("emeter").at("get_realtime").at("total").to_number<double>();
    }
    EXPECT_LT(total_kwh, 0.4);
    EXPECT_EQ(plug.state().at("device_on"), true);
}

} // namespace
} // namespace tplink::sim
