#include "gateway/app/requests.hpp"

#include <array>
#include <boost/json/serialize.hpp>

#include "gateway/app/bundle.hpp"
#include "gateway/app/ledger.hpp"
#include "gateway/app/login_test.hpp"
#include "gateway/app/sound_file.hpp"
#include "gateway/app/views.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxTargets = 64, kMaxName = 100, kMaxCode = 12;
constexpr auto kSearchTime = std::chrono::milliseconds(3000);

using Handler = WebResult<json::value> (*)(const Parts&, const json::object&);

tl::unexpected<WebError> bad(std::string message, std::string hint = {}) { return tl::unexpected(bad_request(std::move(message), std::move(hint))); }
tl::unexpected<WebError> device_failed(const Error& error) { return tl::unexpected(to_web_error(error)); }

/// The registry's words: malformed is the caller's fault, refused the state of things.
tl::unexpected<WebError> registry_refused(const Error& error) {
    return tl::unexpected(error.code == Errc::malformed ? bad_request(error.what) : conflict(error.what, ""));
}

/// The text under `key`. errors: 400 when it is missing.
WebResult<std::string> text_of(const json::object& body, std::string_view key) {
    const json::value* value = body.if_contains(key);
    if (value == nullptr || !value->is_string() || value->get_string().empty())
        return bad("'" + std::string(key) + "' is missing.", "Send {\"" + std::string(key) + "\": \"...\"}.");
    return std::string(value->get_string());
}

/// errors: 400, 404.
WebResult<std::string> device_of(const Parts& parts, const json::object& body) {
    auto id = text_of(body, "id");
    if (id && !parts.registry.view(*id)) return tl::unexpected(not_found("device", *id));
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

WebResult<json::value> health_check(const Parts& parts, const json::object&) {
    return json::object{{"healthy", parts.publisher.status().connected}};
}

WebResult<json::value> restart(const Parts& parts, const json::object&) {
    if (const std::string fault = parts.config_fault(); !fault.empty())
        return tl::unexpected(conflict("The configuration has a fault, so a restart would end here: " + fault, "Correct it first."));
    parts.clerk.later("restart", std::chrono::milliseconds(200), parts.restart);  // the answer goes out first
    return json::object{};
}

/// {"log_level","discovery"} are the short words of the contract; "options" holds any setting of the file.
WebResult<json::value> options(const Parts& parts, const json::object& body) {
    json::object wanted;
    for (const auto& [key, value] : body) {
        if (key == "log_level") wanted["log.level"] = value;
        else if (key == "discovery" && !value.is_object()) wanted["discovery.enabled"] = value;
        else if (key == "options" && value.is_object())
            for (const auto& [inner, innermost] : value.get_object()) wanted[inner] = innermost;
        else wanted[key] = value;
    }
    if (const auto faults = parts.change_settings(wanted); !faults.empty()) {
        std::string sentence;
        for (const ConfigFault& fault : faults) sentence += (sentence.empty() ? "" : "; ") + fault.key + ": " + fault.message;
        return bad(sentence, "Nothing was changed.");
    }
    return json::object{{"log_level", parts.log.level()}, {"restart_required", false}};
}

WebResult<json::value> settings(const Parts& parts, const json::object&) { return json::object{{"settings", parts.settings()}}; }

WebResult<json::value> discover(const Parts& parts, const json::object& body) {
    std::vector<std::string> targets;
    if (const json::value* list = body.if_contains("targets"); list != nullptr) {
        if (!list->is_array()) return bad("'targets' is no list.", R"(Send {"targets": ["192.168.1.0/24"]}, or nothing.)");
        for (const json::value& item : list->get_array())
            if (item.is_string() && targets.size() < kMaxTargets) targets.emplace_back(item.get_string());
    }
    const auto found = parts.discovery.search(std::move(targets), kSearchTime);
    if (!found) return device_failed(found.error());
    return found_json(*found, parts);
}

WebResult<json::value> add(const Parts& parts, const json::object& body) {
    const auto id = parts.registry.add(json::serialize(body));
    if (!id) return registry_refused(id.error());
    return json::object{{"id", *id}};
}

WebResult<json::value> remove(const Parts& parts, const json::object& body) {
    return device_of(parts, body).and_then([&](const std::string& id) -> WebResult<json::value> {
        if (const auto done = parts.registry.remove(id); !done) return registry_refused(done.error());
        return json::object{{"id", id}};
    });
}

WebResult<json::value> rename(const Parts& parts, const json::object& body) {
    const auto id = device_of(parts, body);
    if (!id) return tl::unexpected(id.error());
    const auto name = text_of(body, "name");
    if (!name) return tl::unexpected(name.error());
    if (name->size() > kMaxName) return bad("A name has at most 100 bytes.");
    if (const auto done = parts.registry.change(*id, json::object{{"name", *name}}); !done) return registry_refused(done.error());
    return json::object{{"id", *id}, {"name", *name}};
}

WebResult<json::value> device_options(const Parts& parts, const json::object& body) {
    const auto id = device_of(parts, body);
    if (!id) return tl::unexpected(id.error());
    const json::value* wanted = body.if_contains("options");
    if (wanted == nullptr || !wanted->is_object() || wanted->get_object().empty())
        return bad("'options' is missing.", R"(Send {"id": "...", "options": {"poll_s": 10}}.)");
    if (const auto done = parts.registry.change(*id, wanted->get_object()); !done) return registry_refused(done.error());
    json::object said = wanted->get_object();
    for (auto& [key, value] : said)
        if (key.find("password") != std::string_view::npos || key == "camera_account") value = "***";  // answers are seen by everybody on the broker
    return json::object{{"id", *id}, {"options", std::move(said)}};
}

WebResult<json::value> reconnect(const Parts& parts, const json::object& body) {
    return device_of(parts, body).and_then([&](const std::string& id) -> WebResult<json::value> {
        if (parts.video != nullptr) parts.video->forgive(id);
        parts.registry.reconnect(id);
        return json::object{{"id", id}};
    });
}

WebResult<json::value> snapshot(const Parts& parts, const json::object& body) {
    return device_of(parts, body).and_then([&](const std::string& id) -> WebResult<json::value> {
        if (parts.video != nullptr && parts.video->facts(id).is_null()) return tl::unexpected(not_found("camera", id));
        if (const auto done = publish_snapshot(parts, id, std::chrono::milliseconds(2000)); !done) return device_failed(done.error());
        return json::object{{"id", id}};
    });
}

WebResult<json::value> diagnostics(const Parts& parts, const json::object&) { return diagnostics_document(parts); }

/// Sound of a local file, or of a server in the network, as text-to-speech engines give it.
WebResult<json::value> talk(const Parts& parts, const json::object& body) {
    const auto id = device_of(parts, body);
    if (!id) return tl::unexpected(id.error());
    if (parts.video == nullptr || parts.video->facts(*id).is_null()) return tl::unexpected(not_found("camera", *id));
    const auto sound = load_sound(body, parts.cloud.guard());
    if (!sound) return bad(sound.error().what);
    if (const auto done = parts.video->speak(*id, sound->bytes, sound->content_type); !done) return device_failed(done.error());
    return json::object{{"id", *id}};
}

WebResult<json::value> mfa(const Parts& parts, const json::object& body) {
    const auto code = text_of(body, "code");
    if (!code) return tl::unexpected(code.error());
    if (code->size() > kMaxCode || code->find_first_not_of("0123456789") != std::string::npos) return bad("The code consists of digits only.", "Type it as it stands in the mail.");
    if (!parts.config()->cloud.enabled || parts.config()->local_only)
        return tl::unexpected(conflict("The cloud is off, so no code is waited for.", "Set cloud.enabled only if a Kasa camera needs it."));
    const auto done = parts.cloud.submit_code(*code);
    if (done) return json::object{{"state", parts.cloud.status().at("state")}};
    if (done.error().what == "no login is waiting for a code")
        return tl::unexpected(conflict("No login is waiting for a code.", "Switch a Kasa camera that needs the cloud; a code is mailed when TP-Link wants one."));
    return tl::unexpected(to_web_error(done.error(), "Enter the code of the newest mail; each is good for one attempt."));
}

/// How the cloud account stands, and the book of outside connections.
WebResult<json::value> cloud(const Parts& parts, const json::object&) {
    return json::object{{"account", parts.cloud.status()}, {"egress", parts.cloud.egress()}};
}

WebResult<json::value> device_exchanges(const Parts& parts, const json::object& body) {
    return device_of(parts, body).and_then([&](const std::string& id) -> WebResult<json::value> {
        const auto view = parts.registry.view(id);
        return json::object{{"exchanges", view ? exchanges(parts, *view) : json::array{}}};
    });
}

WebResult<json::value> egress(const Parts& parts, const json::object&) { return json::object{{"addresses", egress_ledger(parts)}}; }

constexpr std::array<std::pair<std::string_view, Handler>, 18> kHandlers = {{
    {"health_check", health_check},
    {"restart", restart},
    {"options", options},
    {"settings", settings},
    {"device/discover", discover},
    {"device/add", add},
    {"device/remove", remove},
    {"device/rename", rename},
    {"device/options", device_options},
    {"device/reconnect", reconnect},
    {"device/exchanges", device_exchanges},
    {"device/test", test_login},
    {"egress", egress},
    {"snapshot", snapshot},
    {"talk", talk},
    {"account/mfa", mfa},
    {"cloud", cloud},
    {"diagnostics", diagnostics},
}};

}  // namespace

WebResult<json::value> run_request(const Parts& parts, const std::string& what, const json::object& body) {
    for (const auto& [name, handler] : kHandlers)
        if (name == what) return handler(parts, body);
    std::string all;
    for (const auto& [name, handler] : kHandlers) all += (all.empty() ? "" : ", ") + std::string(name);
    return tl::unexpected(WebError{404, "not_found", "There is no request '" + what.substr(0, 60) + "'.", "There are: " + all + "."});
}

}  // namespace tplink::gateway
