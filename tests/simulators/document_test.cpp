// Cameras and hubs made of documents: every set can be read back, every recording loads.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/simulators/document/document_camera.hpp"
#include "tests/simulators/hand_clock.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

json::object load(const std::filesystem::path& path) {
    std::ifstream in(path);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return json::parse(text).as_object();
}

std::filesystem::path own(const char* name) {
    return std::filesystem::path(TEST_DATA_DIR) / "documents" / name;
}

class FromDocument : public ::testing::Test {
protected:
    void make(const char* name, DocumentTraits traits = {}) {
        json::object document = load(own(name));
        std::map<std::string, json::object> children;
        if (const json::value* given = document.if_contains("children"))
            for (const auto& [id, child] : given->as_object()) children[id] = child.as_object();
        document.erase("children");
        camera_ = std::make_unique<DocumentCamera>(document, children, traits, clock_.world());
    }
    json::object answer(const char* method, const char* params) {
        return camera_->answer({{"method", method}, {"params", json::parse(params)}});
    }
    json::value ask(const char* method, const char* params) {
        const json::object out = answer(method, params);
        EXPECT_EQ(out.at("error_code"), 0) << method << " " << json::serialize(out);
        return out.contains("result") ? out.at("result") : json::value(json::object());
    }
    int refusal(const char* method, const char* params) {
        return answer(method, params).at("error_code").to_number<int>();
    }

    HandClock clock_;
    std::unique_ptr<DocumentCamera> camera_;
};

TEST_F(FromDocument, SetIsSeenByEveryGetterOfTheSection) {
    make("tapo_camera/pan_tilt_with_everything.json");
    ask("setLdc", R"({"image":{"switch":{"flip_type":"center"}}})");
    EXPECT_EQ(
        ask("getRotationStatus", R"({"image":{"name":["switch"]}})").at_pointer("/image/switch/flip_type"),
        "center");
    ask("setSpeakerVolume", R"({"method":"set","audio_config":{"speaker":{"volume":35}}})");
    EXPECT_EQ(ask("getAudioConfig", R"({"audio_config":{"name":["speaker"]}})")
                  .at_pointer("/audio_config/speaker/volume"),
              "35");
    EXPECT_EQ(
        refusal("setDetectionConfig", R"({"motion_detection":{"motion_det":{"digital_sensitivity":"101"}}})"),
        -40209);
    EXPECT_EQ(
        refusal("setDetectionConfig", R"({"motion_detection":{"motion_det":{"digital_sensitivity":50}}})"),
        -40209);
    EXPECT_EQ(refusal("setDetectionConfig", R"({"motion_detection":{"motion_det":{"colour":"red"}}})"),
              -40101);
    EXPECT_EQ(refusal("getHomekit", R"({"homekit":{}})"), -40106);
    EXPECT_EQ(refusal("setHomekit", R"({"homekit":{"x":{"y":"z"}}})"), -40106);
}

TEST_F(FromDocument, FlatResultsAreReachedByTheirMethod) {
    make("tapo_camera/pan_tilt_with_everything.json");
    ask("setSirenConfig", R"({"siren":{"duration":60,"siren_type":"Emergency","volume":"3"}})");
    EXPECT_EQ(ask("getSirenConfig", R"({"siren":{}})").at("duration"), 60);
    ask("setSirenStatus", R"({"msg_alarm":{"status":"on"}})");
    EXPECT_EQ(ask("getSirenStatus", R"({"msg_alarm":{}})").at("time_left"), 30);
    *clock_.now += std::chrono::seconds(31);
    EXPECT_EQ(ask("getSirenStatus", R"({"msg_alarm":{}})").at("status"), "off");
}

TEST_F(FromDocument, ActionsWorkInBothStyles) {
    make("tapo_camera/pan_tilt_with_everything.json");
    ask("reverseWhitelampStatus", R"({"image":{"reverse_wtl_status":["null"]}})");
    EXPECT_EQ(ask("getWhitelampStatus", R"({"image":{"get_wtl_status":["null"]}})").at("status"), 1);
    EXPECT_EQ(
        camera_
            ->answer(json::parse(R"({"method":"do","msg_alarm":{"manual_msg_alarm":{"action":"start"}}})")
                         .as_object())
            .at("error_code"),
        0);
    EXPECT_EQ(camera_->state().at("siren"), "on");
    ask("addMotorPostion", R"({"preset":{"set_preset":{"name":"Door","save_ptz":"1"}}})");
    EXPECT_EQ(ask("getPresetConfig", R"({"preset":{"name":["preset"]}})").at_pointer("/preset/preset/name"),
              (json::array{"Gate", "Door"}));
    ask("deletePreset", R"({"preset":{"remove_preset":{"id":["1"]}}})");
    EXPECT_EQ(ask("getPresetConfig", R"({"preset":{"name":["preset"]}})").at_pointer("/preset/preset/id"),
              json::array({"2"}));
    EXPECT_EQ(refusal("motorMoveToPreset", R"({"preset":{"goto_preset":{"id":"9"}}})"), -64302);
    ask("setHDR", R"({"video":{"set_hdr":{"hdr":1,"secname":"main"}}})");
    EXPECT_EQ(ask("getVideoQualities", R"({"video":{"name":["main"]}})").at_pointer("/video/main/hdr"), "1");
    ask("setLensMaskConfig", R"({"lens_mask":{"lens_mask_info":{"enabled":"on"}}})");
    EXPECT_TRUE(camera_->privacy_on());
    EXPECT_EQ(refusal("motorMove", R"({"motor":{"move":{"x_coord":"10","y_coord":"0"}}})"), -64324);
}

TEST_F(FromDocument, DetectionsAreListedByTheMask) {
    make("tapo_camera/pan_tilt_with_everything.json");
    const std::int64_t now = clock_.world().unix_s();
    const std::string window = R"({"playback":{"search_detection_list":{"channel":0,"start_time":)" +
                               std::to_string(now - 60) + R"(,"end_time":)" + std::to_string(now + 60) +
                               R"(,"start_index":0,"end_index":99}}})";
    EXPECT_EQ(ask("searchDetectionList", window.c_str()), json::object());
    std::vector<std::string> seen;
    camera_->set_event_hook(
        [&](const CameraEvent& event) { seen.push_back(event.kind + (event.active ? "+" : "-")); });
    ASSERT_TRUE(camera_->set_state(json::parse(R"({"event":{"kind":"motion"}})").as_object()));
    ASSERT_TRUE(camera_->set_state(json::parse(R"({"event":{"kind":"person","active":true}})").as_object()));
    ASSERT_TRUE(camera_->set_state(json::parse(R"({"event":{"kind":"motion","active":false}})").as_object()));
    EXPECT_FALSE(camera_->set_state(json::parse(R"({"event":{"kind":"ghost"}})").as_object()));
    EXPECT_EQ(seen, (std::vector<std::string>{"motion+", "person+", "motion-"}));
    const json::value list =
        ask("searchDetectionList", window.c_str()).at_pointer("/playback/search_detection_list");
    EXPECT_EQ(list.as_array().size(), 1U);
    EXPECT_EQ(list.at(0).at("events_1"), 34U);
    EXPECT_EQ(list.at(0).at("alarm_type"), 6);
    EXPECT_EQ(ask("getLastAlarmInfo", R"({"system":{"name":["last_alarm_info"]}})")
                  .at_pointer("/system/last_alarm_info/last_alarm_type"),
              "person");
}

TEST_F(FromDocument, HubAnswersForItsChildren) {
    make("tapo_hub/h200_with_doorbell.json",
         {.shuffles_batches = true, .breaks_batches = "getAudioConfig", .strict_params = true});
    const json::value list = ask("getChildDeviceList", R"({"childControl":{"start_index":0}})");
    EXPECT_EQ(list.at("sum"), 2U);
    const std::string id(list.at_pointer("/child_device_list/0/device_id").as_string());
    const auto control = [&](const std::string& request) {
        return ask("controlChild",
                   (R"({"childControl":{"device_id":")" + id + R"(","request_data":)" + request + "}}")
                       .c_str())
            .at("response_data");
    };
    EXPECT_EQ(control(R"({"method":"setLedStatus","params":{"led":{"config":{"enabled":"off"}}}})")
                  .at("error_code"),
              0);
    EXPECT_EQ(control(R"({"method":"getLedStatus","params":{"led":{"name":["config"]}}})")
                  .at_pointer("/result/led/config/enabled"),
              "off");
    EXPECT_EQ(control(R"({"method":"get","led":{"name":["config"]}})").at("error_code"), -40210);
    EXPECT_EQ(
        control(R"({"method":"setAlarmConfig","params":{"msg_alarm":{"enabled":"on"}}})").at("error_code"),
        0);
    EXPECT_EQ(
        control(R"({"method":"getAlarmConfig","params":{"msg_alarm":{}}})").at_pointer("/result/enabled"),
        "on");
    ASSERT_TRUE(camera_->set_state({{"child", id}, {"online", false}, {"battery_percent", 5}}));
    EXPECT_EQ(
        refusal("controlChild",
                (R"({"childControl":{"device_id":")" + id + R"(","request_data":{"method":"x"}}})").c_str()),
        -40108);
    const json::object batch =
        camera_->answer(json::parse(R"({"method":"multipleRequest","params":{"requests":[
        {"method":"getLedStatus","params":{"led":{"name":["config"]}}},
        {"method":"getSirenStatus","params":{"siren":{}}},
        {"method":"getAudioConfig","params":{"audio_config":{"name":["speaker"]}}}]}})")
                            .as_object());
    EXPECT_EQ(batch.at("result").at("responses").as_array().size(), 2U);
    EXPECT_EQ(batch.at("result").at("responses").at(0).at("method"), "getSirenStatus");
}

TEST(Recordings, LoadAndAnswerThemselves) {
    std::vector<std::filesystem::path> folders{own("tapo_camera"), own("tapo_hub")};
    if (const char* more = std::getenv("DEVICE_DOCUMENTS_DIR"))
        folders.push_back(std::filesystem::path(more) / "smartcam");
    std::size_t answered = 0;
    for (const auto& folder : folders) {
        if (!std::filesystem::exists(folder)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() != ".json") continue;
            const json::object document = load(entry.path());
            DocumentCamera camera(document, {}, {.mac = "02-00-00-00-00-77"}, HandClock().world());
            for (const auto& [method, result] : document) {
                if (!method.starts_with("get") || method.starts_with("get_") ||
                    method.starts_with("getChild"))
                    continue;
                const json::object out = camera.answer({{"method", method}, {"params", json::object()}});
                const bool refused = result.is_object() && result.get_object().size() == 1 &&
                                     result.get_object().contains("error_code");
                EXPECT_EQ(out.contains("result"), !refused) << entry.path() << " " << method;
                ++answered;
            }
        }
    }
    EXPECT_GT(answered, 60U);
}

} // namespace
} // namespace tplink::sim
