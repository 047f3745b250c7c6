#include "gateway/config/settings.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/config/section.hpp"
#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxSettings = 64;
constexpr std::string_view kMasked = "***";

json::value text(std::string_view value) { return json::value(json::string(value)); }
json::value secret(const Secret& value) { return text(value.empty() ? "" : kMasked); }
json::value listen(const Listen& value) { return text(value.address + ":" + std::to_string(value.port)); }
json::value texts(const std::vector<std::string>& values) {
    json::array out;
    for (const std::string& value : values) out.push_back(text(value));
    return out;
}
json::value number(std::int64_t value) { return json::value(value); }

std::string_view word(DiscoveryForm form) {
    switch (form) {
    case DiscoveryForm::device: return "device";
    case DiscoveryForm::component: return "component";
    case DiscoveryForm::off: return "off";
    }
    return "device";
}

/// Every key in the order of the documentation.
std::vector<std::pair<std::string, json::value>> values_of(const Config& c) {
    return {{"mqtt.host", text(c.mqtt.host)},
            {"mqtt.port", number(c.mqtt.port)},
            {"mqtt.username", text(c.mqtt.username)},
            {"mqtt.password", secret(c.mqtt.password)},
            {"mqtt.tls", c.mqtt.tls},
            {"mqtt.ca_file", text(c.mqtt.ca_file)},
            {"mqtt.client_cert", text(c.mqtt.client_cert)},
            {"mqtt.client_key", text(c.mqtt.client_key)},
            {"mqtt.base_topic", text(c.mqtt.base_topic)},
            {"mqtt.discovery_prefix", text(c.mqtt.discovery_prefix)},
            {"mqtt.discovery", text(word(c.mqtt.discovery))},
            {"mqtt.raw", c.mqtt.raw},
            {"account.username", text(c.account.username.empty() ? "" : kMasked)},  // an e-mail address is a person's
            {"account.password", secret(c.account.password)},
            {"cloud.enabled", c.cloud.enabled},
            {"local_only", c.local_only},
            {"discovery.enabled", c.discovery.enabled},
            {"discovery.targets", texts(c.discovery.targets)},
            {"discovery.interval_s", number(c.discovery.interval.count())},
            {"discovery.adopt", c.discovery.adopt},
            {"http.listen", listen(c.http.listen)},
            {"http.username", text(c.http.username)},
            {"http.password", secret(c.http.password)},
            {"rtsp.enabled", c.rtsp.enabled},
            {"rtsp.listen", listen(c.rtsp.listen)},
            {"rtsp.username", text(c.rtsp.username)},
            {"rtsp.password", secret(c.rtsp.password)},
            {"webrtc.ports", text(std::to_string(c.webrtc.port_min) + "-" + std::to_string(c.webrtc.port_max))},
            {"webrtc.candidates", texts(c.webrtc.candidates)},
            {"onvif.enabled", c.onvif.enabled},
            {"onvif.port", number(c.onvif.port)},
            {"media.transcode", c.media.transcode},
            {"media.viewers_max", number(c.media.viewers_max)},
            {"media.linger_s", number(c.media.linger.count())},
            {"media.battery_view_limit_s", number(c.media.battery_view_limit.count())},
            {"media.battery_day_limit_s", number(c.media.battery_day_limit.count())},
            {"log.level", text(c.log.level)},
            {"log.format", text(c.log.format == LogFormat::json ? "json" : "text")}};
}

std::string environment_name(const std::string& key) {
    std::string name = "TPLINK2MQTT__" + ascii_upper(key);
    if (const auto dot = name.find('.'); dot != std::string::npos) name.replace(dot, 1, "__");
    return name;
}

/// {"log":{"level":1}} and {"log.level":1} become the same.
std::map<std::string, json::value> flatten(const json::object& wanted) {
    std::map<std::string, json::value> out;
    for (const auto& [key, value] : wanted) {
        if (value.is_object())
            for (const auto& [inner, innermost] : value.get_object()) out.emplace(std::string(key) + "." + std::string(inner), innermost);
        else out.emplace(std::string(key), value);
    }
    return out;
}

/// Why the key may not be set at run time; empty: it may.
std::string obstacle(const std::string& key, const json::value& value, const Environment& environment) {
    const std::string section = key.substr(0, key.find('.'));
    if (section == "devices") return "devices are added, changed and removed by requests of their own";
    if (section == "state_dir" || key == "cloud.url" || key == "cloud.ca_file" || key.starts_with("http.ssl_")) return "is set in the file only";
    if (key.ends_with("password_file")) return "is not taken from a request; send the password itself";
    if (value.is_object()) return "is nested too deep";
    if (value == json::value(text(kMasked)) ) return "is the mark for what is set and not shown; send the new value, or leave the key out";
    if (environment.contains(environment_name(key))) return "is set by the environment variable " + environment_name(key) + "; change it there";
    return {};
}

}  // namespace

Overlay Overlay::from_text(const std::string& json_text) {
    Overlay out;
    boost::system::error_code ec;
    const json::value parsed = json::parse(json_text, ec);
    if (ec || !parsed.is_object()) return out;
    for (const auto& [key, entry] : parsed.get_object()) {
        const json::object* fields = entry.if_object();
        const json::value* value = fields != nullptr ? fields->if_contains("value") : nullptr;
        const json::value* over = fields != nullptr ? fields->if_contains("over") : nullptr;
        if (value != nullptr && over != nullptr && over->is_string()) out.entries[key] = {*value, std::string(over->get_string())};
    }
    return out;
}

std::string Overlay::to_text() const {
    json::object out;
    for (const auto& [key, entry] : entries) out[key] = json::object{{"value", entry.value}, {"over", entry.over}};
    return json::serialize(out);
}

OverlayChange change_overlay(Overlay now, const json::object& wanted, const std::string& file, const Environment& environment) {
    OverlayChange out;
    const auto flat = flatten(wanted);
    const auto digests = file_digests(file, flat);
    for (const auto& [key, value] : flat) {
        if (const std::string why = obstacle(key, value, environment); !why.empty()) out.faults.push_back(make_fault(std::string(kRequestFile), 0, key, why));
        else if (value.is_null()) now.entries.erase(key);
        else now.entries[key] = {value, digests.at(key)};
    }
    if (flat.empty()) out.faults.push_back(make_fault(std::string(kRequestFile), 0, "settings", R"(name at least one, such as {"log.level": "debug"})"));
    if (now.entries.size() > kMaxSettings) out.faults.push_back(make_fault(std::string(kRequestFile), 0, "settings", "are too many at once"));
    if (out.faults.empty()) out.faults = load_with(now, file, environment).faults;
    out.overlay = std::move(now);
    return out;
}

json::object describe_settings(const Config& config, const Overlay& overlay, const Environment& environment) {
    json::object out;
    const auto defaults = values_of(Config{});
    std::size_t at = 0;
    for (auto& [key, value] : values_of(config)) {
        const json::value& usual = defaults[at++].second;
        const char* source = value == usual ? "default" : "file";
        if (overlay.entries.contains(key)) source = "page";
        if (environment.contains(environment_name(key))) source = "environment";
        out[key] = json::object{{"value", std::move(value)}, {"default", usual}, {"source", source}};
    }
    return out;
}

}  // namespace tplink::gateway
