// Methods of a document camera that are more than reading or writing fields.

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "tests/simulators/document/document_camera.hpp"
#include "tests/simulators/document/json_text.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kUnsupported = -40106;
constexpr int kInvalid = -40209;
constexpr int kMalformed = -40210;
constexpr int kPrivacyOn = -64324;
constexpr int kChildAsleep = -40108;
constexpr int kNoPreset = -64302;
constexpr std::size_t kPage = 10;

} // namespace

struct DocumentCamera::Action {
    std::string_view module;
    std::string_view name;
    std::string_view getter; // status lives in its flat result; empty: nowhere
    std::string_view needs;  // a method of the document that proves the ability; empty: any camera
    bool stopped_by_privacy = false;
};

DocumentCamera::Reply DocumentCamera::special(std::string_view method, const json::object& params,
                                              bool& done) {
    done = true;
    if (method == "controlChild") return control_child(params);
    if (method == "getChildDeviceList") return child_list(params, "child_device_list", method);
    if (method == "getChildDeviceComponentList") return child_list(params, "child_component_list", method);
    if (method == "searchDetectionList") {
        if (!store_.has("searchDetectionList") && !store_.has("getLastAlarmInfo"))
            return tl::unexpected(kUnsupported);
        ++actions_["searchDetectionList"];
        const auto found = search_detections(events_, json::value(params));
        return found ? Reply(*found) : Reply(tl::unexpected(kInvalid));
    }
    if (method == "setSirenStatus" && store_.has("getSirenStatus")) {
        const json::value* part = params.empty() ? nullptr : &params.begin()->value();
        const std::string status = part && part->is_object() ? text_or(part->get_object(), "status", "") : "";
        if (status != "on" && status != "off") return tl::unexpected(kInvalid);
        start_siren(status == "on");
        ++actions_["setSirenStatus"];
        return json::object();
    }
    if (method == "setDeviceAlias") { // set as system.sys.dev_alias, told as basic_info.device_alias
        boost::system::error_code error;
        const json::value whole(params);
        const json::value* alias = whole.find_pointer("/system/sys/dev_alias", error);
        if (!alias || !alias->is_string()) return tl::unexpected(kInvalid);
        store_.put("device_info", "basic_info", "device_alias", *alias);
        return json::object();
    }
    if (method == "setAlertEventType" && store_.has("getAlertEventType")) {
        const json::value* list = store_.section("msg_alarm", "msg_alarm_type");
        boost::system::error_code error;
        const json::value whole(params);
        const json::value* given = whole.find_pointer("/msg_alarm/msg_alarm_type", error);
        // The whole list or nothing: a shorter one would leave the others out.
        if (!list || !given || !given->is_array() || given->get_array().size() != list->get_array().size())
            return tl::unexpected(kInvalid);
        *store_.find("getAlertEventType") = params;
        return json::object();
    }
    static constexpr auto kActing = std::to_array<std::string_view>(
        {"rebootDevice", "motorMove", "relativeMove", "manualCalibrate", "cruiseMove", "cruiseStop",
         "motorMoveToPreset", "addMotorPostion", "deletePreset", "reverseWhitelampStatus",
         "manualFloodlightOp", "setPatrolStatus", "testUsrDefAudio", "formatSdCard", "playQuickResp",
         "checkFirmwareVersionByCloud", "setHDR", "getUserID"});
    if (std::ranges::find(kActing, method) != kActing.end()) return act(params);
    done = false;
    return json::object();
}

DocumentCamera::Reply DocumentCamera::act(const json::object& modules) {
    if (modules.size() != 1 || !modules.begin()->value().is_object() ||
        modules.begin()->value().get_object().size() != 1)
        return tl::unexpected(kMalformed);
    const std::string_view module = modules.begin()->key();
    const auto& [name, args] = *modules.begin()->value().get_object().begin();
    static constexpr auto kActions = std::to_array<Action>({
        {"system", "reboot", "", ""},
        {"system", "get_user_id", "", ""},
        {"motor", "move", "", "getPresetConfig", true},
        {"motor", "movestep", "", "getPresetConfig", true},
        {"motor", "stop", "", "getPresetConfig", true},
        {"motor", "cruise", "", "getPresetConfig", true},
        {"motor", "cruise_stop", "", "getPresetConfig", true},
        {"motor", "manual_cali", "", "getPresetConfig", true},
        {"preset", "goto_preset", "", "getPresetConfig", true},
        {"preset", "set_preset", "", "getPresetConfig", true},
        {"preset", "remove_preset", "", "getPresetConfig"},
        {"image", "reverse_wtl_status", "getWhitelampStatus", "getWhitelampStatus"},
        {"floodlight", "manual_floodlight_op", "getFloodlightStatus", "getFloodlightStatus"},
        {"patrol", "set_patrol_status", "", "getPatrolAction"},
        {"msg_alarm", "manual_msg_alarm", "", ""},
        {"msg_alarm", "test_usr_def_audio", "", ""},
        {"harddisk_manage", "format_hd", "", "getSdCardStatus"},
        {"quick_response", "play_quick_resp_audio", "", "getQuickRespList"},
        {"cloud_config", "check_fw_version", "", ""},
        {"cloud_config", "fw_download", "", ""},
        {"video", "set_hdr", "", "getVideoQualities"},
    });
    const auto action = std::ranges::find_if(
        kActions, [&](const Action& one) { return one.module == module && one.name == name; });
    if (action == kActions.end() || (!action->needs.empty() && !store_.has(action->needs)))
        return tl::unexpected(kUnsupported);
    const json::value* mask = store_.section("lens_mask", "lens_mask_info");
    if (action->stopped_by_privacy && mask && mask->at("enabled") == "on") return tl::unexpected(kPrivacyOn);
    ++actions_[std::string(module) + "." + std::string(name)];
    if (module == "preset") return presets(name, args);
    return run_action(name, args, action->getter.empty() ? nullptr : store_.find(action->getter));
}

DocumentCamera::Reply DocumentCamera::run_action(std::string_view name, const json::value& args,
                                                 json::value* status) {
    const json::object none;
    const json::object& given = args.is_object() ? args.get_object() : none;
    if (name == "reboot") reboot_ = true;
    if (name == "get_user_id") return json::object{{"user_id", 1}};
    if (name == "reverse_wtl_status") { // toggles
        const bool on = status->at("status") == 0;
        status->get_object()["status"] = on ? 1 : 0;
        status->get_object()["rest_time"] = on ? 300 : 0;
    }
    if (name == "manual_floodlight_op")
        status->get_object()["status"] = text_or(given, "action", "") == "start" ? 1 : 0;
    if (name == "manual_msg_alarm" || name == "test_usr_def_audio") {
        const std::string word = text_or(given, "action", name == "test_usr_def_audio" ? "start" : "");
        if (word != "start" && word != "stop") return tl::unexpected(kInvalid);
        start_siren(word == "start");
    }
    if (name == "set_patrol_status")
        store_.put("patrol", "patrol", "action",
                   given.contains("value") ? given.at("value") : json::value("off"));
    if (name == "set_hdr") {
        const json::value* hdr = given.if_contains("hdr");
        if (!hdr || !hdr->is_int64()) return tl::unexpected(kInvalid);
        store_.put("video", text_or(given, "secname", "main"), "hdr",
                   json::value(std::to_string(hdr->get_int64())));
    }
    return json::object();
}

/// The parallel lists of getPresetConfig.
DocumentCamera::Reply DocumentCamera::presets(std::string_view action, const json::value& args) {
    json::value* config = store_.find("getPresetConfig");
    boost::system::error_code error;
    json::value* section = config->find_pointer("/preset/preset", error);
    if (!section || !section->is_object() || !args.is_object()) return tl::unexpected(kUnsupported);
    json::object& lists = section->get_object();
    json::array& ids = lists["id"].is_array() ? lists["id"].get_array() : lists["id"].emplace_array();
    if (action == "set_preset") {
        const std::string name = text_or(args.get_object(), "name", "");
        if (name.empty()) return tl::unexpected(kInvalid);
        int next = 1;
        while (std::ranges::find(ids, json::value(std::to_string(next))) != ids.end()) ++next;
        const auto push = [&](const char* key, std::string_view value) {
            (lists[key].is_array() ? lists[key].get_array() : lists[key].emplace_array())
                .push_back(json::value(value));
        };
        ids.push_back(json::value(std::to_string(next)));
        push("name", name);
        push("position_pan", "0.000000");
        push("position_tilt", "0.000000");
        push("position_zoom", "0.000000");
        push("read_only", "0");
        return json::object();
    }
    const json::value* wanted = args.get_object().if_contains("id");
    const json::array chosen = wanted && wanted->is_array()
                                   ? wanted->get_array()
                                   : json::array({wanted ? *wanted : json::value("")});
    for (const json::value& id : chosen) {
        const auto found = std::ranges::find(ids, id);
        if (found == ids.end()) return tl::unexpected(kNoPreset);
        if (action != "remove_preset") continue;
        const auto index = found - ids.begin();
        for (auto& [key, list] : lists)
            if (list.is_array() && static_cast<std::size_t>(index) < list.get_array().size())
                list.get_array().erase(list.get_array().begin() + index);
    }
    return json::object();
}

DocumentCamera::Reply DocumentCamera::child_list(const json::object& params, std::string_view key,
                                                 std::string_view method) {
    json::value* recorded = store_.find(method);
    if (!recorded || !recorded->is_object()) return tl::unexpected(kUnsupported);
    const json::value* entries = recorded->get_object().if_contains(key);
    const json::value* start = member(params, "childControl", "start_index");
    const auto from =
        start ? json::try_value_to<std::size_t>(*start) : json::try_value_to<std::size_t>(json::value(0));
    if (!entries || !entries->is_array() || !from) return tl::unexpected(kInvalid);
    const json::array& all = entries->get_array();
    json::array page;
    for (std::size_t n = *from; n < all.size() && page.size() < kPage; ++n) page.push_back(all[n]);
    return json::object{{key, page}, {"start_index", *from}, {"sum", all.size()}};
}

DocumentCamera::Reply DocumentCamera::control_child(const json::object& params) {
    const json::value* control = params.if_contains("childControl");
    if (!control || !control->is_object()) return tl::unexpected(kMalformed);
    const std::string id = text_or(control->get_object(), "device_id", "");
    const json::value* request = control->get_object().if_contains("request_data");
    const json::object* entry = child_entry(id);
    const auto child = children_.find(id);
    if (!request || !request->is_object() || (!entry && child == children_.end()))
        return tl::unexpected(kInvalid);
    const json::value* online = entry ? entry->if_contains("online") : nullptr;
    if (online && *online == false) return tl::unexpected(kChildAsleep);
    ++actions_["controlChild"];
    const json::object answered = child == children_.end() ? json::object{{"error_code", -1002}}
                                                           // a sensor has no more
                                                           : child->second->answer(request->get_object());
    json::object data = answered;
    data["method"] = text_or(request->get_object(), "method", "");
    return json::object{{"response_data", data}};
}

} // namespace tplink::sim
