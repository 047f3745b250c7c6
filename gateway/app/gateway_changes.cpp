// What follows when a device, a stream, the cloud or a detection changed: who is told, and what is kept from whom.

#include "gateway/app/gateway_inside.hpp"

#include "gateway/app/login.hpp"
#include "gateway/app/requests.hpp"
#include "gateway/app/views.hpp"
#include "gateway/version.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kDevicesDelay = std::chrono::milliseconds(300);  // bridge/devices: many changes at once become one message
constexpr auto kHealthDelay = std::chrono::seconds(3);
constexpr auto kSnapshotAge = std::chrono::seconds(30);

bool is_on(const DeviceView& view, std::string_view property) {
    const json::value* value = view.state.if_contains(property);
    return value != nullptr && *value == json::value("ON");
}

/// Its id will stay: it may appear in topics.
bool is_public(const DeviceView& view) { return view.mac_known() || (!view.via.empty() && !view.via.starts_with("host_")); }

}  // namespace

void Gateway::Impl::log_change(const DeviceView& view, const DeviceView* before) {
    const bool was_online = before != nullptr && before->online;
    const auto logger = log.logger(view.name);
    if (view.online && !was_online) logger->info("online at {} over {}", view.host, view.transport);
    if (!view.problem) reminder.forget(view.id);
    else log_problem(view);
}

void Gateway::Impl::log_problem(const DeviceView& view) {
    const Problem& problem = *view.problem;
    if (!reminder.due(view.id, problem.message + problem.hint, system_clock().now())) return;
    const bool human = problem.code == Errc::auth_failed || problem.code == Errc::certificate_changed;
    log.logger(view.name)->log(human ? spdlog::level::err : spdlog::level::warn, "{}: {} {}", to_string(problem.code), problem.message, problem.hint);
}

void Gateway::Impl::remind() {
    for (const auto& view : registry.views())
        if (view->problem) log_problem(*view);
}

void Gateway::Impl::on_changed(const DeviceView& view, const DeviceView* before) {
    if (before != nullptr && before->id == view.id && before->shape == view.shape) return on_state(view, *before);
    log_change(view, before);
    if (before != nullptr && before->id != view.id) {
        bus.publish("removed", {{"id", before->id}});
        if (video) video->remove_device(before->id);
        if (onvif) onvif->remove_device(before->id);
        if (is_public(*before)) publisher->remove_device(before->id);  // another device has its address now
    }
    const auto access = registry.access(view.id);
    if (video && access) video->set_device(view, *access);
    if (onvif) onvif->set_device(view);
    if (onvif && before != nullptr) onvif->state_changed(view, *before);
    if (event_sources) event_sources->device(view, access);
    if (is_public(view)) announce(view, before);
    if (view.problem && view.problem->code == Errc::auth_failed && (before == nullptr || before->problem != view.problem))
        publisher->bridge_event("login_failed", {{"id", view.id}, {"name", view.name}, {"message", view.problem->message}});
    bus.publish("device", device_document(*parts, view));
    clerk->later("devices", kDevicesDelay, [this] { tell_devices(); });
    clerk->later("health once", kHealthDelay, [this] { publisher->set_bridge_health(health_document(*parts)); });
}

/// Only values are new: nothing about the device itself has to be told again.
void Gateway::Impl::on_state(const DeviceView& view, const DeviceView& before) {
    const auto lenses = [](const DeviceView& of) { return of.state.contains("lenses") ? of.state.at("lenses") : json::value(nullptr); };
    if (video && (is_on(view, "privacy") != is_on(before, "privacy") || lenses(view) != lenses(before)))
        if (const auto access = registry.access(view.id)) video->set_device(view, *access);  // no picture, not even an old one
    if (is_public(view) && !view.rows.empty()) {
        publish_state(view);
        if (is_on(view, "privacy") && !is_on(before, "privacy")) publisher->clear_pictures(view.id);
    }
    if (onvif) onvif->state_changed(view, before);
    if (before.state != view.state) bus.publish("state", {{"id", view.id}, {"state", view.state}});
}

/// What MQTT is to know of a device that is new or another one now.
void Gateway::Impl::announce(const DeviceView& view, const DeviceView* before) {
    publish_device(view);
    if (is_on(view, "privacy") && (before == nullptr || !is_on(*before, "privacy"))) publisher->clear_pictures(view.id);
    if (before == nullptr || !before->online) photograph(view);
    if (view.first_contact) publisher->bridge_event("device_joined", {{"id", view.id}, {"name", view.name}, {"model", view.identity.model}});
    if (before != nullptr && before->online && !view.online) publisher->bridge_event("device_lost", {{"id", view.id}, {"name", view.name}});
}

/// What MQTT knows of a device: what it is, how it is, whether it answers.
void Gateway::Impl::publish_device(const DeviceView& view) {
    if (!is_public(view)) return;
    if (!view.rows.empty()) {
        DeviceDescription description = describe_device(view, video && !video->facts(view.id).is_null());
        if (const std::string page = page_address(*config()); !page.empty()) description.configuration_url = page + "#/device/" + view.id;
        publisher->set_device(std::move(description));
        publish_state(view);
    }
    // Also before it ever answered: what an earlier run left at the broker may say "online".
    if (!view.rows.empty() || view.problem) publisher->set_availability(view.id, view.online);
}

/// The first picture of a camera that does not have to be woken for it.
void Gateway::Impl::photograph(const DeviceView& view) {
    if (!video || !view.online || is_on(view, "privacy") || video->facts(view.id).is_null()) return;
    if (view.identity.lists("battery")) return;
    photographer->post([this, id = view.id] { (void)publish_snapshot(*parts, id, kSnapshotAge); });
}

/// The rows' state, and for a camera what its stream does.
void Gateway::Impl::publish_state(const DeviceView& view) {
    json::object state = view.state;
    if (video)
        if (const json::value facts = video->facts(view.id); facts.is_object()) add_stream_state(state, facts.get_object());
    publisher->set_state(view.id, std::move(state));
}

/// On the source's thread: a press must be at the broker at once.
void Gateway::Impl::on_event(const DetectionEvent& event) {
    if (stopping) return;
    json::object told{{"event_type", event.kind}, {"source", json::string(to_string(event.source))}, {"time", iso_time(event.at)}};
    publisher->event(event.device, told);
    if (onvif && event.kind == "ring") onvif->happened(event.device, event.kind, true);  // a second press while it still rings changes no state
    told["id"] = event.device;
    bus.publish("detection", told);
    photographer->later("event " + event.device, std::chrono::milliseconds(0), [this, event] { picture_of_event(event); });
}

/// What the camera saw. A battery camera is not woken for it: only a running stream has one then.
void Gateway::Impl::picture_of_event(const DetectionEvent& event) {
    const auto view = registry.view(event.device);
    const auto access = registry.access(event.device);
    if (!video || !view || !access || is_on(*view, "privacy")) return;
    json::object facts;
    if (const json::value media = video->facts(event.device); media.is_object()) add_stream_state(facts, media.get_object());
    const bool streaming = facts.contains("stream_state") && facts.at("stream_state") == json::value("streaming");
    if (has_battery(*view, access->config) && !streaming) return;
    const auto picture = video->picture(event.device, std::chrono::seconds(2), 0, false);
    if (picture) publisher->set_detection(event.device, picture->jpeg);
}

void Gateway::Impl::on_removed(const DeviceView& view) {
    if (onvif) onvif->remove_device(view.id);
    reminder.forget(view.id);
    if (event_sources) event_sources->removed(view.id);
    if (video) video->remove_device(view.id);
    if (is_public(view)) publisher->remove_device(view.id);
    bus.publish("removed", {{"id", view.id}});
    clerk->later("devices", kDevicesDelay, [this] { tell_devices(); });
}

void Gateway::Impl::on_mqtt_result(const CommandResult& result) {
    if (result.answer) return publisher->raw_answer(result.id, {"", *result.answer, result.ok() ? "" : result.code + ": " + result.message, result.transaction});
    if (!result.ok()) publisher->repeat_state(result.id);  // a refused toggle must snap back
    publisher->result(result);
    json::object event = to_json(result);
    event["id"] = result.id;
    bus.publish("result", event);
}

void Gateway::Impl::on_found(const std::vector<FoundDevice>& found) {
    std::size_t before = registry.candidates().size();
    registry.discovered(found, config()->discovery.adopt);
    if (registry.candidates().size() != before)
        for (const FoundDevice& device : registry.candidates())
            publisher->bridge_event("device_discovered", {{"mac", colon_mac(device.mac)}, {"host", device.address}, {"model", device.model}});
}

void Gateway::Impl::on_stream(const std::string& id, const json::object& stream) {
    if (stopping) return;
    json::object event = stream;
    event["id"] = id;
    bus.publish("stream", event);
    const json::value& state = stream.at("state");  // a running stream keeps a battery camera awake
    registry.push(id, std::string(kStreamPush), state == json::value("live") || state == json::value("connecting") || state == json::value("lingering"));
    if (const auto view = registry.view(id); view && !view->rows.empty()) publish_state(*view);
    // The last picture of a view costs the camera nothing: it is in the cache.
    if (stream.at("state") == json::value("lingering"))
        photographer->later("picture " + id, std::chrono::milliseconds(0), [this, id] { (void)publish_snapshot(*parts, id, kSnapshotAge); });
}

void Gateway::Impl::on_request(const RequestCommand& request) {
    const auto answer = run_request(*parts, request.what, request.body);
    if (answer) return publisher->answer({request.what, *answer, "", request.transaction});
    const WebError& error = answer.error();
    publisher->answer({request.what, json::object{{"code", error.code}}, error.message + (error.hint.empty() ? "" : " " + error.hint), request.transaction});
}

/// The cloud's state or the book of outside connections changed; many changes at once become one message.
void Gateway::Impl::on_cloud() {
    if (stopping || !clerk) return;
    clerk->later("cloud", kDevicesDelay, [this] {
        const json::object status = cloud.status();
        const std::string state(status.at("state").as_string());
        if (std::exchange(cloud_state, state) != state && state != "disabled" && state != "ok" && state != "no_account")
            main_log->warn("TP-Link cloud: {}: {}", state, std::string_view(status.at("message").as_string()));
        bus.publish("cloud", json::object{{"account", status}, {"egress", cloud.egress()}});
        publisher->set_bridge_health(health_document(*parts));
    });
}

void Gateway::Impl::tell_devices() {
    json::array devices;
    for (const auto& view : registry.views()) devices.push_back(bridge_entry(*view));
    publisher->set_bridge_devices(std::move(devices));
}

void Gateway::Impl::tell_info() {
    publisher->set_bridge_info({{"version", json::string(version())},
                                {"commit", ""},
                                {"started_at", iso_time(started_at)},
                                {"config", config_document(*config())},
                                {"log_level", log.level()},
                                {"restart_required", false}});
}

}  // namespace tplink::gateway
