#include "gateway/mqtt/homeassistant.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cmath>
#include <set>

#include "gateway/mqtt/entities.hpp"
#include "gateway/mqtt/json_text.hpp"
#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxStateChars = 255;  // Home Assistant: longer states become unknown

// Home Assistant merges devices by this text, so it must be spelled like other integrations do.
std::string mac_with_colons(const std::string& mac) {
    std::string out;
    for (std::size_t i = 0; i + 1 < mac.size(); i += 2) {
        if (i != 0) out += ':';
        out += ascii_lower(mac.substr(i, 2));
    }
    return out;
}

bool is_configuration_url(std::string_view url) {
    for (const std::string_view scheme : {"http://", "https://", "homeassistant://"})
        if (url.starts_with(scheme) && url.size() > scheme.size() && url[scheme.size()] != '/') return true;
    return false;
}

void set_if(json::object& object, std::string_view key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}

json::object device_object(const DeviceDescription& device, const Topics& topics) {
    json::object out;
    out["identifiers"] = json::array{json::value(json::string(topics.unique_id(device.id)))};
    // An outlet of a strip shares the strip's MAC; two devices with one connection would be merged into one.
    if (normalize_mac(device.mac) == device.id) {
        json::array connection{"mac", json::string(mac_with_colons(device.id))};
        out["connections"].emplace_array().push_back(std::move(connection));
    }
    out["name"] = !device.name.empty() ? device.name : !device.model.empty() ? device.model : device.id;
    set_if(out, "manufacturer", device.manufacturer);
    set_if(out, "model", device.model);
    set_if(out, "hw_version", device.hardware);
    set_if(out, "sw_version", device.firmware);
    set_if(out, "serial_number", device.serial);
    out["via_device"] = topics.unique_id(device.via.empty() ? "bridge" : device.via);
    if (is_configuration_url(device.configuration_url)) out["configuration_url"] = device.configuration_url;
    set_if(out, "suggested_area", device.suggested_area);
    return out;
}

/// Rows that are shown as part of another entity.
std::set<std::string_view> rows_of_composites(const DeviceDescription& device) {
    std::set<std::string_view> out;
    for (const Composite* composite : device.composites)
        for (const std::string_view row : composite->members())
            if (!row.empty()) out.insert(row);
    return out;
}

json::object origin_object(const Origin& origin) {
    json::object out{{"name", origin.name}};
    set_if(out, "sw_version", origin.version);
    set_if(out, "support_url", origin.url);
    return out;
}

json::array availability_array(const Discovery& discovery) {
    json::array out;
    for (const auto& entry : discovery.availability) out.push_back(entry);
    return out;
}

Rank rank_of(const Discovery& discovery) {
    return discovery.device_id == "bridge" ? Rank::bridge_discovery : Rank::discovery;
}

// A value the entity of `row` cannot show is unknown to it; Home Assistant would log an error each time.
json::value conform_value(const Capability& row, const DeviceDescription& device, json::value value) {
    if (value.is_bool()) value = value.get_bool() ? "ON" : "OFF";
    whole_numbers(value);
    if (std::holds_alternative<Choice>(row.kind) || std::holds_alternative<DynamicChoice>(row.kind)) {
        const auto choices = choices_of(row, device);
        const bool listed = value.is_string() && std::find(choices.begin(), choices.end(),
                                                           std::string_view(value.get_string())) != choices.end();
        if (!choices.empty() && !listed) return nullptr;
    }
    if (const auto* number = std::get_if<Number>(&row.kind)) {
        json::error_code ec;
        const double n = value.is_number() ? value.to_number<double>(ec) : std::nan("");
        if (!std::isfinite(n)) return nullptr;
        const auto own = device.ranges.find(std::string(row.id));
        const Range range = own == device.ranges.end() ? Range{number->min, number->max} : own->second;
        if (platform_of(row) == "number" && (n < range.min || n > range.max)) return nullptr;
    }
    return value;
}

// Cuts at a character, not inside one.
void cut_text(json::value& value) {
    if (!value.is_string() || value.get_string().size() <= kMaxStateChars) return;
    std::string text(value.get_string().subview(0, kMaxStateChars));
    while (!text.empty() && !is_utf8(text)) text.pop_back();
    value = json::string(text);
}

}  // namespace

Discovery describe(const DeviceDescription& device, const Topics& topics) {
    Discovery out;
    out.device_id = device.id;
    out.device = device_object(device, topics);
    out.excluded = device.excluded;
    out.availability = {json::object{{"topic", topics.bridge_state()}},
                        json::object{{"topic", topics.availability(device.id)}}};
    const EntityWriter writer(topics, device);
    std::set<std::string> taken;
    const auto add = [&](Entity entity) {
        if (taken.insert(entity.id).second) out.components.push_back(std::move(entity));
    };
    if (device.camera) {
        for (Entity& entity : writer.camera(*device.camera)) add(std::move(entity));
        if (device.camera->picture) out.state_keys = {"stream_state", "stream_info"};
        if (device.camera->battery) out.state_keys.emplace_back("stream");
    }
    for (const Composite* composite : device.composites) add(writer.from_composite(*composite));
    const auto hidden = rows_of_composites(device);
    for (const Capability* row : device.rows) {
        if (!std::holds_alternative<Press>(row->kind)) out.state_keys.emplace_back(row->id);
        if (hidden.contains(row->id)) continue;
        if (auto entity = writer.from_row(*row)) add(std::move(*entity));
    }
    for (Entity& entity : writer.diagnostics()) add(std::move(entity));
    out.state_keys.emplace_back("last_seen");
    return out;
}

Message device_message(const Discovery& discovery, const std::map<std::string, std::string>& removed,
                       const Topics& topics, const Origin& origin) {
    json::object components;
    for (const auto& [id, platform] : removed) components[id] = json::object{{"platform", platform}};
    for (const Entity& entity : discovery.components) {
        json::object component{{"platform", entity.platform}};
        for (const auto& [key, value] : entity.fields) component[key] = value;
        components[entity.id] = std::move(component);
    }
    const json::object message{{"device", discovery.device}, {"origin", origin_object(origin)},
                               {"availability", availability_array(discovery)}, {"availability_mode", "all"},
                               {"components", std::move(components)}};
    return {topics.device_discovery(discovery.device_id), to_text(message), true, 1, rank_of(discovery), false};
}

std::vector<Message> component_messages(const Discovery& discovery, const Topics& topics, const Origin& origin) {
    std::vector<Message> out;
    for (const Entity& entity : discovery.components) {
        json::object message = entity.fields;
        message["device"] = discovery.device;
        message["origin"] = origin_object(origin);
        if (entity.platform != "device_automation") {
            if (!message.contains("availability")) message["availability"] = availability_array(discovery);
            message["availability_mode"] = "all";
        }
        out.push_back({topics.component_discovery(entity.platform, discovery.device_id, entity.id), to_text(message),
                       true, 1, rank_of(discovery), false});
    }
    return out;
}

json::object conform_state(const DeviceDescription& device, const std::vector<std::string>& keys, json::object state) {
    for (const Capability* row : device.rows)
        if (auto* value = state.if_contains(row->id)) *value = conform_value(*row, device, std::move(*value));
    for (const auto& key : keys)
        if (!state.contains(key)) state[key] = nullptr;
    for (auto& member : state) {
        whole_numbers(member.value());
        cut_text(member.value());
    }
    return state;
}

}  // namespace tplink::gateway
