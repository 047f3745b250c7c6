#include "gateway/mqtt/topics.hpp"

#include <gtest/gtest.h>

namespace tplink::gateway {
namespace {

TEST(Topics, SpellsTheContract) {
    const Topics topics("tplink2mqtt", "homeassistant");
    EXPECT_EQ(topics.bridge_state(), "tplink2mqtt/bridge/state");
    EXPECT_EQ(topics.state("a842a1001122"), "tplink2mqtt/a842a1001122/state");
    EXPECT_EQ(topics.command("a842a1001122_2", "led"), "tplink2mqtt/a842a1001122_2/led/set");
    EXPECT_EQ(topics.bridge_response("device/add"), "tplink2mqtt/bridge/response/device/add");
    EXPECT_EQ(topics.device_discovery("bridge"), "homeassistant/device/tplink2mqtt_bridge/config");
    EXPECT_EQ(topics.component_discovery("switch", "a842a1001122", "led"),
              "homeassistant/switch/tplink2mqtt_a842a1001122/led/config");
}

TEST(Topics, ABaseWithSlashesKeepsDiscoveryIdsLegal) {
    const Topics topics("house/cams 1", "ha");
    EXPECT_EQ(topics.device_discovery("a842a1001122"), "ha/device/house_cams_1_a842a1001122/config");
    EXPECT_EQ(topics.state("a842a1001122"), "house/cams 1/a842a1001122/state");
    ASSERT_TRUE(topics.parse("house/cams 1/a842a1001122/led/set"));
    EXPECT_EQ(topics.ha_status(), "ha/status");
}

TEST(Topics, KnowsDeviceIds) {
    for (const char* good : {"a842a1001122", "0c8000aabbcc_1", "0c8000aabbcc_12"}) EXPECT_TRUE(is_device_id(good)) << good;
    for (const char* bad : {"", "bridge", "A842A1001122", "a842a100112", "a842a10011223", "a842a1001122_", "a842a1001122_0",
                            "a842a1001122_1x", "a842a1001122_1234", "host_192_168_1_2"})
        EXPECT_FALSE(is_device_id(bad)) << bad;
}

TEST(Topics, ParsesWhatItSubscribesTo) {
    const Topics topics;
    const auto property = topics.parse("tplink2mqtt/a842a1001122/motion_sensitivity/set");
    ASSERT_TRUE(property && std::holds_alternative<PropertySet>(*property));
    EXPECT_EQ(std::get<PropertySet>(*property).property, "motion_sensitivity");
    EXPECT_TRUE(std::holds_alternative<DeviceSet>(*topics.parse("tplink2mqtt/a842a1001122_3/set")));
    EXPECT_TRUE(std::holds_alternative<DeviceGet>(*topics.parse("tplink2mqtt/a842a1001122/get")));
    EXPECT_TRUE(std::holds_alternative<HaStatus>(*topics.parse("homeassistant/status")));
    const auto request = topics.parse("tplink2mqtt/bridge/request/device/add");
    ASSERT_TRUE(request && std::holds_alternative<BridgeRequest>(*request));
    EXPECT_EQ(std::get<BridgeRequest>(*request).what, "device/add");
}

TEST(Topics, RefusesEverythingElse) {
    const Topics topics;
    for (const char* bad : {"", "/", "tplink2mqtt", "tplink2mqtt/", "tplink2mqtt/bridge/set", "tplink2mqtt/bridge/request/",
                            "tplink2mqtt/bridge/request/UP", "tplink2mqtt/a842a1001122/LED/set", "tplink2mqtt/a842a1001122//set",
                            "tplink2mqtt/a842a1001122/led/get", "tplink2mqtt/a842a1001122/a/b/set", "tplink2mqtt_2/a842a1001122/set",
                            "tplink2mqtt/a842a1001122/state", "other/a842a1001122/set", "homeassistant/status/x"})
        EXPECT_FALSE(topics.parse(bad)) << bad;
    EXPECT_FALSE(topics.parse("tplink2mqtt/a842a1001122/" + std::string(600, 'a') + "/set"));
}

TEST(Topics, LeftoversOfANeighbourAreNotOurs) {
    const Topics topics;
    using What = Topics::Leftover::Kind;
    const auto device = topics.parse_leftover("homeassistant/device/tplink2mqtt_a842a1001122/config");
    ASSERT_TRUE(device);
    EXPECT_EQ(device->kind, What::device_discovery);
    EXPECT_EQ(device->id, "a842a1001122");
    const auto component = topics.parse_leftover("homeassistant/switch/tplink2mqtt_a842a1001122/led/config");
    ASSERT_TRUE(component);
    EXPECT_EQ(component->kind, What::component_discovery);
    EXPECT_EQ(component->component, "led");
    EXPECT_EQ(topics.parse_leftover("tplink2mqtt/a842a1001122/state")->kind, What::state);
    EXPECT_EQ(topics.parse_leftover("homeassistant/device/tplink2mqtt_bridge/config")->id, "bridge");
    for (const char* foreign : {"homeassistant/device/tplink2mqtt_2_a842a1001122/config", "homeassistant/device/x_a842a1001122/config",
                                "homeassistant/device/tplink2mqtt_/config", "homeassistant/switch/tplink2mqtt_a842a1001122/config",
                                "tplink2mqtt_2/a842a1001122/state", "tplink2mqtt/bridge/state", "tplink2mqtt/a842a1001122/set"})
        EXPECT_FALSE(topics.parse_leftover(foreign)) << foreign;
}

}  // namespace
}  // namespace tplink::gateway
