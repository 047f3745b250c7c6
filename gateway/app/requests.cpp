#include "gateway/app/requests.hpp"

#include <array>
#include <boost/json/serialize.hpp>

#include "gateway/app/views.hpp"

namespace tplink::gateway {
namespace {

using Handler = Result<json::value> (*)(const Parts&, const json::object&);

/// The text under `key`. errors: refused when it is missing.
Result<std::string> text_of(const json::object& body, std::string_view key) {
    const json::value* value = body.if_contains(key);
    if (value == nullptr || !value->is_string() || value->get_string().empty())
        return fail(Errc::refused, "'" + std::string(key) + "' is missing: send {\"" + std::string(key) + "\": \"...\"}");
    return std::string(value->get_string());
}

Result<std::string> device_of(const Parts& parts, const json::object& body) {
    std::string id = TRY(text_of(body, "id"));
    if (!parts.registry.view(id)) return fail(Errc::refused, "there is no device '" + id + "'");
    return id;
}

json::value found_json(const std::vector<FoundDevice>& found, const Parts& parts) {
    json::array devices;
    const auto views = parts.registry.views();
    for (const FoundDevice& device : found) {
        bool known = false;
        for (const auto& view : views) known |= view->identity.mac == device.mac;
        devices.push_back(json::object{{"host", device.address}, {"mac", colon_mac(device.mac)}, {"model", device.model},
                                       {"family", json::string(to_string(device.family))}, {"name", ""}, {"transport", device.transport}, {"known", known}});
    }
    return json::object{{"devices", std::move(devices)}};
}

Result<json::value> health_check(const Parts& parts, const json::object&) {
    return json::object{{"healthy", parts.publisher.status().connected}};
}

Result<json::value> restart(const Parts& parts, const json::object&) {
    if (const std::string fault = parts.config_fault(); !fault.empty())
        return fail(Errc::refused, "the configuration has a fault, so a restart would end here: " + fault);
    parts.clerk.later("restart", std::chrono::milliseconds(200), parts.restart);  // the answer goes out first
    return json::object{};
}

Result<json::value> options(const Parts& parts, const json::object& body) {
    for (const auto& [key, value] : body) {
        if (key == "log_level" && value.is_string()) {
            const std::string level(value.get_string());
            bool known = false;
            for (const std::string_view word : {"trace", "debug", "info", "warning", "error"}) known |= word == level;
            if (!known) return fail(Errc::refused, "log_level: use one of trace, debug, info, warning, error");
            parts.log.set_level(level);
        } else if (key == "discovery" && value.is_bool()) {
            Config config = *parts.config();
            config.discovery.enabled = value.get_bool();
            parts.discovery.configure(config);
        } else {
            return fail(Errc::refused, "'" + std::string(key) + "' cannot be set here; use log_level (text) or discovery (true or false)");
        }
    }
    parts.info_changed();
    return json::object{{"log_level", parts.log.level()}};
}

Result<json::value> discover(const Parts& parts, const json::object& body) {
    std::vector<std::string> targets;
    if (const json::value* list = body.if_contains("targets"); list != nullptr && list->is_array())
        for (const json::value& item : list->get_array())
            if (item.is_string() && targets.size() < 64) targets.emplace_back(item.get_string());
    const auto found = TRY(parts.discovery.search(std::move(targets), std::chrono::milliseconds(3000)));
    return found_json(found, parts);
}

Result<json::value> add(const Parts& parts, const json::object& body) {
    const std::string id = TRY(parts.registry.add(json::serialize(body)));
    return json::object{{"id", id}};
}

Result<json::value> remove(const Parts& parts, const json::object& body) {
    const std::string id = TRY(device_of(parts, body));
    TRY_VOID(parts.registry.remove(id));
    return json::object{{"id", id}};
}

Result<json::value> rename(const Parts& parts, const json::object& body) {
    const std::string id = TRY(device_of(parts, body));
    const std::string name = TRY(text_of(body, "name"));
    if (name.size() > 100) return fail(Errc::refused, "a name has at most 100 bytes");
    TRY_VOID(parts.registry.change(id, json::object{{"name", name}}));
    return json::object{{"id", id}, {"name", name}};
}

Result<json::value> device_options(const Parts& parts, const json::object& body) {
    const std::string id = TRY(device_of(parts, body));
    const json::value* wanted = body.if_contains("options");
    if (wanted == nullptr || !wanted->is_object()) return fail(Errc::refused, "'options' is missing: send {\"id\": \"...\", \"options\": {...}}");
    TRY_VOID(parts.registry.change(id, wanted->get_object()));
    return json::object{{"id", id}, {"options", *wanted}};
}

Result<json::value> reconnect(const Parts& parts, const json::object& body) {
    const std::string id = TRY(device_of(parts, body));
    if (parts.video != nullptr) parts.video->forgive(id);
    parts.registry.reconnect(id);
    return json::object{{"id", id}};
}

Result<json::value> snapshot(const Parts& parts, const json::object& body) {
    const std::string id = TRY(device_of(parts, body));
    TRY_VOID(publish_snapshot(parts, id, std::chrono::milliseconds(2000)));
    return json::object{{"id", id}};
}

Result<json::value> diagnostics(const Parts& parts, const json::object&) { return diagnostics_document(parts); }

Result<json::value> talk(const Parts&, const json::object&) {
    return fail(Errc::unsupported, "talking to a camera is not possible in this version");
}

Result<json::value> mfa(const Parts& parts, const json::object&) {
    if (!parts.config()->cloud.enabled || parts.config()->local_only)
        return fail(Errc::unsupported, "the cloud is off, so no code is waited for; set cloud.enabled only if a Kasa camera needs it");
    return fail(Errc::unsupported, "no login is waiting for a code");
}

constexpr std::array<std::pair<std::string_view, Handler>, 13> kHandlers = {{
    {"health_check", health_check},
    {"restart", restart},
    {"options", options},
    {"device/discover", discover},
    {"device/add", add},
    {"device/remove", remove},
    {"device/rename", rename},
    {"device/options", device_options},
    {"device/reconnect", reconnect},
    {"snapshot", snapshot},
    {"talk", talk},
    {"account/mfa", mfa},
    {"diagnostics", diagnostics},
}};

}  // namespace

Result<json::value> run_request(const Parts& parts, const std::string& what, const json::object& body) {
    for (const auto& [name, handler] : kHandlers)
        if (name == what) return handler(parts, body);
    return fail(Errc::refused, "there is no request '" + what.substr(0, 60) + "'");
}

}  // namespace tplink::gateway
