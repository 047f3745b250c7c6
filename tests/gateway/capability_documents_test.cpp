// Every row over every recorded document: our own, and those under DEVICE_DOCUMENTS_DIR when it is set.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>

#include "gateway/capabilities/engine.hpp"
#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

struct Sample {
    std::string name;
    std::span<const Capability> table;
    std::vector<Component> components;
    Document document;
};

std::optional<Document> read_document(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    boost::system::error_code ec;
    const json::value value = json::parse(text, ec);
    if (ec || !value.is_object()) return std::nullopt;
    return value.get_object();
}

std::vector<Component> components_of(const Document& document) {
    std::vector<Component> out;
    boost::system::error_code ec;
    const json::value whole(document);
    for (const auto& [pointer, key] : {std::pair{"/getAppComponentList/app_component/app_component_list", "name"}, std::pair{"/component_nego/component_list", "id"}}) {
        const json::value* list = whole.find_pointer(pointer, ec);
        if (list == nullptr || !list->is_array()) continue;
        for (const json::value& item : list->get_array()) out.push_back({std::string(item.at(key).as_string()), 1});
    }
    return out;
}

/// Recordings hold {"error_code": n} where the device refused: the session would have reported that, not the result.
void drop_refusals(Document& document) {
    for (auto at = document.begin(); at != document.end();) {
        const json::object* result = at->value().if_object();
        const bool refused = result != nullptr && result->size() == 1 && result->contains("error_code");
        at = refused ? document.erase(at) : at + 1;
    }
}

std::vector<Sample> samples() {
    std::vector<std::pair<std::filesystem::path, std::span<const Capability>>> folders = {
        {std::filesystem::path(TEST_DATA_DIR) / "documents/tapo_camera", tapo_camera_table()},
        {std::filesystem::path(TEST_DATA_DIR) / "documents/tapo_plug", tapo_plug_table()},
        {std::filesystem::path(TEST_DATA_DIR) / "documents/kasa_camera", kasa_camera_table()}};
    if (const char* more = std::getenv("DEVICE_DOCUMENTS_DIR"); more != nullptr) {
        folders.emplace_back(std::filesystem::path(more) / "smartcam", tapo_camera_table());
        folders.emplace_back(std::filesystem::path(more) / "smart", tapo_plug_table());
    }
    std::vector<Sample> out;
    for (const auto& [folder, table] : folders) {
        if (!std::filesystem::exists(folder)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() != ".json") continue;
            auto document = read_document(entry.path());
            if (!document) {
                ADD_FAILURE() << entry.path() << " is no JSON object";
                continue;
            }
            drop_refusals(*document);
            Sample sample{entry.path().filename(), table, components_of(*document), std::move(*document)};
            out.push_back(std::move(sample));
        }
    }
    return out;
}

std::set<std::string> offered_ids(const Sample& sample) {
    Offer offer(sample.table, sample.components);
    offer.update(sample.document, kNow);
    std::set<std::string> ids;
    for (const Capability* row : offer.rows()) ids.emplace(row->id);
    return ids;
}

TEST(CapabilityDocuments, EveryOfferedValueFitsItsKind) {
    std::size_t read = 0;
    for (const Sample& sample : samples()) {
        Offer offer(sample.table, sample.components);
        offer.update(sample.document, kNow);
        EXPECT_FALSE(offer.rows().empty()) << sample.name;
        const json::object state = render(offer.rows(), sample.document, {}, kNow);
        for (const Capability* row : offer.rows()) {
            if (std::holds_alternative<Press>(row->kind)) continue;
            const json::value& value = state.at(row->id);
            SCOPED_TRACE(sample.name + " " + std::string(row->id) + " " + json::serialize(value));
            if (value.is_null()) continue;
            ++read;
            if (std::holds_alternative<OnOff>(row->kind)) {
                EXPECT_TRUE(value == json::value("ON") || value == json::value("OFF"));
            } else if (const auto* number = std::get_if<Number>(&row->kind)) {
                const double published = value.to_number<double>();
                EXPECT_GE(published, number->min);
                EXPECT_LE(published, number->max);
            } else if (std::holds_alternative<Choice>(row->kind)) {
                const auto options = options_of(*row, sample.document);
                EXPECT_NE(std::find(options.begin(), options.end(), std::string(value.as_string())), options.end());
            } else {
                EXPECT_FALSE(value.as_string().empty());
            }
        }
    }
    EXPECT_GT(read, 30U) << "the documents were not read";
}

TEST(CapabilityDocuments, EveryWritableRowTakesBackWhatItPublished) {
    for (const Sample& sample : samples()) {
        Offer offer(sample.table, sample.components);
        offer.update(sample.document, kNow);
        for (const Capability* row : offer.rows()) {
            if (!is_writable(*row)) continue;
            SCOPED_TRACE(sample.name + " " + std::string(row->id));
            json::value payload = std::holds_alternative<Press>(row->kind) ? json::value("PRESS") : read_value(*row, sample.document, kNow);
            if (const auto options = options_of(*row, sample.document); payload.is_null() && !options.empty()) payload = json::value(options.front());
            if (row->id == "countdown") payload = json::value(0);  // devices take one at a time: what runs can only be ended
            if (payload.is_null()) continue;
            const auto value = parse_command(*row, payload, sample.document);
            ASSERT_TRUE(value) << value.error().what;
            const auto request = make_request(*row, *value, sample.document);
            ASSERT_TRUE(request) << request.error().what;
            EXPECT_FALSE(request->method.empty());
            if (!std::holds_alternative<Press>(row->kind) && !std::holds_alternative<DynamicChoice>(row->kind) && row->latch_s == 0 &&
                !(std::holds_alternative<OnOff>(row->kind) && std::get<OnOff>(row->kind).any_other_is_on)) {
                EXPECT_TRUE(confirms(*row, payload, *value)) << json::serialize(payload) << " against " << json::serialize(*value);
            }
        }
    }
}

/// What a component of a camera promises, whatever the model: these rows, each with a value.
constexpr std::pair<std::string_view, std::string_view> kPromises[] = {
    {"lensMask", "privacy"}, {"led", "led"}, {"detection", "motion_detection"}, {"detection", "motion_sensitivity"},
    {"personDetection", "person_detection"}, {"vehicleDetection", "vehicle_detection"},
    {"vehicleDetection", "vehicle_sensitivity"}, {"petDetection", "pet_detection"}, {"petDetection", "pet_sensitivity"},
    {"babyCryDetection", "baby_cry_detection"}, {"babyCryDetection", "baby_cry_sensitivity"}, {"barkDetection", "bark_detection"},
    {"barkDetection", "bark_sensitivity"}, {"meowDetection", "meow_detection"}, {"glassDetection", "glass_detection"},
    {"tamperDetection", "tamper_detection"}, {"tamperDetection", "tamper_sensitivity"}, {"linecrossingDetection", "line_crossing_detection"},
    {"alert", "siren"}, {"alert", "alarm"}, {"alert", "alarm_type"}, {"alert", "alarm_volume"}, {"alert", "alarm_duration"},
    {"alert", "alarm_sound"}, {"alert", "alarm_light"}, {"alert", "alarm_plan"}, {"siren", "siren"}, {"siren", "siren_type"},
    {"siren", "siren_volume"}, {"siren", "siren_duration"}, {"whiteLamp", "spotlight"}, {"whiteLamp", "spotlight_brightness"},
    {"whiteLamp", "spotlight_duration"}, {"dayNightMode", "night_vision"}, {"videoRotation", "flip"}, {"ldc", "lens_distortion"},
    {"lightFrequency", "light_frequency"}, {"video", "quality"}, {"video", "video_codec"}, {"video", "frame_rate"}, {"ptz", "preset"},
    {"ptz", "ptz_left"}, {"targetTrack", "auto_track"}, {"sdCard", "sd_status"}, {"sdCard", "sd_format"}, {"sdCard", "record_loop"},
    {"record", "record_to_sd"}, {"record", "record_mode"}, {"audio", "speaker_volume"}, {"audio", "microphone_volume"},
    {"battery", "battery"}, {"battery", "charging"}, {"battery", "low_battery"}, {"battery", "power_source"}, {"msgPush", "notifications"},
    {"timezone", "time_zone"}, {"dateTime", "time_zone"}, {"firmware", "firmware_state"}, {"firmware", "firmware_auto"},
    {"system", "firmware"}, {"system", "last_event"}, {"system", "link_type"}, {"nightVisionMode", "night_vision_mode"},
};

/// Rows without a value of their own, and what may honestly be nothing: no picked preset, no event yet, no card.
bool may_be_null(std::string_view id) { return id == "preset" || id == "led" /* auto */ || id == "last_event" || id == "sd_format" || id.starts_with("ptz_"); }

TEST(CapabilityDocuments, EveryCameraRendersWhatItsComponentsPromise) {
    std::size_t checked = 0;
    for (const Sample& sample : samples()) {
        if (sample.table.data() != tapo_camera_table().data()) continue;
        Offer offer(sample.table, sample.components);
        offer.update(sample.document, kNow);
        const json::object state = render(offer.rows(), sample.document, {}, kNow);
        for (const auto& [component, id] : kPromises) {
            const bool listed = std::any_of(sample.components.begin(), sample.components.end(), [&](const Component& c) { return c.name == component; });
            // A recorder that never asked the method proves nothing about it.
            const bool asked = std::any_of(sample.table.begin(), sample.table.end(), [&](const Capability& row) {
                const json::value* result = sample.document.if_contains(row.query.method);
                const auto module = row.pointer.substr(0, row.pointer.find('/', 1));
                boost::system::error_code ec;
                return row.id == id && (row.needs.empty() || row.needs == component) && result != nullptr &&
                       result->find_pointer(module, ec) != nullptr && (row.also.method.empty() || sample.document.contains(row.also.method));
            });
            if (!listed || !asked) continue;
            SCOPED_TRACE(sample.name + " " + std::string(component) + " " + std::string(id));
            ++checked;
            EXPECT_NE(offer.find(id), nullptr);
            const json::value* value = state.if_contains(id);
            EXPECT_TRUE(may_be_null(id) || (value != nullptr && !value->is_null()));
        }
    }
    EXPECT_GT(checked, 60U);
}

TEST(CapabilityDocuments, IdsOfVariantsStandTogetherOverAllChapters) {
    const auto table = tapo_camera_table();
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const bool variant = i > 0 && table[i - 1].id == table[i].id;
        EXPECT_TRUE(variant ? table[i].name == table[i - 1].name : seen.insert(table[i].id).second) << table[i].id;
    }
    EXPECT_GT(seen.size(), 90U);
}

TEST(CapabilityDocuments, OurOwnDocumentsOfferWhatTheyShould) {
    for (const Sample& sample : samples()) {
        const auto ids = offered_ids(sample);
        if (sample.name == "wired_pan_tilt.json") {
            for (const char* id : {"alarm", "alarm_sound", "alarm_light", "privacy", "led", "motion_detection", "motion_sensitivity", "person_detection", "siren", "night_vision", "ptz_left", "preset", "rssi", "sd_status", "sd_free", "firmware", "reboot"})
                EXPECT_TRUE(ids.contains(id)) << id;
        } else if (sample.name == "floodlight.json") {
            EXPECT_TRUE(ids.contains("siren"));
            EXPECT_FALSE(ids.contains("ptz_left"));
            EXPECT_FALSE(ids.contains("rssi")) << "wired: no signal";
        } else if (sample.name == "metering_plug.json") {
            for (const char* id : {"state", "power", "voltage", "current", "energy_today", "energy_month", "led", "auto_off", "auto_off_minutes", "overheated", "on_since", "rssi"})
                EXPECT_TRUE(ids.contains(id)) << id;
        } else if (sample.name == "chime.json") {
            for (const char* id : {"paired_devices", "rssi", "firmware", "reboot"}) EXPECT_TRUE(ids.contains(id)) << id;
            EXPECT_FALSE(ids.contains("state"));
        } else if (sample.name == "first_generation.json") {
            EXPECT_FALSE(ids.contains("paired_devices"));
            EXPECT_TRUE(ids.contains("overheated"));
            EXPECT_FALSE(ids.contains("power"));
            EXPECT_FALSE(ids.contains("auto_off"));
        }
    }
}

}  // namespace
}  // namespace tplink::gateway
