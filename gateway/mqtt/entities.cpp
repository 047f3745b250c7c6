#include "gateway/mqtt/entities.hpp"

#include <boost/json/array.hpp>
#include <cmath>

namespace tplink::gateway {
namespace {

bool is_writable_row(const Capability& row) { return !std::holds_alternative<std::monostate>(row.write); }

json::value number_value(double number) {
    if (std::trunc(number) == number && std::fabs(number) < 1e15) return static_cast<std::int64_t>(number);
    return number;
}

json::array text_array(const std::vector<std::string>& texts) {
    json::array out;
    for (const auto& text : texts) out.emplace_back(text);
    return out;
}

// "value_json['x']", not "value_json.x": a key named like a dictionary method would resolve to the method.
std::string value_of(std::string_view key) { return "{{ value_json['" + std::string(key) + "'] }}"; }

void set_if(json::object& fields, std::string_view key, std::string_view text) {
    if (!text.empty()) fields[key] = text;
}

// Home Assistant refuses sensors in the category "config".
Category allowed_category(std::string_view platform, Category category) {
    const bool read_only = platform == "sensor" || platform == "binary_sensor";
    return read_only && category == Category::config ? Category::diagnostic : category;
}

void add_category(Entity& entity, Category category) {
    category = allowed_category(entity.platform, category);
    if (category == Category::config) entity.fields["entity_category"] = "config";
    if (category == Category::diagnostic) entity.fields["entity_category"] = "diagnostic";
}

// Without a state class a number gets no long-term statistics. Counters that reset at midnight are total_increasing.
void add_statistics(json::object& fields, const Hint& hint) {
    std::string_view state_class = hint.state_class;
    if (state_class.empty() && !hint.unit.empty() && hint.device_class != "duration")
        state_class = hint.device_class == "energy" ? "total_increasing" : "measurement";
    set_if(fields, "state_class", state_class);
    if (hint.precision >= 0) fields["suggested_display_precision"] = hint.precision;
}

void add_number(Entity& entity, const Number& number, const Range& range, const Hint& hint) {
    set_if(entity.fields, "device_class", hint.device_class);
    set_if(entity.fields, "unit_of_measurement", hint.unit);
    if (entity.platform == "sensor") return add_statistics(entity.fields, hint);
    entity.fields["min"] = number_value(range.min);
    entity.fields["max"] = number_value(range.max);
    entity.fields["step"] = number_value(number.step);
    if (hint.unit == "%") entity.fields["mode"] = "slider";
}

void add_plain_siren(json::object& fields) {
    fields["command_template"] = "{{ value }}";  // else Home Assistant sends {"state": "ON"}
    fields["support_duration"] = false;
    fields["support_volume_set"] = false;
}

}  // namespace

std::string_view platform_of(const Capability& row) {
    if (!row.hint.component.empty()) return row.hint.component;
    struct Visitor {
        bool writable;
        std::string_view operator()(const OnOff&) const { return writable ? "switch" : "binary_sensor"; }
        std::string_view operator()(const Number&) const { return writable ? "number" : "sensor"; }
        std::string_view operator()(const Choice&) const { return writable ? "select" : "sensor"; }
        std::string_view operator()(const DynamicChoice&) const { return writable ? "select" : "sensor"; }
        std::string_view operator()(const Text&) const { return writable ? "text" : "sensor"; }
        std::string_view operator()(const Timestamp&) const { return "sensor"; }
        std::string_view operator()(const Press&) const { return "button"; }
        std::string_view operator()(const HueSaturation&) const { return writable ? "text" : "sensor"; }
    };
    return std::visit(Visitor{is_writable_row(row)}, row.kind);
}

std::vector<std::string> choices_of(const Capability& row, const DeviceDescription& device) {
    if (const auto* choice = std::get_if<Choice>(&row.kind)) return {choice->options.begin(), choice->options.end()};
    const auto it = device.options.find(std::string(row.id));
    return it == device.options.end() ? std::vector<std::string>{} : it->second;
}

Entity EntityWriter::base(std::string_view id, std::string_view platform, std::string_view name) const {
    Entity entity{std::string(id), std::string(platform), {}};
    entity.fields["name"] = name.empty() ? json::value(nullptr) : json::value(json::string(name));
    entity.fields["unique_id"] = topics_.unique_id(device_.id) + "_" + entity.id;
    return entity;
}

void EntityWriter::add_state(Entity& entity, std::string_view template_key) const {
    entity.fields["state_topic"] = topics_.state(device_.id);
    entity.fields[template_key] = value_of(entity.id);
    entity.fields["qos"] = 1;
}

void EntityWriter::add_command(Entity& entity) const {
    entity.fields["command_topic"] = topics_.command(device_.id, entity.id);
    entity.fields["qos"] = 1;
}

std::optional<Entity> EntityWriter::from_row(const Capability& row) const {
    const Hint& hint = row.hint;
    Entity entity = base(row.id, platform_of(row), hint.main_entity ? std::string_view() : row.name);
    json::object& fields = entity.fields;
    const bool is_siren = entity.platform == "siren";
    if (entity.platform != "button") add_state(entity, is_siren ? "state_value_template" : "value_template");
    const bool takes_commands = is_writable_row(row) || entity.platform == "button";
    if (takes_commands && entity.platform != "sensor") add_command(entity);

    const std::vector<std::string> choices = choices_of(row, device_);
    const bool is_choice = std::holds_alternative<Choice>(row.kind) || std::holds_alternative<DynamicChoice>(row.kind);
    if (entity.platform == "select" && choices.empty()) return {};  // an empty list is refused
    if (is_choice && !choices.empty()) {
        fields["options"] = text_array(choices);
        if (entity.platform == "sensor") fields["device_class"] = "enum";
    } else if (const auto* number = std::get_if<Number>(&row.kind)) {
        add_number(entity, *number, range(row), hint);
    } else if (std::holds_alternative<Timestamp>(row.kind)) {
        fields["device_class"] = "timestamp";
    } else if (is_siren) {
        add_plain_siren(fields);
    } else {
        set_if(fields, "device_class", hint.device_class);
    }
    add_category(entity, hint.category);
    set_if(fields, "icon", hint.icon);
    if (!hint.enabled) fields["enabled_by_default"] = false;
    return entity;
}

std::vector<Entity> EntityWriter::camera(const CameraEntities& camera) const {
    std::vector<Entity> out;
    if (camera.picture) out.emplace_back(base("snapshot", "camera", {})).fields["topic"] = topics_.snapshot(device_.id);

    if (!camera.detections.empty()) {
        Entity& event = out.emplace_back(base("detection", "event", "Detection"));
        event.fields["state_topic"] = topics_.event(device_.id);
        event.fields["event_types"] = text_array(camera.detections);
        event.fields["qos"] = 1;
        // Both events share one topic; an event type that is not listed would be a warning each time.
        if (camera.doorbell)
            event.fields["value_template"] = "{{ value if value_json['event_type'] != 'ring' else '' }}";
    }
    if (camera.doorbell) add_doorbell(out, !camera.detections.empty());
    if (camera.last_detection) {
        Entity& image = out.emplace_back(base("last_detection", "image", "Last detection"));
        image.fields["image_topic"] = topics_.detection(device_.id);
        image.fields["content_type"] = "image/jpeg";
    }
    if (camera.battery) {
        Entity& stream = out.emplace_back(base("stream", "switch", "Live stream"));
        add_state(stream);
        add_command(stream);
        stream.fields["icon"] = "mdi:cctv";
        add_category(stream, Category::config);
    }
    if (!camera.picture) return out;
    Entity& state = out.emplace_back(base("stream_state", "sensor", "Stream"));
    add_state(state);
    state.fields["device_class"] = "enum";
    state.fields["options"] = text_array({"idle", "connecting", "streaming", "error"});
    state.fields["json_attributes_topic"] = topics_.state(device_.id);
    state.fields["json_attributes_template"] = "{{ value_json['stream_info'] | tojson }}";
    state.fields["icon"] = "mdi:video";
    add_category(state, Category::diagnostic);
    return out;
}

void EntityWriter::add_doorbell(std::vector<Entity>& out, bool filtered) const {
    Entity& ring = out.emplace_back(base("ring", "event", "Doorbell"));
    ring.fields["state_topic"] = topics_.event(device_.id);
    ring.fields["event_types"] = text_array({"ring"});
    ring.fields["device_class"] = "doorbell";
    ring.fields["qos"] = 1;
    if (filtered) ring.fields["value_template"] = "{{ value if value_json['event_type'] == 'ring' else '' }}";

    Entity& trigger = out.emplace_back(Entity{"ring_trigger", "device_automation", {}});
    trigger.fields["automation_type"] = "trigger";
    trigger.fields["topic"] = topics_.event(device_.id);
    trigger.fields["type"] = "button_short_press";
    trigger.fields["subtype"] = "doorbell";
    trigger.fields["value_template"] = value_of("event_type");
    trigger.fields["payload"] = "ring";
    trigger.fields["qos"] = 1;
}

std::vector<Entity> EntityWriter::diagnostics() const {
    Entity connection = base("connection", "binary_sensor", "Connection");
    connection.fields["state_topic"] = topics_.availability(device_.id);
    connection.fields["payload_on"] = "online";
    connection.fields["payload_off"] = "offline";
    connection.fields["device_class"] = "connectivity";
    // Must tell "disconnected" while the device is away, so only the gateway's own topic counts.
    connection.fields["availability"] = json::array{json::object{{"topic", topics_.bridge_state()}}};
    connection.fields["qos"] = 1;
    add_category(connection, Category::diagnostic);

    Entity last_seen = base("last_seen", "sensor", "Last seen");
    add_state(last_seen);
    last_seen.fields["device_class"] = "timestamp";
    last_seen.fields["enabled_by_default"] = false;
    add_category(last_seen, Category::diagnostic);
    return {std::move(connection), std::move(last_seen)};
}

}  // namespace tplink::gateway
