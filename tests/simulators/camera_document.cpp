// The settings a simulated camera starts with.

#include <boost/json.hpp>

#include "tests/simulators/camera_model.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

json::object detection_modules(const CameraFacts& facts) {
    json::object out{
        {"motion_detection",
         {{"motion_det", json::object{{"enabled", "on"},
                                      {"digital_sensitivity", "50"},
                                      {"sensitivity", "medium"},
                                      {"people_enabled", "off"},
                                      {"vehicle_enabled", "off"},
                                      {"non_vehicle_enabled", "off"}}}}},
        {"tamper_detection",
         {{"tamper_det",
           json::object{{"enabled", "off"}, {"digital_sensitivity", "50"}, {"sensitivity", "medium"}}}}},
        {"sound_detection",
         {{"bcd",
           json::object{{"enabled", "off"}, {"digital_sensitivity", "50"}, {"sensitivity", "medium"}}}}}};
    if (facts.has_person_detection)
        out["people_detection"] = {{"detection", json::object{{"enabled", "on"}, {"sensitivity", "60"}}}};
    return out;
}

json::object image_modules(const CameraFacts& facts) {
    json::array modes{"inf_night_vision"};
    json::array lamps{"infrared_lamp"};
    if (facts.has_white_lamp) {
        modes = {"md_night_vision", "wtl_night_vision", "inf_night_vision"};
        lamps.emplace_back("white_lamp");
    }
    return {{"image",
             {{"switch", json::object{{"night_vision_mode", modes[0]},
                                      {"flip_type", "off"},
                                      {"rotate_type", "off"},
                                      {"ldc", "off"},
                                      {"switch_mode", "common"},
                                      {"schedule_start_time", "21600"},
                                      {"schedule_end_time", "64800"},
                                      {"wtl_force_time", "300"},
                                      {"wtl_intensity_level", "5"}}},
              {"common", json::object{{"inf_type", "auto"},
                                      {"light_freq_mode", "auto"},
                                      {"style", "standard"},
                                      {"smartwtl_digital_level", "100"},
                                      {"luma", "50"},
                                      {"contrast", "50"},
                                      {"saturation", "50"},
                                      {"chroma", "50"},
                                      {"sharpness", "50"},
                                      {"inf_sensitivity", "1"},
                                      {"wide_dynamic", "off"}}}}},
            {"image_capability",
             {{"supplement_lamp",
               json::object{{"night_vision_mode_range", modes}, {"supplement_lamp_type", lamps}}}}}};
}

json::object alarm_modules(const CameraFacts& facts) {
    if (facts.alarm == AlarmDialect::none) return {};
    return {{"msg_alarm",
             {{"chn1_msg_alarm_info", json::object{{"enabled", "off"},
                                                   {"alarm_mode", json::array{"sound", "light"}},
                                                   {"alarm_type", "0"},
                                                   {"light_type", "1"},
                                                   {"alarm_volume", "normal"},
                                                   {"alarm_duration", "0"},
                                                   {"sound_alarm_enabled", "on"},
                                                   {"light_alarm_enabled", "on"}}},
              {"capability", json::object{{"alarm_duration_support", "1"},
                                          {"alarm_volume_support", "1"},
                                          {"alert_event_type_support", "1"},
                                          {"usr_def_audio_alarm_max_num", "15"},
                                          {"usr_def_start_file_id", "8195"}}},
              {"alert_type", json::object{{"alert_type_list", json::array{"Siren", "Tone"}}}},
              {"usr_def_audio", json::array()}}},
            {"msg_alarm_plan",
             {{"chn1_msg_alarm_plan", json::object{{"enabled", "off"}, {"alarm_plan_1", "0000-0000,127"}}}}}};
}

json::object card_module(const CameraFacts& facts) {
    const bool in = facts.has_card;
    const json::object card{{"disk_name", "1"},
                            {"status", in ? "normal" : "offline"},
                            {"detect_status", in ? "normal" : "offline"},
                            {"rw_attr", in ? "rw" : "r"},
                            {"percent", in ? "37" : "0"},
                            {"total_space", in ? "119.1GB" : "0B"},
                            {"free_space", in ? "75.0GB" : "0B"},
                            {"total_space_accurate", in ? "127878135808B" : "0B"},
                            {"free_space_accurate", in ? "80530636800B" : "0B"},
                            {"record_start_time", in ? "1729454840" : "0"},
                            {"loop_record_status", in ? "1" : "0"},
                            {"write_protect", "0"},
                            {"type", "local"}};
    return {{"hd_info", json::array{json::object{{"hd_info_1", card}}}},
            {"harddisk", json::object{{"loop", "on"}}}};
}

json::object video_modules(const CameraFacts& facts) {
    const char* codec = facts.h265 ? "H265" : "H264";
    return {{"video",
             {{"main", json::object{{"name", "VideoEncoder_1"},
                                    {"resolution", facts.h265 ? "2560*1440" : "1920*1080"},
                                    {"frame_rate", "65551"}, // 0x10000 + 15
                                    {"bitrate", "1382"},
                                    {"default_bitrate", "1382"},
                                    {"bitrate_type", "vbr"},
                                    {"encode_type", codec},
                                    {"quality", "3"},
                                    {"gop_factor", "2"},
                                    {"smart_codec", "off"}}}}},
            {"video_capability",
             {{"main", json::object{{"resolutions", json::array{"2560*1440", "1920*1080", "1280*720"}},
                                    {"frame_rates", json::array{"65551", "65556", "65561"}},
                                    {"bitrates", json::array{"256", "512", "1024", "1382", "2048"}},
                                    {"bitrate_types", json::array{"cbr", "vbr"}},
                                    {"encode_types", json::array{"H264", "H265"}},
                                    {"qualitys", json::array{"1", "3", "5"}},
                                    {"change_fps_support", "1"}}}}}};
}

json::object system_modules(const CameraFacts& facts) {
    return {
        {"system",
         {{"last_alarm_info", json::object{{"last_alarm_type", ""}, {"last_alarm_time", "0"}}},
          {"clock_status", json::object{{"seconds_from_1970", 0}, {"local_time", ""}}},
          {"basic",
           json::object{{"timing_mode", "ntp"}, {"timezone", "UTC-00:00"}, {"zone_id", "Europe/London"}}},
          {"sys", json::object{{"dev_alias", facts.alias}, {"diagnose_mode", "off"}}}}},
        {"network", {{"wan", json::object{{"ipaddr", facts.address}, {"proto", "dhcp"}}}}},
        {"cloud_config",
         {{"upgrade_status", json::object{{"state", "normal"}, {"lastUpgradingSuccess", true}}}}},
        {"auto_upgrade",
         {{"common", json::object{{"enabled", "off"}, {"time", "03:00"}, {"random_range", "120"}}}}},
        {"timing_reboot",
         {{"reboot",
           json::object{{"enabled", "off"}, {"day", "7"}, {"time", "03:00:00"}, {"random_range", 30}}}}},
        {"msg_push",
         {{"chn1_msg_push_info",
           json::object{{"notification_enabled", "on"}, {"rich_notification_enabled", "off"}}}}},
        {"cet",
         {{"media_encrypt", json::object{{"enabled", "on"}}}, {"vhttpd", json::object{{"port", "8800"}}}}}};
}

json::object function_module(const CameraFacts& facts) {
    json::object spec{{"app_version", "1.0.0"},
                      {"lens_mask", "1"},
                      {"led", "1"},
                      {"local_storage", "1"},
                      {"media_encrypt", "1"},
                      {"timing_reboot", "1"},
                      {"smart_detection", json::array{"motion"}},
                      {"stream_max_sessions", "10"},
                      {"motor", facts.has_motor ? "1" : "0"},
                      {"ptz", facts.has_motor ? "1" : "0"}};
    spec["audio"] = json::array{"speaker", "microphone"};
    spec["video_codec"] = facts.h265 ? json::array{"h265", "h264"} : json::array{"h264"};
    spec["msg_alarm"] = facts.alarm == AlarmDialect::none ? "0" : "1";
    spec["msg_alarm_list"] = json::array{"sound", "light"};
    return {{"module_spec", spec}};
}

void add_all(json::object& out, const json::object& modules) {
    for (const auto& [key, value] : modules) out[key] = value;
}

} // namespace

std::vector<std::pair<std::string, int>> camera_components(const CameraFacts& facts) {
    std::vector<std::pair<std::string, int>> out{{"system", 3},
                                                 {"timezone", 1},
                                                 {"led", 1},
                                                 {"detection", 3},
                                                 {"firmware", 2},
                                                 {"account", 2},
                                                 {"quickSetup", 1},
                                                 {"video", 2},
                                                 {"lensMask", 2},
                                                 {"lightFrequency", 1},
                                                 {"dayNightMode", 1},
                                                 {"nightVisionMode", 3},
                                                 {"videoRotation", 1},
                                                 {"audio", 2},
                                                 {"msgPush", 3},
                                                 {"tamperDetection", 1},
                                                 {"babyCryDetection", 1},
                                                 {"sdCard", 1},
                                                 {"record", 1},
                                                 {"playback", facts.playback},
                                                 {"ldc", 1},
                                                 {"encryption", 3},
                                                 {"diagnose", 1}};
    if (facts.has_person_detection) out.emplace_back("personDetection", 2);
    if (facts.has_motor) out.insert(out.end(), {{"ptz", 1}, {"targetTrack", 1}});
    if (facts.has_white_lamp) out.emplace_back("whiteLamp", 1);
    if (facts.alarm != AlarmDialect::none)
        out.emplace_back("alert", facts.alarm == AlarmDialect::siren ? 2 : 1);
    if (facts.alarm == AlarmDialect::siren) out.emplace_back("siren", 2);
    return out;
}

json::object camera_document(const CameraFacts& facts) {
    json::object out{{"lens_mask", {{"lens_mask_info", json::object{{"enabled", "off"}}}}},
                     {"led", {{"config", json::object{{"enabled", "on"}}}}},
                     {"harddisk_manage", card_module(facts)},
                     {"record_plan", {{"chn1_channel", json::object{{"enabled", "on"}}}}},
                     {"function", function_module(facts)}};
    json::array list;
    for (const auto& [name, version] : camera_components(facts))
        list.push_back(json::object{{"name", name}, {"version", version}});
    out["app_component"] = json::object{{"app_component_list", list}};
    json::object& plan = out["record_plan"].as_object()["chn1_channel"].as_object();
    for (const char* day : {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
        plan[day] = R"(["0000-2400:2"])";
    out["audio_config"] = {{"speaker", json::object{{"volume", "80"}, {"mute", "off"}}},
                           {"microphone", json::object{{"volume", "80"},
                                                       {"mute", "off"},
                                                       {"noise_cancelling", "on"},
                                                       {"encode_type", "G711alaw"},
                                                       {"sampling_rate", "8"},
                                                       {"bitrate", "64"},
                                                       {"channels", "1"}}},
                           {"record_audio", json::object{{"enabled", "on"}}}};
    if (facts.has_motor) {
        out["preset"] = json::object{{"preset", json::object()}};
        out["target_track"] = {
            {"target_track_info",
             json::object{{"enabled", "off"}, {"back_time", "30"}, {"track_mode", "pantilt"}}}};
        out["motor"] = {{"capability", json::object{{"preset_number_max", "8"},
                                                    {"relative_move_supported", "1"},
                                                    {"absolute_move_supported", "0"},
                                                    {"continuous_move_supported", "0"}}}};
    }
    for (const json::object& modules : {detection_modules(facts), image_modules(facts), alarm_modules(facts),
                                        video_modules(facts), system_modules(facts)})
        add_all(out, modules);
    return out;
}

} // namespace tplink::sim
