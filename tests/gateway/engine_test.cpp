#include "gateway/capabilities/engine.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "gateway/capabilities/tables.hpp"
#include "tests/gateway/fake_session.hpp"

namespace tplink::gateway {
namespace {

const Capability& row_of(std::span<const Capability> table, std::string_view id) {
    for (const Capability& row : table)
        if (row.id == id) return row;
    throw std::runtime_error("no such row");
}

Document camera_document() {
    Document document;
    const auto put = [&](const char* method, const char* text) { merge_answer(document, method, json::parse(text)); };
    put("getLensMaskConfig", R"({"lens_mask":{"lens_mask_info":{"enabled":"off",".name":"lens_mask_info"}}})");
    put("getLedStatus", R"({"led":{"config":{"enabled":"auto"}}})");
    put("getDetectionConfig", R"({"motion_detection":{"motion_det":{"enabled":"on","digital_sensitivity":"60"}}})");
    put("getLdc", R"({"image":{"switch":{"night_vision_mode":"inf_night_vision"}}})");
    put("getLdc", R"({"image":{"common":{"inf_type":"auto"}}})");
    put("getPresetConfig", R"({"preset":{"preset":{"id":["1","4"],"name":["Door","Window"]}}})");
    put("getSdCardStatus", R"({"harddisk_manage":{"hd_info":[{"hd_info_1":{"status":"normal","total_space_accurate":"127878135808B","free_space_accurate":"0B"}}]}})");
    put("getConnectionType", R"({"link_type":"wifi","rssiValue":-46})");
    return document;
}

TEST(Engine, ReadsCameraRowsFromTheDocument) {
    const Document document = camera_document();
    const auto read = [&](std::string_view id) { return json::serialize(read_value(row_of(tapo_camera_table(), id), document, 0)); };
    EXPECT_EQ(read("privacy"), R"("OFF")");
    EXPECT_EQ(read("led"), "null") << "auto is neither on nor off";
    EXPECT_EQ(read("motion_sensitivity"), "60") << "whole numbers must not be printed as 6E1";
    EXPECT_EQ(read("night_vision"), R"("auto")");
    EXPECT_EQ(read("rssi"), "-46");
    EXPECT_EQ(read("sd_total"), "1.278E2");
    EXPECT_EQ(read("sd_free"), "0");
    EXPECT_EQ(read("person_detection"), "null") << "never answered";
}

TEST(Engine, OffersOnlyWhatAnsweredOrIsListed) {
    const std::vector<Component> components = {{"lensMask", 2}, {"led", 1}, {"detection", 3}, {"dayNightMode", 1}, {"sdCard", 1}};
    Offer offer(tapo_camera_table(), components);
    EXPECT_TRUE(offer.update(camera_document(), 0));
    EXPECT_NE(offer.find("privacy"), nullptr);
    EXPECT_NE(offer.find("reboot"), nullptr) << "needs nothing";
    EXPECT_EQ(offer.find("ptz_left"), nullptr) << "ptz is not in the component list";
    EXPECT_EQ(offer.find("person_detection"), nullptr);
    EXPECT_FALSE(offer.update(camera_document(), 0)) << "nothing new";
    EXPECT_FALSE(offer.update({}, 0)) << "a missing value does not take the row away";
    EXPECT_NE(offer.find("privacy"), nullptr);
}

TEST(Engine, PtzRowsComeWithTheComponentAndThePresetAnswer) {
    Offer offer(tapo_camera_table(), {{"ptz", 1}});
    offer.update(camera_document(), 0);
    ASSERT_NE(offer.find("preset"), nullptr);
    EXPECT_NE(offer.find("ptz_up"), nullptr);
    EXPECT_EQ(options_of(*offer.find("preset"), camera_document()), (std::vector<std::string>{"Door", "Window"}));
    const auto value = parse_command(*offer.find("preset"), json::value("Window"), camera_document());
    ASSERT_TRUE(value);
    const auto request = make_request(*offer.find("preset"), *value, camera_document());
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "motorMoveToPreset");
    EXPECT_EQ(json::serialize(request->params), R"({"preset":{"goto_preset":{"id":"4"}}})");
    EXPECT_FALSE(parse_command(*offer.find("preset"), json::value("Garden"), camera_document()));
}

TEST(Engine, ADroppedQueryIsNotAskedAgainAndTheNextVariantWins) {
    Offer offer(tapo_plug_table(), {{"energy_monitoring", 2}});
    Document document;
    merge_answer(document, "get_energy_usage", json::parse(R"({"current_power":1500,"today_energy":1,"month_energy":2})"));
    offer.drop({"get_emeter_data", ""});
    offer.update(document, 0);
    ASSERT_NE(offer.find("power"), nullptr);
    EXPECT_EQ(offer.find("power")->query.method, "get_energy_usage");
    EXPECT_EQ(json::serialize(read_value(*offer.find("power"), document, 0)), "1.5E0");
    for (const Query& query : offer.queries(document)) EXPECT_NE(query.method, "get_emeter_data");
    offer.asked(offer.queries(document));
    for (const Query& query : offer.queries(document)) EXPECT_NE(query.method, "get_current_power") << "a variant that lost is not polled";
}

TEST(Engine, CommandsAreRangeCheckedAndSpelledAsTheDeviceWants) {
    const auto& table = tapo_camera_table();
    const Document document = camera_document();
    const auto request = [&](std::string_view id, json::value payload) -> std::string {
        const Capability& row = row_of(table, id);
        const auto value = parse_command(row, payload, document);
        if (!value) return value.error().what;
        const auto made = make_request(row, *value, document);
        return made ? made->method + " " + json::serialize(made->params) : made.error().what;
    };
    EXPECT_EQ(request("privacy", "ON"), R"(setLensMaskConfig {"lens_mask":{"lens_mask_info":{"enabled":"on"}}})");
    EXPECT_EQ(request("privacy", json::value(false)), R"(setLensMaskConfig {"lens_mask":{"lens_mask_info":{"enabled":"off"}}})");
    EXPECT_EQ(request("privacy", "maybe"), "expected ON or OFF");
    EXPECT_EQ(request("motion_sensitivity", "35"), R"(setDetectionConfig {"motion_detection":{"motion_det":{"digital_sensitivity":"35"}}})");
    EXPECT_EQ(request("motion_sensitivity", "101"), "expected a number from 1 to 100");
    EXPECT_EQ(request("motion_sensitivity", "nan"), "expected a number from 1 to 100");
    EXPECT_EQ(request("night_vision", "sideways"), "expected one of: auto, on, off");
    EXPECT_EQ(request("siren", "ON"), R"(setSirenStatus {"siren":{"status":"on"}})");
    EXPECT_EQ(request("ptz_left", "PRESS"), R"(motorMove {"motor":{"move":{"x_coord":"-10","y_coord":"0"}}})");
    EXPECT_EQ(request("rssi", "-46"), "rssi is read-only");
}

TEST(Engine, WholeObjectSettersSendWhatWasReadWithOneChange) {
    Document document(testing::plug_answers());
    const Capability& led = row_of(tapo_plug_table(), "led");
    const auto value = parse_command(led, json::value("OFF"), document);
    ASSERT_TRUE(value);
    const auto request = make_request(led, *value, document);
    ASSERT_TRUE(request);
    EXPECT_EQ(json::serialize(request->params), R"({"led_rule":"never","led_status":true,"night_mode":{"start_time":1}})");
    EXPECT_FALSE(make_request(led, *value, {})) << "not read yet: nothing may be invented";
    const Capability& state = row_of(tapo_plug_table(), "state");
    EXPECT_EQ(json::serialize(make_request(state, *parse_command(state, "ON", document), document)->params), R"({"device_on":true})");
}

TEST(Engine, OnSinceDoesNotJitterWithThePolls) {
    const Document document(testing::plug_answers());
    const std::vector<const Capability*> rows = {&row_of(tapo_plug_table(), "on_since")};
    const json::object first = render(rows, document, {}, 1'000'000);
    EXPECT_EQ(first.at("on_since"), json::value("1970-01-12T13:45:00+00:00"));
    EXPECT_EQ(render(rows, document, first, 1'000'002), first) << "two seconds of poll timing";
    EXPECT_NE(render(rows, document, first, 1'000'060), first);
}

TEST(Engine, ConfirmationComparesWhatIsPublished) {
    const Capability& sensitivity = row_of(tapo_camera_table(), "motion_sensitivity");
    EXPECT_TRUE(confirms(sensitivity, json::value(35), json::value("35")));
    EXPECT_FALSE(confirms(sensitivity, json::value(60), json::value("35")));
    EXPECT_FALSE(confirms(sensitivity, json::value(nullptr), json::value("35")));
    const Capability& state = row_of(tapo_plug_table(), "state");
    EXPECT_TRUE(confirms(state, json::value("ON"), json::value(true)));
    EXPECT_FALSE(confirms(state, json::value("OFF"), json::value(true)));
}

TEST(Engine, ADeviceThatNamesNewKeysAtEveryPollDoesNotFillTheMemory) {
    Document document;
    for (int poll = 0; poll < 100; ++poll)
        merge_answer(document, "get_device_info", json::object{{"key" + std::to_string(poll), json::string(100'000, 'x')}});
    EXPECT_LT(json::serialize(document).size(), 2'000'000U);
    EXPECT_TRUE(document.at("get_device_info").as_object().contains("key99")) << "what is new stays";
}

TEST(Engine, HostileDocumentsAreReadAsAbsent) {
    for (const char* text : {R"({"getLensMaskConfig":[1,2]})", R"({"getLensMaskConfig":{"lens_mask":"x"}})", R"({"getSdCardStatus":{"harddisk_manage":{"hd_info":[]}}})",
                             R"({"getConnectionType":{"rssiValue":{"a":1}}})", R"({"getPresetConfig":{"preset":{"preset":{"name":[1,null,"x"],"id":[]}}}})"}) {
        const Document document = json::parse(text).as_object();
        for (const Capability& row : tapo_camera_table()) {
            const bool from_events = row.query.method.empty();  // off until something happens
            if (row.latch_s == 0 && !from_events) {
                EXPECT_TRUE(read_value(row, document, 0).is_null()) << row.id << " " << text;
            }
            make_request(row, json::value("x"), document);  // must not crash, whatever it says
        }
    }
}

}  // namespace
}  // namespace tplink::gateway
