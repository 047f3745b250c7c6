#include "tests/simulators/kasa/kasa_camera_model.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view kPrefix = "smartlife.cam.ipcamera.";
constexpr int kMaxPan = 1934;
constexpr int kMaxTilt = 387;

json::object problem(int code, std::string_view text) { return {{"err_code", code}, {"err_msg", text}}; }
json::object unsupported() { return problem(-10008, "Unsupported API call."); }
json::object missing(std::string_view name) {
    return problem(-40800, "The parameter [" + std::string(name) + "] format error.");
}
json::object bad_value(std::string_view name) {
    return problem(-40409, "The parameter [" + std::string(name) + "] values error.");
}
json::object done() { return {{"err_code", 0}}; }

std::string without(std::string text, char unwanted) {
    std::erase(text, unwanted);
    return text;
}

std::string with_colons(std::string mac) {
    std::ranges::replace(mac, '-', ':');
    return mac;
}

} // namespace

struct KasaCameraModel::Setting {
    std::string_view module;
    std::string_view getter;
    std::string_view setter;
    std::array<std::string_view, 3> words{
        "on", "off"}; ///< allowed; empty first: any JSON of the first value's kind
    std::string_view first = "on";
    std::string_view key = "value"; ///< in the getter's answer
};

const KasaCameraModel::Setting* KasaCameraModel::find_setting(std::string_view module,
                                                              std::string_view method) {
    static constexpr auto kSettings = std::to_array<Setting>({
        {"switch", "get_is_enable", "set_is_enable"},
        {"led", "get_status", "set_status"},
        {"motionDetect", "get_is_enable", "set_is_enable"},
        {"motionDetect", "get_sensitivity", "set_sensitivity", {"low", "medium", "high"}, "medium"},
        {"soundDetect", "get_is_enable", "set_is_enable", {"on", "off"}, "off"},
        {"soundDetect", "get_sensitivity", "set_sensitivity", {"low", "medium", "high"}, "medium"},
        {"intelligence", "get_pd_enable", "set_pd_enable"},
        {"intelligence", "get_bcd_enable", "set_bcd_enable", {"on", "off"}, "off"},
        {"dayNight", "get_mode", "set_mode", {"auto", "day", "night"}, "auto"},
        {"dayNight", "get_force_lamp_state", "set_force_lamp_state", {"on", "off"}, "off"},
        {"siren", "get_state", "set_state", {"on", "off"}, "off"},
        {"OSD", "get_logo_is_enable", "set_logo_is_enable"},
        {"OSD", "get_time_is_enable", "set_time_is_enable"},
        {"delivery", "get_clip_audio_is_enable", "set_clip_audio_is_enable"},
        {"delivery", "get_local_clip_is_enable", "set_local_clip_is_enable"},
        {"dndSchedule", "get_dnd_enable", "set_dnd_enable", {"on", "off"}, "off", "enable"},
        {"ptz", "get_patrol_is_enable", "set_patrol_is_enable", {"on", "off"}, "off"},
        {"ptz", "get_ptz_tracking_is_enable", "set_ptz_tracking_is_enable", {"on", "off"}, "off"},
        {"videoControl", "get_resolution", "set_resolution", {""}, R"([{"channel":1,"resolution":"1080P"}])"},
        {"videoControl",
         "get_channel_quality",
         "set_channel_quality",
         {""},
         R"([{"channel":1,"quality":"high"}])"},
        {"videoControl", "get_rotation_degree", "set_rotation_degree", {""}, "0"},
        {"videoControl", "get_power_frequency", "set_power_frequency", {""}, "50"},
    });
    for (const Setting& setting : kSettings)
        if (setting.module == module && (setting.getter == method || setting.setter == method))
            return &setting;
    return nullptr;
}

KasaCameraModel::KasaCameraModel(KasaCameraFacts facts, World world)
    : facts_(std::move(facts)), world_(std::move(world)), alias_(facts_.alias), siren_until_(world_.now()) {}

std::string KasaCameraModel::device_id() const {
    return "8006" + hex_upper(sha1(as_bytes(facts_.mac + facts_.model))).substr(4);
}

bool KasaCameraModel::is_on(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() || found->second == "on";
}

json::object KasaCameraModel::sysinfo() {
    return {{"type", "IOT.IPCAMERA"},
            {"model", facts_.model},
            {"dev_name", facts_.dev_name},
            {"alias", alias_},
            {"deviceId", device_id()},
            {"mac", with_colons(facts_.mac)},
            {"mic_mac", without(facts_.mac, '-')},
            {"camera_switch", is_on("switch.get_is_enable") ? "on" : "off"},
            {"led_status", is_on("led.get_status") ? "on" : "off"},
            {"last_activity_timestamp", last_activity_s_},
            {"system_time", world_.unix_s() + facts_.clock_skew_s},
            {"sw_ver", facts_.sw_ver},
            {"hw_ver", facts_.hw_ver},
            {"resolution", "1080P"},
            {"rssi", rssi_dbm_},
            {"status", "configured"},
            {"bind_status", true},
            {"updating", false},
            {"stream_version", 2},
            {"a_type", 2},
            {"c_opt", json::array{0, 1}},
            {"f_list", json::array{1, 2}},
            {"new_feature", json::array{2, 3, 4, 5, 7, 9}},
            {"hwId", "00000000000000000000000000000000"},
            {"oemId", "00000000000000000000000000000000"},
            {"latitude", 0},
            {"longitude", 0}};
}

json::object KasaCameraModel::answer(const json::object& request) {
    const std::lock_guard lock(mutex_);
    json::object out;
    for (const auto& [name, methods] : request) {
        if (name == "context") continue;
        if (!methods.is_object()) {
            out[name] = unsupported();
            continue;
        }
        json::object answers;
        for (const auto& [method, args] : methods.get_object()) {
            if (name == "system" && method == "get_sysinfo")
                answers[method] = json::object{{"err_code", 0}, {"system", sysinfo()}};
            else if (std::string_view(name).starts_with(kPrefix))
                answers[method] = run(std::string_view(name).substr(kPrefix.size()), method, args);
            else
                answers[method] = unsupported();
        }
        out[name] = answers;
    }
    return out;
}

std::optional<std::string> KasaCameraModel::answer_datagram(std::string_view request) {
    boost::system::error_code error;
    const json::value parsed = json::parse(request, error);
    if (error || !parsed.find_pointer("/system/get_sysinfo", error)) return std::nullopt;
    const std::lock_guard lock(mutex_);
    return json::serialize(json::object{
        {"system", json::object{{"get_sysinfo", json::object{{"err_code", 0}, {"system", sysinfo()}}}}}});
}

json::object KasaCameraModel::run(std::string_view module, std::string_view method, const json::value& args) {
    const bool lacks = (module == "ptz" && !facts_.has_motor) || (module == "siren" && !facts_.has_siren) ||
                       (method.ends_with("force_lamp_state") && !facts_.has_spotlight);
    if (lacks) return unsupported();
    if (!args.is_object()) return {}; // a wrong type of argument gets no more than this
    const json::object& given = args.get_object();
    if (module == "siren" && world_.now() >= siren_until_) values_["siren.get_state"] = "off";
    if (const Setting* setting = find_setting(module, method)) {
        if (setting->setter == method) return run_set(*setting, given);
        const auto found = values_.find(std::string(module) + "." + std::string(method));
        const json::value value = found != values_.end()      ? found->second
                                  : setting->words[0].empty() ? json::parse(setting->first)
                                                              : json::value(setting->first);
        return {{setting->key, value}, {"err_code", 0}};
    }
    if (module == "ptz") return run_ptz(method, given);
    return run_other(module, method, given);
}

json::object KasaCameraModel::run_set(const Setting& setting, const json::object& args) {
    const json::value* value = args.if_contains("value");
    if (!value) return missing("value");
    const bool free = setting.words[0].empty();
    if (free && value->kind() != json::parse(setting.first).kind()) return {};
    if (!free && !value->is_string()) return {};
    if (!free &&
        (value->get_string().empty() ||
         std::ranges::find(setting.words, std::string_view(value->get_string())) == setting.words.end()))
        return bad_value("value");
    ++sets_;
    values_[std::string(setting.module) + "." + std::string(setting.getter)] = *value;
    if (setting.module == "siren" && *value == "on")
        siren_until_ = world_.now() + std::chrono::seconds(facts_.siren_s);
    return done();
}

json::object KasaCameraModel::run_ptz(std::string_view method, const json::object& args) {
    if (method == "get_position") return {{"x", pan_}, {"y", tilt_}, {"err_code", 0}};
    if (method == "get_capability") return {{"max_x", kMaxPan}, {"max_y", kMaxTilt}, {"err_code", 0}};
    if (method == "get_all_preset") {
        const json::array none;
        return {{"maximum", 4}, {"preset_attr", none}, {"err_code", 0}};
    }
    if (method == "set_stop" || method == "set_motor_rectify") return done();
    if (method == "set_run_to_preset") return problem(-41203, "Parameter value error.");
    if (method != "set_move") return unsupported();
    const json::value* direction = args.if_contains("direction");
    const json::value* speed = args.if_contains("speed");
    if (!direction || !direction->is_string() || !speed || !speed->is_int64())
        return problem(-41202, "Parameter format error.");
    constexpr auto kWords =
        std::to_array<std::pair<std::string_view, std::pair<int, int>>>({{"left", {-1, 0}},
                                                                         {"right", {1, 0}},
                                                                         {"top", {0, 1}},
                                                                         {"bottom", {0, -1}},
                                                                         {"top left", {-1, 1}},
                                                                         {"top right", {1, 1}},
                                                                         {"bottom left", {-1, -1}},
                                                                         {"bottom right", {1, -1}}});
    const auto found = std::ranges::find(kWords, std::string_view(direction->get_string()),
                                         &std::pair<std::string_view, std::pair<int, int>>::first);
    if (found == kWords.end() || speed->get_int64() < 1 || speed->get_int64() > 10)
        return problem(-41203, "Parameter value error.");
    const int step = static_cast<int>(speed->get_int64()) * 30;
    const int pan = pan_ + found->second.first * step;
    const int tilt = tilt_ + found->second.second * step;
    if (std::abs(pan) > kMaxPan || std::abs(tilt) > kMaxTilt)
        return problem(-41203, "Parameter value error.");
    pan_ = pan;
    tilt_ = tilt;
    ++sets_;
    return done();
}

json::object KasaCameraModel::run_other(std::string_view module, std::string_view method,
                                        const json::object& args) {
    const std::string name = std::string(module) + "." + std::string(method);
    if (name == "sdCard.get_sd_card_state")
        return {{"state", "ok"}, {"total", 119}, {"used", 40}, {"err_code", 0}};
    if (name == "dateTime.get_status")
        return {{"timezone", "UTC+00:00"},
                {"area", "Europe/London"},
                {"epoch_sec", world_.unix_s() + facts_.clock_skew_s},
                {"err_code", 0}};
    if (name == "dateTime.get_time_zone")
        return {{"timezone", "UTC+00:00"}, {"area", "Europe/London"}, {"err_code", 0}};
    if (name == "cloud.get_info") return {{"cld_connection", 1}, {"binded", 1}, {"err_code", 0}};
    if (name == "system.set_reboot") {
        reboot_ = true;
        return done();
    }
    if (name == "system.set_alias") {
        const json::value* value = args.if_contains("value");
        if (!value || !value->is_string()) return missing("value");
        alias_ = value->get_string();
        ++sets_;
        return done();
    }
    return unsupported();
}

bool KasaCameraModel::take_reboot() {
    const std::lock_guard lock(mutex_);
    return std::exchange(reboot_, false);
}

bool KasaCameraModel::camera_on() {
    const std::lock_guard lock(mutex_);
    return is_on("switch.get_is_enable");
}

json::object KasaCameraModel::state() {
    const std::lock_guard lock(mutex_);
    json::object values;
    for (const auto& [key, value] : values_) values[key] = value;
    return {{"model", facts_.model},
            {"device_id", device_id()},
            {"camera_on", is_on("switch.get_is_enable")},
            {"led", is_on("led.get_status") ? "on" : "off"},
            {"alias", alias_},
            {"values", values},
            {"sets", sets_},
            {"position", json::array{pan_, tilt_}},
            {"last_activity_s", last_activity_s_}};
}

Result<void> KasaCameraModel::set_state(const json::object& changes) {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, value] : changes) { // first look, then act: a refused change changes nothing
        const bool known = key == "camera_on" || key == "activity" ? value.is_bool()
                           : key == "led"                          ? value == "on" || value == "off"
                           : key == "alias"                        ? value.is_string()
                           : key == "rssi"                         ? value.is_int64()
                                                                   : false;
        if (!known) return fail(Errc::refused, std::string(key) + ": unknown, or of another type");
    }
    if (const auto* value = changes.if_contains("camera_on"))
        values_["switch.get_is_enable"] = value->get_bool() ? "on" : "off";
    if (const auto* value = changes.if_contains("led")) values_["led.get_status"] = *value;
    if (const auto* value = changes.if_contains("alias")) alias_ = value->get_string();
    if (const auto* value = changes.if_contains("rssi")) rssi_dbm_ = static_cast<int>(value->get_int64());
    if (const auto* value = changes.if_contains("activity");
        value && value->get_bool() && is_on("switch.get_is_enable"))
        last_activity_s_ = world_.unix_s() + facts_.clock_skew_s;
    return {};
}

} // namespace tplink::sim
