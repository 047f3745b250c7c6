#include "tests/simulators/camera_model.hpp"

#include <array>
#include <boost/json.hpp>
#include <ctime>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr int kNoSuchField = -40101;
constexpr int kUnsupported = -40106;
constexpr int kInvalid = -40209;
constexpr int kMalformed = -40210;

/// The names in "name" and "table": a string or a list of strings. Nothing when neither is there.
std::optional<std::vector<std::string>> asked_sections(const json::value& what) {
    if (!what.is_object()) return std::nullopt;
    std::vector<std::string> out;
    for (const char* key : {"name", "table"}) {
        const json::value* names = what.get_object().if_contains(key);
        if (!names) continue;
        const json::array list = names->is_array() ? names->get_array() : json::array{*names};
        for (const json::value& name : list) {
            if (!name.is_string()) return std::nullopt;
            out.emplace_back(name.get_string());
        }
    }
    return out.empty() ? std::nullopt : std::optional(out);
}

json::object reply_of(const tl::expected<json::object, int>& reply) {
    if (!reply) return {{"error_code", reply.error()}};
    return {{"result", *reply}, {"error_code", 0}};
}

std::string local_time(std::int64_t unix_s) {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    return text.data();
}

} // namespace

CameraModel::CameraModel(CameraFacts facts, World world)
    : facts_(std::move(facts)), world_(std::move(world)), document_(camera_document(facts_)), motor_(world_) {
    for (const auto& [name, version] : camera_components(facts_)) components_.insert(name);
    siren_until_ = lamp_until_ = lens_due_ = world_.now();
}

std::string CameraModel::device_id() const { return hex_upper(sha1(as_bytes(facts_.mac + facts_.model))); }

json::object CameraModel::answer(const json::object& request) {
    const json::value* method = request.if_contains("method");
    if (!method || !method->is_string()) return {{"error_code", kMalformed}};
    const std::string_view name = method->get_string();
    const std::lock_guard lock(mutex_);
    refresh();
    if (name == "multipleRequest") return batch(request);
    if (name == "get" || name == "set" || name == "do") {
        const Reply reply = old_style(name, request);
        if (!reply) return {{"error_code", reply.error()}};
        json::object flat = *reply; // old-style replies have no `result`
        flat["error_code"] = 0;
        return flat;
    }
    return reply_of(call(name, request.if_contains("params")));
}

json::object CameraModel::batch(const json::object& request) {
    boost::system::error_code error;
    const json::value whole(request);
    const json::value* list = whole.find_pointer("/params/requests", error);
    if (!list || !list->is_array()) return {{"error_code", kMalformed}};
    json::array responses;
    for (const json::value& entry : list->get_array()) {
        const json::value* method = entry.is_object() ? entry.get_object().if_contains("method") : nullptr;
        if (!method || !method->is_string()) return {{"error_code", kMalformed}};
        json::object response =
            reply_of(call(method->get_string(), entry.get_object().if_contains("params")));
        response["method"] = *method;
        responses.push_back(response);
    }
    return {{"result", json::object{{"responses", responses}}}, {"error_code", 0}};
}

CameraModel::Reply CameraModel::old_style(std::string_view verb, const json::object& request) {
    json::object params = request;
    params.erase("method");
    if (verb == "get") return get(params);
    if (verb == "set") return set(params);
    return act(params);
}

/// Puts what moves by itself into the document: clock, lens cover, presets.
void CameraModel::refresh() {
    json::object& modules = document_.as_object();
    const std::int64_t now_s = world_.unix_s() + facts_.clock_skew_s;
    modules["system"].as_object()["clock_status"] =
        json::object{{"seconds_from_1970", now_s}, {"local_time", local_time(now_s)}};
    modules["system"].as_object()["last_alarm_info"] = events_.last();
    const bool wanted = document_.at_pointer("/lens_mask/lens_mask_info/enabled") == "on";
    if (wanted != covered_ && world_.now() >= lens_due_) covered_ = wanted;
    if (facts_.has_motor) modules["preset"].as_object()["preset"] = motor_.preset_section();
}

json::value CameraModel::section_out(std::string_view module, std::string_view name,
                                     const json::value& section) const {
    json::value out(section);
    if (module == "lens_mask" && name == "lens_mask_info")
        out.as_object()["enabled"] = covered_ ? "on" : "off";
    if (facts_.dot_keys && out.is_object()) {
        out.as_object()[".name"] = name;
        out.as_object()[".type"] = name;
    }
    return out;
}

CameraModel::Reply CameraModel::get(const json::object& params) {
    if (params.empty()) return tl::unexpected(kMalformed);
    json::object out;
    for (const auto& [module, what] : params) {
        if (module == "device_info") {
            out[module] = json::object{
                {"basic_info", json::object{{"device_type", facts_.device_type},
                                            {"device_model", facts_.model},
                                            {"device_name", facts_.model + " " + facts_.hw_version},
                                            {"device_info", facts_.model + " " + facts_.hw_version + " IPC"},
                                            {"device_alias", document_.at_pointer("/system/sys/dev_alias")},
                                            {"sw_version", facts_.sw_version},
                                            {"hw_version", facts_.hw_version},
                                            {"mac", facts_.mac},
                                            {"dev_id", device_id()},
                                            {"hw_id", hex_upper(md5(as_bytes(facts_.model)))},
                                            {"oem_id", hex_upper(md5(as_bytes("oem" + facts_.model)))},
                                            {"region", "EU"},
                                            {"features", 3},
                                            {"avatar", "Home"},
                                            {"is_cal", true},
                                            {"ffs", false}}}};
            continue;
        }
        const json::value* sections = document_.as_object().if_contains(module);
        const auto names = asked_sections(what);
        if (!sections) return tl::unexpected(kUnsupported);
        if (!names) return tl::unexpected(kInvalid);
        json::object part;
        for (const std::string& name : *names) {
            const json::value* section = sections->as_object().if_contains(name);
            if (!section) return tl::unexpected(kNoSuchField);
            part[name] = section_out(module, name, *section);
        }
        out[module] = part;
    }
    return out;
}

CameraModel::Reply CameraModel::set(const json::object& params) {
    if (params.empty()) return tl::unexpected(kMalformed);
    json::value changed(document_); // a refused set changes nothing
    for (const auto& [module, sections] : params) {
        json::value* stored = changed.as_object().if_contains(module);
        if (!stored || module == "function" || module == "app_component") return tl::unexpected(kUnsupported);
        if (!sections.is_object()) return tl::unexpected(kInvalid);
        for (const auto& [section, fields] : sections.get_object()) {
            json::value* target = stored->as_object().if_contains(section);
            if (!target || !target->is_object()) return tl::unexpected(kNoSuchField);
            if (!fields.is_object()) return tl::unexpected(kInvalid);
            for (const auto& [field, value] : fields.get_object()) {
                json::value* old_value = target->as_object().if_contains(field);
                if (!old_value) return tl::unexpected(kNoSuchField);
                const int refused = check_field(module, section, field, *old_value, value, document_);
                if (refused != 0) return tl::unexpected(refused);
                *old_value = value;
            }
        }
    }
    if (params.contains("lens_mask")) lens_due_ = world_.now() + facts_.privacy_lag;
    document_ = std::move(changed);
    refresh();
    return json::object();
}

bool CameraModel::take_reboot() {
    const std::lock_guard lock(mutex_);
    return std::exchange(reboot_, false);
}

void CameraModel::power_cycle() {
    const std::lock_guard lock(mutex_);
    motor_.stop();
    siren_until_ = lamp_until_ = world_.now();
}

bool CameraModel::privacy_on() {
    const std::lock_guard lock(mutex_);
    refresh();
    return covered_;
}

void CameraModel::start_siren() {
    siren_until_ = world_.now() + std::chrono::seconds(facts_.siren_s);
    ++sirens_started_;
}

CameraIdentity CameraModel::identity() const {
    return {.model = facts_.model,
            .device_type = facts_.device_type,
            .hw_version = facts_.hw_version,
            .sw_version = facts_.sw_version,
            .device_id = device_id(),
            .wired = facts_.wired};
}

json::object CameraModel::hints() {
    const std::lock_guard lock(mutex_);
    json::object out = events_.last();
    out["sd_status"] = document_.at_pointer("/harddisk_manage/hd_info/0/hd_info_1/status");
    return out;
}

void CameraModel::set_media_port(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    document_.at_pointer("/cet/vhttpd/port") = std::to_string(port);
}

json::object CameraModel::state() {
    const std::lock_guard lock(mutex_);
    refresh();
    json::object out{
        {"lens_mask", covered_ ? "on" : "off"},
        {"led", document_.at_pointer("/led/config/enabled")},
        {"motion", document_.at_pointer("/motion_detection/motion_det/enabled")},
        {"motion_sensitivity", document_.at_pointer("/motion_detection/motion_det/digital_sensitivity")},
        {"night_vision_mode", document_.at_pointer("/image/switch/night_vision_mode")},
        {"day_night_mode", document_.at_pointer("/image/common/inf_type")},
        {"siren", siren_on() ? "on" : "off"},
        {"sirens_started", sirens_started_},
        {"lamp", lamp_on() ? "on" : "off"},
        {"alias", document_.at_pointer("/system/sys/dev_alias")},
        {"last_alarm", events_.last()},
        {"rssi", rssi_dbm_}};
    boost::system::error_code error;
    if (const json::value* person = document_.find_pointer("/people_detection/detection/enabled", error))
        out["person"] = *person;
    if (facts_.has_motor) out["motor"] = motor_.state();
    return out;
}

Result<void> CameraModel::set_state(const json::object& changes) {
    std::unique_lock lock(mutex_);
    for (const auto& [key, value] : changes) {
        const bool on_off = value == "on" || value == "off";
        const bool known = key == "lens_mask" || key == "led" || key == "motion" || key == "siren" ? on_off
                           : key == "person" ? on_off && facts_.has_person_detection
                           : key == "alarm" || key == "sd_status" || key == "alias" ? value.is_string()
                           : key == "rssi"                                          ? value.is_int64()
                           : key == "event" ? event_in(value).has_value()
                                            : false;
        if (!known) return fail(Errc::refused, std::string(key) + ": unknown, or of another type");
    }
    const auto put = [&](std::string_view key, const char* pointer) {
        if (const json::value* value = changes.if_contains(key)) document_.at_pointer(pointer) = *value;
    };
    put("lens_mask", "/lens_mask/lens_mask_info/enabled");
    put("led", "/led/config/enabled");
    put("motion", "/motion_detection/motion_det/enabled");
    put("person", "/people_detection/detection/enabled");
    put("sd_status", "/harddisk_manage/hd_info/0/hd_info_1/status");
    put("alias", "/system/sys/dev_alias");
    if (const json::value* value = changes.if_contains("rssi"))
        rssi_dbm_ = static_cast<int>(value->get_int64());
    if (const json::value* value = changes.if_contains("siren")) {
        siren_until_ = world_.now();
        if (*value == "on") start_siren();
    }
    refresh();
    const auto happened = take_events(changes);
    lock.unlock();
    for (const CameraEvent& event : happened)
        if (event_hook_) event_hook_(event);
    return {};
}

/// Behind the cover nothing is detected; an unknown kind of alarm is one getLastAlarmInfo alone tells.
std::vector<CameraEvent> CameraModel::take_events(const json::object& changes) {
    std::vector<CameraEvent> out;
    const std::int64_t now_s = world_.unix_s() + facts_.clock_skew_s;
    if (covered_) return out;
    if (const json::value* alarm = changes.if_contains("alarm")) {
        events_.moment(alarm->get_string(), now_s);
        out.push_back({.kind = std::string(alarm->get_string())});
    }
    if (const json::value* given = changes.if_contains("event")) {
        const CameraEvent event = *event_in(*given);
        if (event.active)
            events_.begin(event.kind, now_s);
        else
            events_.end(event.kind, now_s);
        out.push_back(event);
    }
    return out;
}

CameraModel::Reply CameraModel::search_events(const json::value& args) {
    const auto found =
        search_detections(events_, json::object{{"playback", json::object{{"search_detection_list", args}}}});
    if (!found) return tl::unexpected(kInvalid);
    return *found;
}

} // namespace tplink::sim
