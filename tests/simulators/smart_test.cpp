// The SMART family: what it answers; ciphers have tests of their own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/simulators/hand_clock.hpp"
#include "tests/simulators/smart/smart_plug.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;
using ::testing::Contains;
using ::testing::Not;

class SmartFamily : public ::testing::Test {
protected:
    void make(const char* model) {
        device_ = std::make_unique<SmartPlug>(smart_facts_of(model), clock_.world());
    }
    json::object answer(const std::string& method, const char* params = nullptr) {
        json::object request{{"method", method}};
        if (params) request["params"] = json::parse(params);
        return device_->answer(request);
    }
    json::object ask(const std::string& method, const char* params = nullptr) {
        const json::object out = answer(method, params);
        EXPECT_EQ(out.at("error_code"), 0) << method << json::serialize(out);
        return out.contains("result") ? out.at("result").as_object() : json::object();
    }
    int refusal(const std::string& method, const char* params = nullptr) {
        return answer(method, params).at("error_code").to_number<int>();
    }
    std::vector<std::string> components() {
        std::vector<std::string> out;
        const json::object answered = ask("component_nego");
        for (const json::value& entry : answered.at("component_list").as_array())
            out.emplace_back(entry.at("id").as_string());
        return out;
    }

    HandClock clock_;
    std::unique_ptr<SmartPlug> device_;
};

TEST_F(SmartFamily, PlugKeepsItsSettings) {
    make("P110");
    ask("set_child_protection", R"({"enable":true})");
    EXPECT_EQ(ask("get_child_protection").at("child_protection"), true);
    ask("set_auto_update_info", R"({"enable":true,"time":180,"random_range":120})");
    EXPECT_EQ(ask("get_auto_update_info").at("enable"), true);
    ask("set_protection_power", R"({"enabled":true,"protection_power":2000})");
    EXPECT_EQ(ask("get_protection_power").at("protection_power"), 2000);
    EXPECT_EQ(refusal("set_protection_power", R"({"enabled":true,"protection_power":4000})"), -1008);
    EXPECT_EQ(refusal("get_preset_rules"), -1002);
    EXPECT_EQ(refusal("fly_to_the_moon"), -1002);
}

TEST_F(SmartFamily, OverloadSwitchesOffAndIsTold) {
    make("P110");
    ask("set_protection_power", R"({"enabled":true,"protection_power":30})");
    ask("set_device_info", R"({"device_on":true})");
    EXPECT_EQ(ask("get_device_info").at("device_on"), false);
    EXPECT_EQ(ask("get_device_info").at("power_protection_status"), "overloaded");
}

TEST_F(SmartFamily, CountdownIsOneAndSwitchesInTime) {
    make("P110");
    ask("set_device_info", R"({"device_on":true})");
    constexpr const char* kRule = R"({"delay":600,"remain":600,"enable":true,"desired_states":{"on":false}})";
    ask("add_countdown_rule", kRule);
    EXPECT_EQ(refusal("add_countdown_rule", kRule), -1902);
    *clock_.now += std::chrono::seconds(100);
    EXPECT_EQ(ask("get_countdown_rules").at("rule_list").at(0).at("remain"), 500);
    *clock_.now += std::chrono::seconds(500);
    EXPECT_EQ(ask("get_device_info").at("device_on"), false);
    EXPECT_EQ(ask("get_countdown_rules").at("rule_list").at(0).at("enable"), false);
    ask("remove_countdown_rules", R"({"remove_all":true})");
    EXPECT_TRUE(ask("get_countdown_rules").at("rule_list").as_array().empty());
}

TEST_F(SmartFamily, PowerOnBehaviourIsObeyed) {
    make("P110");
    ask("set_device_info", R"({"device_on":true})");
    ask("set_device_info", R"({"default_states":{"type":"custom","state":{"on":false}}})");
    EXPECT_EQ(refusal("set_device_info", R"({"default_states":{"type":"custom","state":{}}})"), -1008);
    device_->power_cycle();
    EXPECT_EQ(ask("get_device_info").at("device_on"), false);
    ask("set_device_info", R"({"default_states":{"type":"last_states","state":{}}})");
    ask("set_device_info", R"({"device_on":true})");
    device_->power_cycle();
    EXPECT_EQ(ask("get_device_info").at("device_on"), true);
}

TEST_F(SmartFamily, FirmwareIsFetchedAndRunsAfterARestart) {
    make("P110");
    EXPECT_EQ(ask("get_latest_fw").at("need_to_upgrade"), false);
    ASSERT_TRUE(
        device_->set_state(json::parse(R"({"fw_available":"1.4.9 Build 261101 Rel.1"})").as_object()));
    EXPECT_EQ(ask("get_latest_fw").at("fw_ver"), "1.4.9 Build 261101 Rel.1");
    ask("fw_download");
    *clock_.now += std::chrono::milliseconds(1500);
    EXPECT_EQ(ask("get_fw_download_state").at("status"), 2);
    EXPECT_EQ(ask("get_fw_download_state").at("download_progress"), 50);
    *clock_.now += std::chrono::milliseconds(1500);
    EXPECT_EQ(ask("get_fw_download_state").at("status"), 3);
    EXPECT_TRUE(device_->take_reboot());
    EXPECT_EQ(ask("get_device_info").at("fw_ver"), "1.4.9 Build 261101 Rel.1");
    EXPECT_EQ(ask("get_latest_fw").at("need_to_upgrade"), false);
}

TEST_F(SmartFamily, StripAnswersForItsSockets) {
    make("P304M");
    EXPECT_THAT(components(), Contains("child_device"));
    EXPECT_FALSE(ask("get_device_info").contains("device_on"));
    EXPECT_EQ(refusal("set_device_info", R"({"device_on":true})"), -1008);
    EXPECT_EQ(refusal("get_energy_usage"), -1002);
    const json::object list = ask("get_child_device_list", R"({"start_index":0})");
    EXPECT_EQ(list.at("sum"), 4U);
    const json::object second = list.at("child_device_list").at(1).as_object();
    EXPECT_EQ(second.at("position"), 2);
    EXPECT_EQ(second.at("category"), "plug.powerstrip.sub-plug");
    json::object params{
        {"device_id", second.at("device_id")},
        {"requestData", json::parse(R"({"method":"set_device_info","params":{"device_on":true}})")}};
    EXPECT_EQ(ask("control_child", json::serialize(params).c_str()).at("responseData").at("error_code"), 0);
    params["requestData"] = json::parse(
        R"({"method":"multipleRequest","params":{"requests":[{"method":"get_energy_usage"},{"method":"get_device_info"}]}})");
    const json::object both = ask("control_child", json::serialize(params).c_str());
    EXPECT_EQ(both.at("responseData").at("result").at("responses").at(1).at("result").at("device_on"), true);
    EXPECT_EQ(ask("get_child_device_list").at("child_device_list").at(0).at("device_on"), false);
    const json::object parts = ask("get_child_device_component_list");
    EXPECT_EQ(parts.at("child_component_list").at(3).at("device_id"),
              list.at("child_device_list").at(3).at("device_id"));
}

TEST_F(SmartFamily, LongStripsComeInPages) {
    PlugFacts facts = smart_facts_of("P300");
    facts.sockets = 7;
    device_ = std::make_unique<SmartPlug>(facts, clock_.world());
    EXPECT_EQ(ask("get_child_device_list", R"({"start_index":0})").at("child_device_list").as_array().size(),
              5U);
    const json::object rest = ask("get_child_device_list", R"({"start_index":5})");
    EXPECT_EQ(rest.at("child_device_list").as_array().size(), 2U);
    EXPECT_TRUE(
        ask("get_child_device_list", R"({"start_index":7})").at("child_device_list").as_array().empty());
}

TEST_F(SmartFamily, BulbHasColourOrWarmth) {
    make("L530");
    EXPECT_EQ(device_->device_type(), "SMART.TAPOBULB");
    EXPECT_THAT(components(), Contains("color_temperature"));
    EXPECT_THAT(components(), Not(Contains("led")));
    ask("set_device_info", R"({"device_on":true,"hue":240,"saturation":80,"brightness":40})");
    const json::object blue = ask("get_device_info");
    EXPECT_EQ(blue.at("hue"), 240);
    EXPECT_EQ(blue.at("color_temp"), 0);
    EXPECT_EQ(blue.at("brightness"), 40);
    ask("set_device_info", R"({"color_temp":2700})");
    EXPECT_EQ(ask("get_device_info").at("color_temp"), 2700);
    EXPECT_EQ(refusal("set_device_info", R"({"color_temp":1000})"), -1008);
    EXPECT_EQ(refusal("set_device_info", R"({"brightness":0})"), -1008);
    EXPECT_EQ(ask("get_preset_rules").at("states").as_array().size(), 3U);
}

TEST_F(SmartFamily, DimmerFadesAsSet) {
    make("S500D");
    EXPECT_EQ(device_->device_type(), "SMART.TAPOSWITCH");
    ask("set_on_off_gradually_info", R"({"on_state":{"enable":true,"duration":9}})");
    EXPECT_EQ(ask("get_on_off_gradually_info").at("on_state").at("duration"), 9);
    EXPECT_EQ(ask("get_on_off_gradually_info").at("off_state").at("duration"), 2);
    EXPECT_EQ(refusal("set_on_off_gradually_info", R"({"on_state":{"duration":61}})"), -1008);
    EXPECT_EQ(refusal("set_device_info", R"({"hue":20})"), -1008);
    ask("set_device_info", R"({"default_states":{"re_power_type":"always_on"}})");
    device_->power_cycle();
    EXPECT_EQ(ask("get_device_info").at("device_on"), true);
}

TEST_F(SmartFamily, HistoryEndsWithToday) {
    make("P110");
    ask("set_device_info", R"({"device_on":true})");
    *clock_.now += std::chrono::hours(10);
    const json::object hours =
        ask("get_energy_data", R"({"start_timestamp":1795219200,"end_timestamp":1795255200,"interval":60})");
    EXPECT_EQ(hours.at("data").as_array().back(), 425);
    EXPECT_EQ(refusal("get_energy_data",
                      R"({"start_timestamp":1795219200,"end_timestamp":1797255200,"interval":60})"),
              -1008);
    EXPECT_EQ(
        ask("get_power_data", R"({"start_timestamp":1795219200,"end_timestamp":1795255200,"interval":60})")
            .at("data")
            .as_array()
            .back(),
        42);
}

} // namespace
} // namespace tplink::sim
