// The gateway's own device in Home Assistant.
#include <boost/json/array.hpp>

#include "gateway/mqtt/homeassistant.hpp"

namespace tplink::gateway {
namespace {

class BridgeWriter {
public:
    explicit BridgeWriter(const Topics& topics) : topics_(topics) {}

    Entity connection() const {
        Entity out = base("connection", "binary_sensor", "Connection", "diagnostic");
        out.fields["state_topic"] = topics_.bridge_state();
        out.fields["payload_on"] = "online";
        out.fields["payload_off"] = "offline";
        out.fields["device_class"] = "connectivity";
        // Depending on the topic it reports, it could never say "disconnected".
        out.fields["availability"] =
            json::array{json::object{{"topic", topics_.bridge_state()}, {"value_template", "online"}}};
        return out;
    }
    Entity from_info(std::string_view id, std::string_view platform, std::string_view name,
                     std::string_view category) const {
        Entity out = base(id, platform, name, category);
        out.fields["state_topic"] = topics_.bridge("info");
        out.fields["value_template"] = "{{ value_json['" + std::string(id) + "'] }}";
        return out;
    }
    /// From bridge/health: a value and its details.
    Entity from_health(std::string_view id, std::string_view name, std::string_view section, std::string_view field, std::string_view icon) const {
        Entity out = base(id, "sensor", name, "diagnostic");
        const std::string path = "value_json['" + std::string(section) + "']";
        out.fields["state_topic"] = topics_.bridge("health");
        out.fields["value_template"] = "{{ " + path + "['" + std::string(field) + "'] }}";
        out.fields["json_attributes_topic"] = topics_.bridge("health");
        out.fields["json_attributes_template"] = "{{ " + path + " | tojson }}";
        out.fields["icon"] = icon;
        return out;
    }
    Entity log_level() const {
        Entity out = from_info("log_level", "select", "Log level", "config");
        out.fields["options"] = json::array{"trace", "debug", "info", "warning", "error"};
        out.fields["command_topic"] = topics_.bridge_request("options");
        out.fields["command_template"] = R"({"log_level": "{{ value }}"})";
        return out;
    }
    Entity problem() const {
        Entity out = from_info("problem", "binary_sensor", "Problem", "diagnostic");
        out.fields["device_class"] = "problem";
        out.fields["json_attributes_topic"] = topics_.bridge("info");
        out.fields["json_attributes_template"] = "{{ {'devices': value_json['problems']} | tojson }}";
        return out;
    }
    Entity button(std::string_view id, std::string_view what, std::string_view name, std::string_view category) const {
        Entity out = base(id, "button", name, category);
        out.fields["command_topic"] = topics_.bridge_request(what);
        out.fields["payload_press"] = "{}";
        return out;
    }

private:
    Entity base(std::string_view id, std::string_view platform, std::string_view name, std::string_view category) const {
        Entity out{std::string(id), std::string(platform), {}};
        out.fields["name"] = name;
        out.fields["unique_id"] = topics_.unique_id("bridge") + "_" + out.id;
        if (!category.empty()) out.fields["entity_category"] = category;
        out.fields["qos"] = 1;
        return out;
    }
    const Topics& topics_;
};

}  // namespace

Discovery describe_bridge(const Topics& topics, const Origin& origin, const std::string& configuration_url) {
    Discovery out;
    out.device_id = "bridge";
    out.device = {{"identifiers", json::array{json::value(json::string(topics.unique_id("bridge")))}},
                  {"name", topics.base() == "tplink2mqtt" ? "TP-Link gateway" : "TP-Link gateway " + topics.base()},
                  {"manufacturer", origin.name},
                  {"model", "Gateway"},
                  {"sw_version", origin.version}};
    if (configuration_url.find("://") != std::string::npos) out.device["configuration_url"] = configuration_url;
    out.availability = {json::object{{"topic", topics.bridge_state()}}};

    const BridgeWriter writer(topics);
    Entity devices = writer.from_info("devices", "sensor", "Devices", "diagnostic");
    devices.fields["icon"] = "mdi:devices";
    Entity restart = writer.button("restart", "restart", "Restart", "config");
    restart.fields["device_class"] = "restart";
    Entity discover = writer.button("discover", "device/discover", "Discover devices", {});
    discover.fields["icon"] = "mdi:magnify";
    out.components = {writer.connection(), writer.from_info("version", "sensor", "Version", "diagnostic"),
                      writer.log_level(),  std::move(restart),  std::move(discover), std::move(devices),
                      writer.problem(),
                      writer.from_health("cloud_account", "Cloud account", "cloud", "state", "mdi:cloud-lock-outline"),
                      writer.from_health("outside_requests", "Outside requests", "egress", "requests", "mdi:earth-arrow-right")};
    return out;
}

}  // namespace tplink::gateway
