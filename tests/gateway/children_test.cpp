// One connection, several devices: outlets of a strip and children of a hub.

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "gateway/capabilities/children.hpp"
#include "tests/gateway/actor_bench.hpp"

namespace tplink::gateway {
namespace {

constexpr Capability kOutlet[] = {
    {.id = "state", .name = "Outlet", .kind = OnOff{"true", "false"}, .query = {"get_device_info", ""}, .pointer = "/device_on",
     .write = Set{"set_device_info", "/device_on"}, .hint = {.device_class = "outlet", .main_entity = true}},
    {.id = "power", .name = "Power", .needs = "energy_monitoring", .kind = Number{.min = 0, .max = 1e4}, .query = {"get_current_power", ""},
     .pointer = "/current_power"}};

Table outlet_table(std::string_view) { return {.rows = kOutlet}; }

const ChildrenOf kChildren{.needs = "",
                           .list = {"get_child_device_list", ""},
                           .pointer = "/child_device_list",
                           .mac = "mac",
                           .name = "nickname",
                           .position = "position",
                           .kind = "category",
                           .name_is_base64 = true,
                           .status = "status",
                           .lands_in = "get_device_info",
                           .components = {"get_child_device_component_list", "", 3600},
                           .components_pointer = "/child_component_list",
                           .table = outlet_table};

Document strip_document() {
    return json::parse(R"({"get_child_device_list":{"child_device_list":[
        {"device_id":"a0","mac":"A8-42-A1-00-11-22","position":2,"nickname":"RGVzaw==","device_on":true,"category":"sub-plug"},
        {"device_id":"a1","position":1,"nickname":"%%%","device_on":false},
        {"device_id":"a1","position":3}, {"position":4}, 7],"sum":2},
      "get_child_device_component_list":{"child_component_list":[{"device_id":"a0","component_list":[{"id":"energy_monitoring"}]}]}})")
        .as_object();
}

Identity strip() {
    Identity identity;
    identity.mac = "a842a1001122";
    identity.model = "P300";
    return identity;
}

TEST(Children, AnOutletHasItsStripsModelAndANumberButNoMacOfItsOwn) {
    const auto children = find_children(kChildren, strip_document(), strip());
    ASSERT_TRUE(children);
    ASSERT_EQ(children->size(), 2U) << "one listed twice or without an id is none";
    const Child& desk = children->back();  // by position, whatever the list's order
    EXPECT_EQ(desk.identity.name, "Desk");
    EXPECT_EQ(desk.identity.model, "P300");
    EXPECT_EQ(desk.identity.mac, "");
    EXPECT_EQ(child_topic_id(desk, "a842a1001122", desk.position), "a842a1001122_2");
    ASSERT_EQ(desk.identity.components.size(), 1U);
    EXPECT_EQ(children->front().identity.name, "%%%") << "a name that is no base64 stays as it is";
}

TEST(Children, AHubsChildHasItsOwnMacUnlessAnotherHasTheSame) {
    Document document = json::parse(R"({"get_child_device_list":{"child_device_list":[
        {"device_id":"b0","mac":"F0A731000001","status":"offline"},{"device_id":"b1","mac":"F0A731000002"},
        {"device_id":"b2","mac":"F0A731000002"}]}})").as_object();
    const auto children = find_children(kChildren, document, strip());
    ASSERT_EQ(children->size(), 3U);
    EXPECT_EQ(child_topic_id((*children)[0], "hub", 1), "f0a731000001");
    EXPECT_TRUE((*children)[0].away);
    EXPECT_EQ(child_topic_id((*children)[1], "hub", 2), "hub_2");
    EXPECT_EQ(child_topic_id((*children)[2], "hub", 3), "hub_3");
}

TEST(Children, NothingIsKnownBeforeTheListIsAnswered) {
    EXPECT_FALSE(find_children(kChildren, Document{}, strip()));
    EXPECT_FALSE(find_children(kChildren, json::parse(R"({"get_child_device_list":{"child_device_list":5}})").as_object(), strip()));
}

}  // namespace
}  // namespace tplink::gateway
