// What every recorded plug, strip, switch and bulb must yield: the readings another implementation derives from the same
// recordings (plugs-features.json beside DEVICE_DOCUMENTS_DIR). Passes without them.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>

#include "gateway/capabilities/energy.hpp"
#include "gateway/capabilities/tables.hpp"
#include "protocols/base/bytes.hpp"
#include "protocols/kasa/iot.hpp"
#include "tests/gateway/recorded.hpp"

namespace tplink::gateway {
namespace {

/// Their word -> our row. Empty: not shown on purpose.
const std::map<std::string, std::string>& words() {
    static const std::map<std::string, std::string> table = {
        {"state", "state"}, {"brightness", "brightness"}, {"color_temperature", "color_temp"}, {"hsv", "color"}, {"light_preset", "light_preset"},
        {"consumption_today", "energy_today"}, {"consumption_this_month", "energy_month"}, {"consumption_total", "energy_counter"}, {"current", "current"},
        {"voltage", "voltage"}, {"current_consumption", "power"}, {"auto_off_enabled", "auto_off"}, {"auto_off_minutes", "auto_off_minutes"},
        {"auto_off_at", "auto_off_at"}, {"auto_update_enabled", "auto_update"}, {"available_firmware_version", "firmware_latest"},
        {"update_available", "firmware_latest"}, {"current_firmware_version", "firmware"}, {"cloud_connection", "cloud_connection"}, {"led", "led"},
        {"on_since", "on_since"}, {"overheated", "overheated"}, {"overloaded", "overloaded"}, {"power_protection_threshold", "power_protection"},
        {"reboot", "reboot"}, {"rssi", "rssi"}, {"signal_level", "signal_level"}, {"smooth_transition_on", "transition_on"},
        {"smooth_transition_off", "transition_off"}, {"smooth_transitions", "smooth_transitions"}, {"fan_speed_level", "fan_speed"},
        {"fan_sleep_mode", "fan_sleep_mode"}, {"alarm", "alarm"}, {"battery_level", "battery"}, {"battery_low", "battery_low"}, {"child_lock", "child_lock"},
        {"target_temperature", "target_temperature"}, {"temperature", "temperature"}, {"temperature_offset", "temperature_offset"},
        {"ambient_light", "ambient_light"}, {"ambient_light_enabled", "ambient_light_sensor"}, {"pir_enabled", "motion_sensor"}, {"pir_range", "motion_range"},
        {"dimmer_fade_on_time", "fade_on_time"}, {"dimmer_fade_off_time", "fade_off_time"}, {"dimmer_gentle_on_time", "gentle_on_time"},
        {"dimmer_gentle_off_time", "gentle_off_time"}};
    return table;
}

/// Rows of a table with this id whose answers the recording holds.
bool is_recorded(std::span<const Capability> table, const std::string& id, const Document& document) {
    for (const Capability& row : table)
        if (row.id == id && (row.when == nullptr || row.when(document)) && (row.query.method.empty() || document.contains(row.query.method))) return true;
    return false;
}

void expect_features(const std::string& name, const json::object& features, const Table& table, const std::vector<Component>& components,
                     const Document& document, std::size_t& checked) {
    Offer offer(table.rows, components);
    offer.update(document, recorded::kNow);
    for (const auto& [feature, facts] : features) {
        const auto word = words().find(std::string(feature));
        if (word == words().end()) continue;
        if (feature == "on_since" && name.starts_with("L")) continue;  // these bulbs tell no on_time: theirs is made up
        if (feature == "on_since" && document.contains(kSumKey)) continue;  // of a strip: its outlets tell
        if (feature == "light_preset" && json::serialize(document).find(R"("preferred_state":[])") != std::string::npos) continue;
        if (!is_recorded(table.rows, word->second, document)) continue;  // their client asks it; the recorder did not
        EXPECT_NE(offer.find(word->second), nullptr) << name << ": " << feature << " -> " << word->second;
        ++checked;
    }
}

TEST(PlugFeatures, EveryRecordedDeviceYieldsWhatItsComponentsPromise) {
    const auto vector = recorded::features();
    if (!vector) GTEST_SKIP() << "no recordings here";
    std::size_t checked = 0;
    for (const auto& recording : recorded::plugs()) {
        const json::value* expected = vector->if_contains(recording.name);
        if (expected == nullptr) continue;
        const Table table = table_of(recording.family);
        const auto children = recorded::children(recording);
        Document document = recording.document;
        if (const json::object sums = recorded::sums(children); !sums.empty()) document[kSumKey] = sums;
        expect_features(recording.name, expected->at("features").as_object(), table, recording.identity.components, document, checked);
        EXPECT_EQ(static_cast<std::int64_t>(children.size()), expected->at("children_count").as_int64()) << recording.name;
        const json::array& theirs = expected->at("children").as_array();
        if (theirs.empty() || children.empty()) continue;
        // Their first child is any of ours: outlets of one strip are alike, others are told apart by what they have.
        const json::object& features = theirs.front().at("features").as_object();
        const bool alike = std::all_of(children.begin(), children.end(), [&](const auto& child) { return child.kind == children.front().kind; });
        if (alike) expect_features(recording.name + " child", features, children.front().table, children.front().components, children.front().document, checked);
    }
    EXPECT_GT(checked, 500U);
}

TEST(PlugFeatures, NoOfferedRowOfARecordingIsUnresolved) {
    for (const auto& recording : recorded::plugs()) {
        Offer offer(table_of(recording.family).rows, recording.identity.components);
        offer.update(recording.document, recorded::kNow);
        const json::object state = render(offer.rows(), recording.document, {}, recorded::kNow);
        // Null by meaning: nothing pending, nothing lit, in colour mode, a preset that is not shown.
        const std::set<std::string> may_be_null = {"on_since", "auto_off_at", "color_temp", "light_preset", "firmware_progress", "energy_total"};
        for (const auto& [id, value] : state)
            EXPECT_TRUE(!value.is_null() || may_be_null.contains(std::string(id))) << recording.name << " " << id;
    }
}

TEST(PlugFeatures, AColourBulbIsALightAndAPlugIsNone) {
    for (const auto& recording : recorded::plugs()) {
        Offer offer(table_of(recording.family).rows, recording.identity.components);
        offer.update(recording.document, recorded::kNow);
        const bool dims = offer.find("brightness") != nullptr;
        const bool says_so = recording.document.contains("get_device_info") ? recording.document.at("get_device_info").as_object().contains("brightness")
                                                                             : recording.identity.device_type.find("BULB") != std::string::npos || offer.find("fade_on_time") != nullptr;
        EXPECT_EQ(dims, says_so) << recording.name;
    }
}

struct Promise {
    const char* document;
    Family family;
    std::vector<std::string> device, child, not_device;
};

class OwnDocuments : public ::testing::TestWithParam<Promise> {};

TEST_P(OwnDocuments, OfferWhatTheirKindHas) {
    const Promise& promise = GetParam();
    bool seen = false;
    for (const auto& recording : recorded::plugs()) {
        if (recording.name != promise.document || recording.family != promise.family) continue;
        seen = true;
        Offer offer(table_of(recording.family).rows, recording.identity.components);
        offer.update(recording.document, recorded::kNow);
        for (const std::string& id : promise.device) EXPECT_NE(offer.find(id), nullptr) << id;
        for (const std::string& id : promise.not_device) EXPECT_EQ(offer.find(id), nullptr) << id;
        const auto children = recorded::children(recording);
        EXPECT_EQ(children.empty(), promise.child.empty());
        if (children.empty()) continue;
        Offer first(children.front().table.rows, children.front().components);
        first.update(children.front().document, recorded::kNow);
        for (const std::string& id : promise.child) EXPECT_NE(first.find(id), nullptr) << "child: " << id;
        EXPECT_EQ(first.find("reboot"), nullptr);
    }
    EXPECT_TRUE(seen);
}

INSTANTIATE_TEST_SUITE_P(
    PlugFeatures, OwnDocuments,
    ::testing::Values(
        Promise{"newest_meter", Family::tapo_plug, {"state", "power", "voltage", "current", "energy_today", "energy_month", "energy_total", "power_protection", "overloaded", "child_lock", "countdown", "auto_off_at", "led_rule", "firmware_latest", "auto_update", "power_on_behavior"}, {}, {"brightness"}},
        Promise{"metering_strip", Family::tapo_plug, {"led", "firmware", "reboot"}, {"state", "power", "energy_today", "energy_total", "power_protection", "auto_off", "power_on_behavior"}, {"state", "on_since"}},
        Promise{"hub_with_sensors", Family::tapo_plug, {"alarm", "led"}, {"temperature", "target_temperature", "heating", "child_lock", "battery", "rssi"}, {"state"}},
        Promise{"dimmer_switch", Family::tapo_plug, {"state", "brightness", "light_preset", "transition_on", "transition_off", "power_on_behavior"}, {}, {"color", "smooth_transitions"}},
        Promise{"colour_bulb_v1", Family::tapo_plug, {"state", "brightness", "color", "color_temp", "color_mode", "light_preset", "smooth_transitions"}, {}, {"transition_on", "led"}},
        Promise{"meter_old_units", Family::kasa_plug, {"state", "power", "voltage", "current", "energy_today", "energy_month", "energy_counter", "energy_total", "led", "cloud_connection", "countdown", "on_since"}, {}, {"brightness"}},
        Promise{"meter_new_units", Family::kasa_plug, {"state", "power", "voltage", "current", "energy_counter"}, {}, {}},
        Promise{"plain_plug", Family::kasa_plug, {"state", "led", "rssi", "reboot"}, {}, {"power", "energy_total"}},
        Promise{"metering_strip", Family::kasa_plug, {"state", "led"}, {"state", "power", "energy_total", "on_since"}, {"on_since"}},
        Promise{"wall_switch", Family::kasa_plug, {"state", "motion_sensor", "motion_range", "ambient_light", "ambient_light_sensor"}, {}, {"power"}},
        Promise{"dimmer", Family::kasa_plug, {"state", "brightness", "light_preset", "fade_on_time", "gentle_off_time"}, {}, {}},
        Promise{"colour_bulb", Family::kasa_plug, {"state", "brightness", "color", "color_temp", "color_mode", "light_preset", "power", "energy_total", "cloud_connection"}, {}, {"led"}},
        Promise{"light_strip", Family::kasa_plug, {"state", "brightness", "color", "color_temp", "power"}, {}, {"led"}}),
    [](const auto& item) { return std::string(item.param.family == Family::tapo_plug ? "smart_" : "iot_") + item.param.document; });

}  // namespace
}  // namespace tplink::gateway
