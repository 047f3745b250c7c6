#include "gateway/mqtt/homeassistant.hpp"

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "gateway/capabilities/tables.hpp"
#include "gateway/mqtt/entities.hpp"
#include "gateway/mqtt/json_text.hpp"
#include "tests/gateway/mqtt/discovery_lint.hpp"
#include "tests/gateway/mqtt/samples.hpp"

namespace tplink::gateway {
namespace {

using samples::camera;
using samples::plug;

const Topics kTopics;
const Origin kOrigin{"tplink2mqtt", "0.1.0", "https://example.org/tplink2mqtt"};

void indent_into(const json::value& value, const std::string& indent, std::string& out) {
    const auto* object = value.if_object();
    if (object == nullptr || object->empty()) {
        out += to_text(value);
        return;
    }
    std::string separator = "{\n";
    for (const auto& [key, member] : *object) {
        out += separator + indent + "  " + to_text(json::value(json::string(key))) + ": ";
        indent_into(member, indent + "  ", out);
        separator = ",\n";
    }
    out += "\n" + indent + "}";
}

/// Compares with tests/golden/<name>; UPDATE_GOLDEN=1 rewrites it.
void expect_golden(const std::string& name, const std::string& payload) {
    std::string text;
    indent_into(json::parse(payload), "", text);
    text += "\n";
    const std::string path = std::string(TEST_DATA_DIR) + "/golden/" + name;
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
    std::ifstream file(path);
    const std::string golden((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    EXPECT_EQ(text, golden) << "when the change is wanted: UPDATE_GOLDEN=1";
}

json::object component(const DeviceDescription& device, const std::string& id) {
    for (const Entity& entity : describe(device, kTopics).components)
        if (entity.id == id) return entity.fields;
    return {};
}

std::string platform(const DeviceDescription& device, const std::string& id) {
    for (const Entity& entity : describe(device, kTopics).components)
        if (entity.id == id) return entity.platform;
    return {};
}

TEST(HomeAssistant, GoldenPlug) {
    expect_golden("discovery_plug.json", device_message(describe(plug(), kTopics), {}, kTopics, kOrigin).payload);
}

TEST(HomeAssistant, GoldenCamera) {
    expect_golden("discovery_camera.json", device_message(describe(camera(), kTopics), {}, kTopics, kOrigin).payload);
}

TEST(HomeAssistant, GoldenBridge) {
    const auto bridge = describe_bridge(kTopics, kOrigin, "http://192.0.2.1:8745/");
    expect_golden("discovery_bridge.json", device_message(bridge, {}, kTopics, kOrigin).payload);
}

/// A device that offers every row of a table, with a state that has no key.
void lint_device(const DeviceDescription& device, json::object state = {}) {
    const auto discovery = describe(device, kTopics);
    const std::map<std::string, std::string> states{
        {kTopics.state(device.id), to_text(conform_state(device, discovery.state_keys, std::move(state)))}};
    const auto filters = kTopics.subscriptions();
    const auto whole = device_message(discovery, {}, kTopics, kOrigin);
    for (const auto& fault : lint_discovery({whole}, states, filters)) ADD_FAILURE() << fault;
    for (const auto& fault : lint_discovery(component_messages(discovery, kTopics, kOrigin), states, filters)) ADD_FAILURE() << fault;
    EXPECT_LT(whole.payload.size(), 65536u);
}

TEST(HomeAssistant, SamplesLintClean) {
    lint_device(plug(), samples::plug_state());
    lint_device(camera(), {{"night_vision", "auto"}, {"speaker_volume", 50}, {"preset", "Door"}, {"alarm", "OFF"}});
    const auto bridge = device_message(describe_bridge(kTopics, kOrigin, ""), {}, kTopics, kOrigin);
    for (const auto& fault : lint_discovery({bridge}, {}, kTopics.subscriptions())) ADD_FAILURE() << fault;
}

// Variants of one id stand next to each other; each gets its own device, so that every row is looked at. No device has all
// rows of the cameras' table, and its message would be too long: it is looked at by halves.
TEST(HomeAssistant, EveryRowOfEveryTableLintsClean) {
    const auto cameras = tapo_camera_table();
    const std::size_t half = cameras.size() / 2;
    for (const auto table : {tapo_plug_table(), cameras.first(half), cameras.subspan(half)}) {
        DeviceDescription device = camera();
        device.composites.clear();
        device.rows.clear();
        for (const Capability& row : table) device.rows.push_back(&row);
        for (const Capability& row : table)
            if (std::holds_alternative<DynamicChoice>(row.kind)) device.options[std::string(row.id)] = {"One", "Two"};
        lint_device(device);
        std::reverse(device.rows.begin(), device.rows.end());
        lint_device(device);
    }
}

TEST(HomeAssistant, TheLinterFindsFaults) {
    auto discovery = describe(plug(), kTopics);
    const auto faults = [&](auto&& spoil) {
        auto copy = discovery;
        spoil(copy);
        return lint_discovery({device_message(copy, {}, kTopics, kOrigin)}, {{kTopics.state("a842a1001122"), R"({"state":true})"}},
                              kTopics.subscriptions()).size();
    };
    const auto base = faults([](Discovery&) {});
    EXPECT_GT(base, 0u);  // the state: true is neither ON nor OFF, keys are missing
    EXPECT_EQ(faults([](Discovery& d) { d.device["secret"] = "x"; }), base + 1);
    EXPECT_EQ(faults([](Discovery& d) { d.components[0].fields["object_id"] = "x"; }), base + 1);
    EXPECT_EQ(faults([](Discovery& d) { d.components[1].fields["unit_of_measurement"] = "w"; }), base + 1);
    EXPECT_EQ(faults([](Discovery& d) { d.components[0].fields["command_topic"] = "elsewhere/set"; }), base + 1);
    EXPECT_EQ(faults([](Discovery& d) { d.components[0].fields["unique_id"] = d.components[3].fields["unique_id"]; }), base + 1);
}

TEST(HomeAssistant, KindAndWritableChooseThePlatform) {
    const auto cam = camera();
    EXPECT_EQ(platform(cam, "privacy"), "switch");
    EXPECT_EQ(platform(cam, "motion"), "binary_sensor");
    EXPECT_EQ(platform(cam, "night_vision"), "select");
    EXPECT_EQ(platform(cam, "sd_status"), "sensor");
    EXPECT_EQ(platform(cam, "speaker_volume"), "number");
    EXPECT_EQ(platform(cam, "alarm"), "siren");
    EXPECT_EQ(platform(cam, "reboot"), "button");
    EXPECT_EQ(platform(cam, "osd_text"), "text");
    EXPECT_EQ(platform(cam, "snapshot"), "camera");
    EXPECT_EQ(platform(cam, "floodlight"), "light");
    EXPECT_EQ(platform(cam, "floodlight_brightness"), "");
    EXPECT_EQ(platform(plug(), "on_since"), "sensor");
}

TEST(HomeAssistant, TheMainEntityBearsTheDevicesName) {
    EXPECT_TRUE(component(plug(), "state").at("name").is_null());
    EXPECT_TRUE(component(camera(), "snapshot").at("name").is_null());
    EXPECT_EQ(component(plug(), "led").at("name"), json::value("Status LED"));
}

TEST(HomeAssistant, AReadOnlyEntityIsNeverConfig) {
    EXPECT_EQ(component(camera(), "sd_status").at("entity_category"), json::value("diagnostic"));
    EXPECT_EQ(component(camera(), "night_vision").at("entity_category"), json::value("config"));
    EXPECT_FALSE(component(camera(), "privacy").contains("entity_category"));
}

TEST(HomeAssistant, ASelectWithoutOptionsWaits) {
    auto device = camera();
    device.options.clear();
    EXPECT_EQ(platform(device, "preset"), "");
}

TEST(HomeAssistant, AnOutletOfAStripDoesNotShareItsConnection) {
    auto outlet = plug("a842a1001122_2");
    outlet.via = "a842a1001122";
    const auto device = describe(outlet, kTopics).device;
    EXPECT_FALSE(device.contains("connections"));
    EXPECT_EQ(device.at("via_device"), json::value("tplink2mqtt_a842a1001122"));
    EXPECT_EQ(to_text(describe(plug(), kTopics).device.at("connections")), R"([["mac","a8:42:a1:00:11:22"]])");
}

TEST(HomeAssistant, ConnectionIsKnownWhileTheDeviceIsAway) {
    const auto connection = component(plug(), "connection");
    EXPECT_EQ(to_text(connection.at("availability")), R"([{"topic":"tplink2mqtt/bridge/state"}])");
    EXPECT_EQ(connection.at("state_topic"), json::value("tplink2mqtt/a842a1001122/availability"));
}

TEST(HomeAssistant, AStateIsMadeToFit) {
    const auto device = camera();
    const auto keys = describe(device, kTopics).state_keys;
    const auto state = conform_state(device, keys,
                                     {{"privacy", true}, {"night_vision", "infrared"}, {"speaker_volume", 80.0},
                                      {"floodlight_brightness", 0}, {"preset", "Door"}, {"osd_text", std::string(300, 'x')}});
    EXPECT_EQ(state.at("privacy"), json::value("ON"));
    EXPECT_TRUE(state.at("night_vision").is_null());
    EXPECT_TRUE(state.at("speaker_volume").is_int64());
    EXPECT_TRUE(state.at("floodlight_brightness").is_null());
    EXPECT_EQ(state.at("preset"), json::value("Door"));
    EXPECT_EQ(state.at("osd_text").as_string().size(), 255u);
    for (const char* key : {"motion", "stream_state", "stream_info", "last_seen", "firmware"}) EXPECT_TRUE(state.at(key).is_null()) << key;
    EXPECT_FALSE(state.contains("reboot"));
}

}  // namespace
}  // namespace tplink::gateway
