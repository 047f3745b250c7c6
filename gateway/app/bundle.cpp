#include "gateway/app/bundle.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/app/views.hpp"
#include "gateway/diagnostics/flight_recorder.hpp"
#include "gateway/diagnostics/redact.hpp"
#include "gateway/diagnostics/zip.hpp"
#include "gateway/version.hpp"
#include "protocols/base/bytes.hpp"
#include "protocols/base/random.hpp"

namespace tplink::gateway {
namespace {

constexpr std::string_view kReadme =
    "Diagnostics of tplink2mqtt. Passwords, tokens and keys are replaced by ***; addresses, names, MACs and ids by marks\n"
    "that stay the same within this installation. Look through it before you publish it.\n\n"
    "diagnostics.json   versions, configuration without secrets, state and counters of every device\n"
    "devices/           what each device answers, method by method; a simulator can be made from it\n"
    "exchanges/         the last exchanges with each device\n"
    "log.jsonl          the last lines of the log\n";

void hide(Redactor& redactor, const Credentials& login) {
    redactor.hide_secret(login.password.reveal());
    redactor.hide_identity(login.username);
}

/// Knows by name what must not be seen, wherever it stands.
Redactor make_redactor(const Parts& parts) {
    Redactor redactor(Secret(parts.store.text("pseudonym_key", [] { return hex_lower(system_random().bytes(16)); })));
    const auto config = parts.config();
    hide(redactor, config->account);
    redactor.hide_secret(config->mqtt.password.reveal());
    redactor.hide_identity(config->mqtt.username);
    redactor.hide_identity(config->mqtt.host);
    redactor.hide_secret(config->http.password.reveal());
    redactor.hide_secret(config->rtsp.password.reveal());
    redactor.hide_secret(parts.store.text("http_password", [] { return std::string(); }));
    for (const DeviceConfig& device : config->devices) {
        if (device.credentials) hide(redactor, *device.credentials);
        hide(redactor, device.camera_account);
        redactor.hide_mac(device.mac);
    }
    for (const auto& view : parts.registry.views()) {
        redactor.hide_mac(view->identity.mac);
        redactor.hide_identity(view->identity.name);
        redactor.hide_identity(view->identity.device_id);
        redactor.hide_identity(view->name);
        redactor.hide_identity(view->host);
        if (const auto access = parts.registry.access(view->id)) hide(redactor, access->credentials);
    }
    return redactor;
}

/// By key, and then by every word known to be private.
json::value masked(Redactor& redactor, const json::value& value) {
    const std::string text = redactor.redact_text(json::serialize(redactor.redact(value)));
    boost::system::error_code ec;
    json::value out = json::parse(text, ec);
    return ec ? json::value(nullptr) : out;  // a mark never breaks a JSON text; should it, nothing is better than something raw
}

std::string key_of(const DeviceView& view) { return view.mac_known() ? view.identity.mac : view.host; }

json::object raw_device(const Parts& parts, const DeviceView& view) {
    json::object device = device_document(parts, view);
    json::array rows;  // their names are words of ours, no identities
    for (const Capability* row : view.rows) rows.emplace_back(json::string(row->id));
    device["capabilities"] = std::move(rows);
    if (json::object* media = device["media"].if_object()) media->erase("urls");
    const DeviceCounters counters = view.counters();
    device["counters"] = json::object{{"polls", counters.polls}, {"errors", counters.errors}, {"commands", counters.commands},
                                      {"logins", counters.logins}, {"flaps", counters.flaps}, {"latency_ms", counters.latency_ms}};
    return device;
}

/// What it answered, with the list of its abilities, which it is asked for at the login only: a replay needs it.
json::object replayable(const Parts& parts, const DeviceView& view) {
    json::object document = parts.registry.document(view.id);
    const char* const method = "getAppComponentList";
    if (view.family != Family::tapo_camera || view.identity.components.empty() || document.contains(method)) return document;
    json::array list;
    for (const Component& component : view.identity.components) list.push_back(json::object{{"name", component.name}, {"version", component.version}});
    document[method] = json::object{{"app_component", json::object{{"app_component_list", std::move(list)}}}};
    return document;
}

json::object common(const Parts& parts) {
    return {{"version", json::string(version())},
            {"config", config_document(*parts.config())},
            {"health", health_document(parts)},
            {"mqtt", json::object{{"connected", parts.publisher.status().connected}, {"reconnects", parts.publisher.status().reconnects}}}};
}

json::object without_map(json::object document) {
    if (json::object* health = document["health"].if_object()) health->erase("devices");  // its keys are ids
    return document;
}

}  // namespace

json::object diagnostics_document(const Parts& parts) {
    Redactor redactor = make_redactor(parts);
    json::object out = masked(redactor, without_map(common(parts))).as_object();
    json::array devices;
    for (const auto& view : parts.registry.views()) {
        json::object device = raw_device(parts, *view);
        device["document"] = parts.registry.document(view->id);
        device["exchanges"] = to_json(parts.recorder.lines(key_of(*view)));
        devices.push_back(masked(redactor, device));
    }
    out["devices"] = std::move(devices);
    return out;
}

json::array exchanges(const Parts& parts, const DeviceView& view) {
    Redactor redactor = make_redactor(parts);
    const json::value out = masked(redactor, to_json(parts.recorder.lines(key_of(view))));
    return out.is_array() ? out.get_array() : json::array{};
}

std::string diagnostics_zip(const Parts& parts) {
    Redactor redactor = make_redactor(parts);
    ZipWriter zip;
    zip.add("README.txt", kReadme);
    json::object overview = masked(redactor, without_map(common(parts))).as_object();
    json::array devices;
    for (const auto& view : parts.registry.views()) {
        json::value device = masked(redactor, raw_device(parts, *view));
        const json::value* mark = device.is_object() ? device.get_object().if_contains("id") : nullptr;
        const std::string name = mark != nullptr && mark->is_string() ? std::string(mark->get_string()) : std::to_string(devices.size());
        zip.add("devices/" + name + ".json", json::serialize(masked(redactor, replayable(parts, *view))));
        zip.add("exchanges/" + name + ".json", json::serialize(masked(redactor, to_json(parts.recorder.lines(key_of(*view))))));
        devices.push_back(std::move(device));
    }
    overview["devices"] = std::move(devices);
    zip.add("diagnostics.json", json::serialize(overview));
    std::string log;
    for (const std::string& line : parts.bus.log_lines()) log += redactor.redact_text(line) + "\n";
    zip.add("log.jsonl", log);
    return zip.finish();
}

}  // namespace tplink::gateway
