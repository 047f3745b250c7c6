// Methods of a simulated camera: which component gates them and what they reach.

#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "tests/simulators/camera_model.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kUnsupported = -40106;
constexpr int kInvalid = -40209;
constexpr int kMalformed = -40210;
constexpr int kPrivacyOn = -64324;

enum class Verb { get, set, act, siren };

std::optional<double> number_text(const json::value& args, std::string_view key) {
    const json::value* value = args.is_object() ? args.get_object().if_contains(key) : nullptr;
    if (!value || !value->is_string()) return std::nullopt;
    const std::string_view text = value->get_string();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::string> text_of(const json::value& args, std::string_view key) {
    const json::value* value = args.is_object() ? args.get_object().if_contains(key) : nullptr;
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
}

tl::expected<json::object, int> done_or(int code) {
    if (code != 0) return tl::unexpected(code);
    return json::object();
}

} // namespace

struct CameraModel::Route {
    std::string_view method;
    std::string_view component;
    Verb verb;
    std::string_view module;
};

const CameraModel::Route* CameraModel::find_route(std::string_view method) {
    static constexpr std::array kRoutes{
        Route{"getDeviceInfo", "", Verb::get, "device_info"},
        Route{"setDeviceAlias", "", Verb::set, "system"},
        Route{"getAppComponentList", "", Verb::get, "app_component"},
        Route{"getClockStatus", "", Verb::get, "system"},
        Route{"getTimezone", "timezone", Verb::get, "system"},
        Route{"setTimezone", "timezone", Verb::set, "system"},
        Route{"getDiagnoseMode", "diagnose", Verb::get, "system"},
        Route{"setDiagnoseMode", "diagnose", Verb::set, "system"},
        Route{"getDeviceIpAddress", "", Verb::get, "network"},
        Route{"getConnectionType", "", Verb::act, "network"},
        Route{"rebootDevice", "", Verb::act, "system"},
        Route{"getReboot", "", Verb::get, "timing_reboot"},
        Route{"setReboot", "", Verb::set, "timing_reboot"},
        Route{"getUserID", "", Verb::act, "system"},
        Route{"getMediaEncrypt", "encryption", Verb::get, "cet"},
        Route{"setMediaEncrypt", "encryption", Verb::set, "cet"},
        Route{"getLensMaskConfig", "lensMask", Verb::get, "lens_mask"},
        Route{"setLensMaskConfig", "lensMask", Verb::set, "lens_mask"},
        Route{"getLedStatus", "led", Verb::get, "led"},
        Route{"setLedStatus", "led", Verb::set, "led"},
        Route{"getDetectionConfig", "detection", Verb::get, "motion_detection"},
        Route{"setDetectionConfig", "detection", Verb::set, "motion_detection"},
        Route{"getPersonDetectionConfig", "personDetection", Verb::get, "people_detection"},
        Route{"setPersonDetectionConfig", "personDetection", Verb::set, "people_detection"},
        Route{"getTamperDetectionConfig", "tamperDetection", Verb::get, "tamper_detection"},
        Route{"setTamperDetectionConfig", "tamperDetection", Verb::set, "tamper_detection"},
        Route{"getBCDConfig", "babyCryDetection", Verb::get, "sound_detection"},
        Route{"setBCDConfig", "babyCryDetection", Verb::set, "sound_detection"},
        Route{"getLastAlarmInfo", "", Verb::get, ""}, // module system or, misleadingly, msg_alarm
        Route{"getAlertConfig", "alert", Verb::get, "msg_alarm"},
        Route{"setAlertConfig", "alert", Verb::set, "msg_alarm"},
        Route{"getAlertTypeList", "alert", Verb::get, "msg_alarm"},
        Route{"getAlertPlan", "alert", Verb::get, "msg_alarm_plan"},
        Route{"getSirenStatus", "siren", Verb::siren, "msg_alarm"},
        Route{"setSirenStatus", "siren", Verb::siren, "msg_alarm"},
        Route{"getNightVisionModeConfig", "nightVisionMode", Verb::get, "image"},
        Route{"setNightVisionModeConfig", "nightVisionMode", Verb::set, "image"},
        Route{"getNightVisionCapability", "nightVisionMode", Verb::get, "image_capability"},
        Route{"getDayNightModeConfig", "dayNightMode", Verb::get, "image"},
        Route{"setDayNightModeConfig", "dayNightMode", Verb::set, "image"},
        Route{"getLdc", "ldc", Verb::get, "image"},
        Route{"setLdc", "ldc", Verb::set, "image"},
        Route{"getRotationStatus", "videoRotation", Verb::get, "image"},
        Route{"setRotationStatus", "videoRotation", Verb::set, "image"},
        Route{"getLightFrequencyInfo", "lightFrequency", Verb::get, "image"},
        Route{"setLightFrequencyInfo", "lightFrequency", Verb::set, "image"},
        Route{"getWhitelampConfig", "whiteLamp", Verb::get, "image"},
        Route{"setWhitelampConfig", "whiteLamp", Verb::set, "image"},
        Route{"getWhitelampStatus", "whiteLamp", Verb::act, "image"},
        Route{"reverseWhitelampStatus", "whiteLamp", Verb::act, "image"},
        Route{"motorMove", "ptz", Verb::act, "motor"},
        Route{"relativeMove", "ptz", Verb::act, "motor"},
        Route{"cruiseMove", "ptz", Verb::act, "motor"},
        Route{"cruiseStop", "ptz", Verb::act, "motor"},
        Route{"manualCalibrate", "ptz", Verb::act, "motor"},
        Route{"getPresetConfig", "ptz", Verb::get, "preset"},
        Route{"motorMoveToPreset", "ptz", Verb::act, "preset"},
        Route{"addMotorPostion", "ptz", Verb::act, "preset"}, // spelled so by the firmware
        Route{"deletePreset", "ptz", Verb::act, "preset"},
        Route{"getTargetTrackConfig", "targetTrack", Verb::get, "target_track"},
        Route{"setTargetTrackConfig", "targetTrack", Verb::set, "target_track"},
        Route{"getSdCardStatus", "sdCard", Verb::get, "harddisk_manage"},
        Route{"getCircularRecordingConfig", "sdCard", Verb::get, "harddisk_manage"},
        Route{"setCircularRecordingConfig", "sdCard", Verb::set, "harddisk_manage"},
        Route{"getRecordPlan", "record", Verb::get, "record_plan"},
        Route{"setRecordPlan", "record", Verb::set, "record_plan"},
        Route{"searchDetectionList", "playback", Verb::act, "playback"},
        Route{"getVideoQualities", "video", Verb::get, "video"},
        Route{"setVideoQualities", "video", Verb::set, "video"},
        Route{"getVideoCapability", "video", Verb::get, "video_capability"},
        Route{"getAudioConfig", "audio", Verb::get, "audio_config"},
        Route{"setSpeakerVolume", "audio", Verb::set, "audio_config"},
        Route{"setMicrophoneVolume", "audio", Verb::set, "audio_config"},
        Route{"setRecordAudio", "audio", Verb::set, "audio_config"},
        Route{"getMsgPushConfig", "msgPush", Verb::get, "msg_push"},
        Route{"setMsgPushConfig", "msgPush", Verb::set, "msg_push"},
        Route{"getFirmwareUpdateStatus", "firmware", Verb::get, "cloud_config"},
        Route{"getFirmwareAutoUpgradeConfig", "firmware", Verb::get, "auto_upgrade"},
        Route{"setFirmwareAutoUpgradeConfig", "firmware", Verb::set, "auto_upgrade"},
    };
    for (const Route& route : kRoutes)
        if (route.method == method) return &route;
    return nullptr;
}

CameraModel::Reply CameraModel::call(std::string_view method, const json::value* params) {
    if (card_ && params && params->is_object())
        if (auto listed = card_->answer(method, params->get_object())) return std::move(*listed);
    const Route* route = find_route(method);
    if (!route || (!route->component.empty() && !components_.contains(route->component)))
        return tl::unexpected(kUnsupported);
    if (!params || !params->is_object() || params->get_object().empty()) return tl::unexpected(kMalformed);
    const json::object& object = params->get_object();
    if (!route->module.empty() && !object.contains(route->module)) return tl::unexpected(kInvalid);
    switch (route->verb) {
    case Verb::get: return get(object);
    case Verb::set: return set(object);
    case Verb::act: return act(object);
    case Verb::siren: break;
    }
    return siren_method(method, object);
}

struct CameraModel::Action {
    std::string_view module;
    std::string_view name;
    bool stopped_by_privacy;
    Reply (CameraModel::*run)(const json::value& args);
};

const CameraModel::Action* CameraModel::find_action(std::string_view module, std::string_view name) {
    static constexpr std::array kActions{
        Action{"motor", "move", true, &CameraModel::move},
        Action{"motor", "movestep", true, &CameraModel::move_step},
        Action{"motor", "stop", true, &CameraModel::stop},
        Action{"motor", "cruise", true, &CameraModel::cruise},
        Action{"motor", "cruise_stop", true, &CameraModel::stop},
        Action{"motor", "manual_cali", true, &CameraModel::calibrate},
        Action{"preset", "goto_preset", true, &CameraModel::goto_preset},
        Action{"preset", "set_preset", true, &CameraModel::set_preset},
        Action{"preset", "remove_preset", false, &CameraModel::remove_preset},
        Action{"msg_alarm", "manual_msg_alarm", false, &CameraModel::manual_alarm},
        Action{"playback", "search_detection_list", false, &CameraModel::search_events},
        Action{"system", "reboot", false, &CameraModel::reboot},
        Action{"system", "get_user_id", false, &CameraModel::user_id},
        Action{"network", "get_connection_type", false, &CameraModel::connection_type},
        Action{"image", "get_wtl_status", false, &CameraModel::lamp_status},
        Action{"image", "reverse_wtl_status", false, &CameraModel::reverse_lamp},
    };
    for (const Action& action : kActions)
        if (action.module == module && action.name == name) return &action;
    return nullptr;
}

CameraModel::Reply CameraModel::act(const json::object& params) {
    if (params.size() != 1 || !params.begin()->value().is_object() ||
        params.begin()->value().get_object().size() != 1)
        return tl::unexpected(kMalformed);
    const std::string_view module = params.begin()->key();
    const auto& [name, args] = *params.begin()->value().get_object().begin();
    const Action* action = find_action(module, name);
    const bool has_module = module == "motor" || module == "preset" ? facts_.has_motor : true;
    if (!action || !has_module) return tl::unexpected(kUnsupported);
    if (action->stopped_by_privacy && covered_) return tl::unexpected(kPrivacyOn);
    return (this->*action->run)(args);
}

CameraModel::Reply CameraModel::siren_method(std::string_view method, const json::object& params) {
    if (method == "getSirenStatus") {
        const auto left = std::chrono::ceil<std::chrono::seconds>(siren_until_ - world_.now()).count();
        return json::object{{"status", siren_on() ? "on" : "off"}, {"time_left", siren_on() ? left : 0}};
    }
    const auto status = text_of(params.at("msg_alarm"), "status");
    if (!status || (*status != "on" && *status != "off")) return tl::unexpected(kInvalid);
    siren_until_ = world_.now();
    if (*status == "on") start_siren();
    return json::object();
}

CameraModel::Reply CameraModel::move(const json::value& args) {
    const auto pan = number_text(args, "x_coord");
    const auto tilt = number_text(args, "y_coord");
    if (!pan || !tilt) return tl::unexpected(kInvalid);
    return done_or(motor_.move_by(*pan, *tilt));
}

CameraModel::Reply CameraModel::move_step(const json::value& args) {
    const auto angle = number_text(args, "direction");
    if (!angle || *angle < 0 || *angle >= 360) return tl::unexpected(kInvalid);
    return done_or(motor_.step(static_cast<int>(*angle)));
}

CameraModel::Reply CameraModel::stop(const json::value&) {
    motor_.stop();
    return json::object();
}

CameraModel::Reply CameraModel::cruise(const json::value& args) {
    return done_or(motor_.cruise(text_of(args, "coord").value_or("")));
}

CameraModel::Reply CameraModel::calibrate(const json::value&) { return done_or(motor_.calibrate()); }

CameraModel::Reply CameraModel::goto_preset(const json::value& args) {
    const auto id = text_of(args, "id");
    if (!id) return tl::unexpected(kInvalid);
    return done_or(motor_.go_to(*id));
}

CameraModel::Reply CameraModel::set_preset(const json::value& args) {
    const auto name = text_of(args, "name");
    if (!name || name->empty() || text_of(args, "save_ptz") != "1") return tl::unexpected(kInvalid);
    return done_or(motor_.save(*name));
}

CameraModel::Reply CameraModel::remove_preset(const json::value& args) {
    const json::value* ids = args.is_object() ? args.get_object().if_contains("id") : nullptr;
    if (!ids || !ids->is_array() || ids->get_array().empty()) return tl::unexpected(kInvalid);
    for (const json::value& id : ids->get_array()) {
        if (!id.is_string()) return tl::unexpected(kInvalid);
        if (const int code = motor_.remove(std::string(id.get_string())); code != 0)
            return tl::unexpected(code);
    }
    return json::object();
}

CameraModel::Reply CameraModel::manual_alarm(const json::value& args) {
    if (facts_.alarm != AlarmDialect::manual) return tl::unexpected(kUnsupported);
    const auto action = text_of(args, "action");
    if (!action || (*action != "start" && *action != "stop")) return tl::unexpected(kInvalid);
    siren_until_ = world_.now();
    if (*action == "start") start_siren();
    return json::object();
}

CameraModel::Reply CameraModel::reboot(const json::value&) {
    reboot_ = true;
    return json::object();
}

CameraModel::Reply CameraModel::user_id(const json::value&) { return json::object{{"user_id", 1}}; }

CameraModel::Reply CameraModel::connection_type(const json::value&) {
    if (facts_.wired) return json::object{{"link_type", "ethernet"}};
    const int bars = rssi_dbm_ > -50   ? 4
                     : rssi_dbm_ > -60 ? 3
                     : rssi_dbm_ > -70 ? 2
                     : rssi_dbm_ > -80 ? 1
                                       : 0;
    return json::object{{"link_type", "wifi"},
                        {"ssid", base64_encode(as_bytes("Demo network"))},
                        {"rssi", std::to_string(bars)},
                        {"rssiValue", rssi_dbm_}};
}

CameraModel::Reply CameraModel::lamp_status(const json::value&) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(lamp_until_ - world_.now()).count();
    return json::object{{"status", lamp_on() ? 1 : 0}, {"rest_time", lamp_on() ? left : 0}};
}

CameraModel::Reply CameraModel::reverse_lamp(const json::value&) {
    constexpr std::chrono::seconds kLampTime{300};
    lamp_until_ = lamp_on() ? world_.now() : world_.now() + kLampTime;
    return json::object();
}

} // namespace tplink::sim
