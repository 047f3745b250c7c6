#include "tests/simulators/document/document_camera.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <ctime>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/document/json_text.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kUnsupported = -40106;
constexpr int kNoSuchField = -40101;
constexpr int kMalformed = -40210;

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

DocumentCamera::DocumentCamera(json::object document, std::map<std::string, json::object> children,
                               DocumentTraits traits, World world)
    : traits_(std::move(traits)), world_(std::move(world)), store_(std::move(document)) {
    siren_until_ = world_.now();
    if (!traits_.mac.empty()) store_.put("device_info", "basic_info", "mac", json::value(traits_.mac));
    if (!traits_.alias.empty())
        store_.put("device_info", "basic_info", "device_alias", json::value(traits_.alias));
    const json::value* info = store_.section("device_info", "basic_info");
    const json::object basic = info && info->is_object() ? info->get_object() : json::object();
    identity_ = {.model = text_or(basic, "device_model", "C200"),
                 .device_type = text_or(basic, "device_type", "SMART.IPCAMERA"),
                 .hw_version = text_or(basic, "hw_version", "1.0"),
                 .sw_version = text_or(basic, "sw_version", "1.0.0"),
                 .device_id = hex_upper(sha1(as_bytes(traits_.mac + text_or(basic, "device_model", ""))))};
    const json::value* link = store_.find("getConnectionType");
    identity_.wired = link && link->is_object() && text_or(link->get_object(), "link_type", "") == "ethernet";
    store_.put("device_info", "basic_info", "dev_id", json::value(identity_.device_id));
    for (auto& [id, child] : children)
        children_[id] =
            std::make_unique<DocumentCamera>(std::move(child), std::map<std::string, json::object>(),
                                             DocumentTraits{.is_child = true}, world_);
}

json::object DocumentCamera::answer(const json::object& request) {
    const std::string method = text_or(request, "method", "");
    const std::lock_guard lock(mutex_);
    refresh();
    if (method.empty()) return {{"error_code", kMalformed}};
    if (method == "multipleRequest") return batch(request);
    if (method != "get" && method != "set" && method != "do")
        return reply_of(call(method, request.if_contains("params")));
    if (traits_.is_child) return {{"error_code", kMalformed}};
    json::object params = request;
    params.erase("method");
    Reply reply = json::object();
    if (method == "get") {
        const auto found = store_.sections(params);
        reply = found ? Reply(*found) : tl::unexpected(kNoSuchField);
    } else if (method == "set") {
        if (const int code = store_.apply("", params); code != 0) reply = tl::unexpected(code);
    } else {
        reply = act(params);
    }
    if (!reply) return {{"error_code", reply.error()}};
    json::object flat = *reply; // old-style replies have no `result`
    flat["error_code"] = 0;
    return flat;
}

json::object DocumentCamera::batch(const json::object& request) {
    const json::value* list = member(request, "params", "requests");
    if (!list || !list->is_array()) return {{"error_code", kMalformed}};
    const json::array entries = list->get_array();
    json::array responses;
    for (const json::value& entry : entries) {
        const std::string method = entry.is_object() ? text_or(entry.get_object(), "method", "") : "";
        if (method.empty()) return {{"error_code", kMalformed}};
        const json::value* params = entry.get_object().if_contains("params");
        if (traits_.strict_params && (!params || !params->is_object() || params->get_object().empty()))
            return {{"error_code", kMalformed}};
        if (!traits_.breaks_batches.empty() && method == traits_.breaks_batches && entries.size() > 1) break;
        json::object response = reply_of(call(method, params));
        response["method"] = method;
        responses.push_back(response);
    }
    if (traits_.shuffles_batches) std::reverse(responses.begin(), responses.end());
    return {{"result", json::object{{"responses", responses}}}, {"error_code", 0}};
}

DocumentCamera::Reply DocumentCamera::call(std::string_view method, const json::value* params) {
    const json::object none;
    const json::object& object = params && params->is_object() ? params->get_object() : none;
    if (card_)
        if (auto listed = card_->answer(method, object)) return std::move(*listed);
    bool done = false;
    Reply reply = special(method, object, done);
    if (done) return reply;
    if (method.starts_with("set")) {
        if (const int code = store_.apply(method, object); code != 0) return tl::unexpected(code);
        return json::object();
    }
    return get(method, object);
}

DocumentCamera::Reply DocumentCamera::get(std::string_view method, const json::object& params) {
    json::value* recorded = store_.find(method);
    if (!recorded) return tl::unexpected(kUnsupported);
    if (!recorded->is_object()) return tl::unexpected(kUnsupported);
    const json::object& result = recorded->get_object();
    if (result.size() == 1 && result.contains("error_code")) // how a recording says that it was refused
        return tl::unexpected(static_cast<int>(result.at("error_code").to_number<std::int64_t>()));
    if (const auto asked = store_.sections(params)) return *asked;
    return result;
}

/// Brings clock, events and siren up to now.
void DocumentCamera::refresh() {
    const std::int64_t now_s = world_.unix_s() + traits_.clock_skew_s;
    store_.put("system", "clock_status", "seconds_from_1970", now_s);
    store_.put("system", "clock_status", "local_time", json::value(local_time(now_s)));
    if (!events_.empty())
        if (json::value* last = store_.find("getLastAlarmInfo"); last && last->is_object())
            last->get_object()["system"] = json::object{{"last_alarm_info", events_.last()}};
    if (siren_ && world_.now() >= siren_until_) start_siren(false);
    json::value* siren = store_.find("getSirenStatus");
    if (siren_ && siren && siren->is_object())
        siren->get_object()["time_left"] =
            std::chrono::ceil<std::chrono::seconds>(siren_until_ - world_.now()).count();
}

void DocumentCamera::start_siren(bool on) {
    siren_ = on;
    siren_until_ = world_.now() + std::chrono::seconds(on ? traits_.siren_s : 0);
    json::value* siren = store_.find("getSirenStatus");
    if (!siren || !siren->is_object()) return;
    siren->get_object()["status"] = on ? "on" : "off";
    siren->get_object()["time_left"] = on ? traits_.siren_s : 0;
}

bool DocumentCamera::privacy_on() {
    const std::lock_guard lock(mutex_);
    const json::value* mask = store_.section("lens_mask", "lens_mask_info");
    return mask && mask->is_object() && text_or(mask->get_object(), "enabled", "off") == "on";
}

bool DocumentCamera::take_reboot() {
    const std::lock_guard lock(mutex_);
    return std::exchange(reboot_, false);
}

void DocumentCamera::power_cycle() {
    const std::lock_guard lock(mutex_);
    start_siren(false);
}

json::object DocumentCamera::hints() {
    const std::lock_guard lock(mutex_);
    json::object out = events_.last();
    const json::value* disks = store_.section("harddisk_manage", "hd_info");
    boost::system::error_code error;
    const json::value* status = disks ? disks->find_pointer("/0/hd_info_1/status", error) : nullptr;
    out["sd_status"] = status ? *status : json::value("offline");
    return out;
}

void DocumentCamera::set_media_port(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    store_.put("cet", "vhttpd", "port", json::value(std::to_string(port)));
}

json::object DocumentCamera::state() {
    const std::lock_guard lock(mutex_);
    refresh();
    json::object actions;
    for (const auto& [name, count] : actions_) actions[name] = count;
    const json::value* mask = store_.section("lens_mask", "lens_mask_info");
    json::object out{{"document", store_.document()},
                     {"actions", actions},
                     {"siren", siren_ ? "on" : "off"},
                     {"last_alarm", events_.last()},
                     {"lens_mask", mask ? mask->at("enabled") : json::value(nullptr)}};
    json::object children;
    for (const auto& [id, child] : children_) children[id] = child->state();
    if (!children.empty()) out["children"] = children;
    return out;
}

json::object* DocumentCamera::child_entry(std::string_view device_id) {
    json::value* list = store_.find("getChildDeviceList");
    json::value* entries =
        list && list->is_object() ? list->get_object().if_contains("child_device_list") : nullptr;
    if (!entries || !entries->is_array()) return nullptr;
    for (json::value& entry : entries->get_array())
        if (entry.is_object() && text_or(entry.get_object(), "device_id", "") == device_id)
            return &entry.get_object();
    return nullptr;
}

Result<void> DocumentCamera::set_state(const json::object& changes) {
    std::unique_lock lock(mutex_);
    const json::value* child = changes.if_contains("child");
    json::object* target = child && child->is_string() ? child_entry(child->get_string()) : nullptr;
    if (child && !target) return fail(Errc::refused, "child: the list has none with that device_id");
    std::optional<CameraEvent> event;
    for (const auto& [key, value] : changes) { // first look, then act: a refused change changes nothing
        if (key == "event") event = event_in(value);
        if (key == "alarm" && value.is_string()) event = CameraEvent{.kind = std::string(value.get_string())};
        const bool known = key == "child" || ((key == "event" || key == "alarm") ? event.has_value()
                                              : target                           ? true
                                              : key == "battery_percent"         ? value.is_int64()
                                              : key == "section"                 ? value.is_object()
                                                                                 : false);
        if (!known) return fail(Errc::refused, std::string(key) + ": unknown, or of another type");
    }
    if (const json::value* section = changes.if_contains("section"))
        if (store_.apply("", section->get_object()) != 0)
            return fail(Errc::refused, "section: the document has no such field");
    for (const auto& [key, value] : changes) {
        if (key == "child" || key == "event" || key == "alarm" || key == "section") continue;
        if (target)
            (*target)[key] = value;
        else
            store_.put("device_info", "basic_info", key, value);
    }
    if (!event) return {};
    const std::int64_t now_s = world_.unix_s() + traits_.clock_skew_s;
    if (!event->active)
        events_.end(event->kind, now_s);
    else if (changes.contains("alarm"))
        events_.moment(event->kind, now_s);
    else
        events_.begin(event->kind, now_s);
    lock.unlock();
    if (event_hook_) event_hook_(*event);
    return {};
}

} // namespace tplink::sim
