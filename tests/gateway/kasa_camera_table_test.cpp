// What a Kasa camera's rows say and send.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "gateway/capabilities/engine.hpp"
#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

struct Camera {
    Document document;
    Offer offer{kasa_camera_table(), {}};

    explicit Camera(const std::string& name) {
        std::ifstream in(std::string(TEST_DATA_DIR) + "/documents/kasa_camera/" + name);
        document = json::parse(std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>())).as_object();
        offer.update(document, kNow);
    }
    json::value shows(std::string_view id) const {
        const Capability* row = offer.find(id);
        return row == nullptr ? json::value("not offered") : read_value(*row, document, kNow);
    }
    /// method and params of what a command sends; the sentence when it is refused.
    std::string sends(std::string_view id, const json::value& payload) const {
        const Capability* row = offer.find(id);
        if (row == nullptr) return "not offered";
        const auto value = parse_command(*row, payload, document);
        if (!value) return value.error().what;
        const auto request = make_request(*row, *value, document);
        return request ? request->method + " " + json::serialize(request->params) : request.error().what;
    }
};

TEST(KasaCameraTable, PrivacyIsTheCameraSwitchTheOtherWayRound) {
    const Camera on("pan_tilt.json");
    const Camera off("older_indoor.json");
    EXPECT_EQ(on.shows("privacy"), json::value("OFF"));
    EXPECT_EQ(off.shows("privacy"), json::value("ON"));
    EXPECT_EQ(on.sends("privacy", "ON"), R"(switch.set_is_enable {"value":"off"})");
    EXPECT_EQ(on.sends("privacy", "OFF"), R"(switch.set_is_enable {"value":"on"})");
}

TEST(KasaCameraTable, MovesWithTheExactWords) {
    const Camera camera("pan_tilt.json");
    EXPECT_EQ(camera.sends("ptz_up", "PRESS"), R"(ptz.set_move {"direction":"top","speed":5})");
    EXPECT_EQ(camera.sends("ptz_down_right", "PRESS"), R"(ptz.set_move {"direction":"bottom right","speed":5})");
    EXPECT_EQ(camera.sends("ptz_stop", "PRESS"), "ptz.set_stop null");
    EXPECT_EQ(Camera("older_indoor.json").sends("ptz_up", "PRESS"), "not offered");
}

TEST(KasaCameraTable, PresetsByNameOrNumber) {
    const Camera camera("pan_tilt.json");
    EXPECT_EQ(options_of(*camera.offer.find("preset"), camera.document), (std::vector<std::string>{"Door", "Preset 2"}));
    EXPECT_EQ(camera.sends("preset", "Door"), R"(ptz.set_run_to_preset {"index":1})");
    EXPECT_EQ(camera.sends("preset", "Preset 2"), R"(ptz.set_run_to_preset {"index":2})");
    EXPECT_EQ(camera.sends("preset", "Roof"), "expected one of: Door, Preset 2");
}

TEST(KasaCameraTable, NumbersAndListsKeepTheirForm) {
    const Camera camera("pan_tilt.json");
    EXPECT_EQ(camera.shows("rotation"), json::value("180"));
    EXPECT_EQ(camera.sends("rotation", "0"), R"(videoControl.set_rotation_degree {"value":0})");
    EXPECT_EQ(camera.shows("power_frequency"), json::value("50 Hz"));
    EXPECT_EQ(camera.sends("power_frequency", "60 Hz"), R"(videoControl.set_power_frequency {"value":60})");
    EXPECT_EQ(camera.shows("resolution"), json::value("1080P"));
    EXPECT_EQ(camera.sends("resolution", "720P"), R"(videoControl.set_resolution {"value":[{"channel":1,"resolution":"720P"}]})");
    EXPECT_EQ(camera.shows("night_vision"), json::value("on"));
    EXPECT_EQ(camera.sends("night_vision", "off"), R"(dayNight.set_mode {"value":"day"})");
}

TEST(KasaCameraTable, BothLevelsAreSentTogether) {
    const Camera camera("older_indoor.json");
    EXPECT_EQ(camera.shows("motion_sensitivity_day"), json::value(60));
    EXPECT_EQ(camera.sends("motion_sensitivity_night", 55), R"(motionDetect.set_sensitivity_level {"day_mode_level":60,"night_mode_level":55})");
    EXPECT_EQ(camera.shows("motion_sensitivity"), json::value("not offered"));
    EXPECT_EQ(camera.shows("recording"), json::value("ON")) << "the second variant answers";
    EXPECT_EQ(camera.sends("recording", "OFF"), R"(vod.set_is_enable {"value":"off"})");
}

TEST(KasaCameraTable, OddTypesAreRead) {
    EXPECT_EQ(Camera("older_indoor.json").shows("do_not_disturb"), json::value("ON"));
    EXPECT_EQ(Camera("pan_tilt.json").shows("do_not_disturb"), json::value("OFF"));
    EXPECT_TRUE(Camera("older_indoor.json").shows("last_activity").is_null());
    EXPECT_EQ(Camera("pan_tilt.json").shows("motion"), json::value("OFF"));
}

}  // namespace
}  // namespace tplink::gateway
