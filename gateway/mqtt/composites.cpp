// Several rows as one Home Assistant entity: light (basic schema), siren, update (ha-mqtt page 3).

#include <boost/json/array.hpp>

#include "gateway/mqtt/entities.hpp"

namespace tplink::gateway {
namespace {

// A light ignores an empty text; "None" where a number belongs would be an error in its log.
std::string or_nothing(std::string_view key) { return "{{ value_json['" + std::string(key) + "'] | default('', true) }}"; }

std::string value_of(std::string_view key) { return "{{ value_json['" + std::string(key) + "'] }}"; }

json::value whole(double number) { return static_cast<std::int64_t>(number); }

std::string or_none(std::string_view key) { return key.empty() ? "none" : "value_json['" + std::string(key) + "']"; }

}  // namespace

const Capability* EntityWriter::find(std::string_view row) const {
    if (row.empty()) return nullptr;
    for (const Capability* candidate : device_.rows)
        if (candidate->id == row) return candidate;
    return nullptr;
}

Range EntityWriter::range(const Capability& row) const {
    if (const auto own = device_.ranges.find(std::string(row.id)); own != device_.ranges.end()) return own->second;
    const auto* number = std::get_if<Number>(&row.kind);
    return number == nullptr ? Range{} : Range{number->min, number->max};
}

/// `<prefix>_state_topic`, `<prefix>_value_template`, `<prefix>_command_topic`.
void EntityWriter::add_topics(Entity& entity, std::string_view prefix, std::string_view row) const {
    const std::string start(prefix);
    entity.fields[start + "_state_topic"] = topics_.state(device_.id);
    entity.fields[start + "_value_template"] = or_nothing(row);
    if (find(row) != nullptr && !std::holds_alternative<std::monostate>(find(row)->write))
        entity.fields[start + "_command_topic"] = topics_.command(device_.id, row);
}

void EntityWriter::add_light(Entity& entity, const Composite& light) const {
    json::object& fields = entity.fields;
    fields["state_value_template"] = value_of(light.power);
    fields["command_topic"] = topics_.command(device_.id, light.power);
    if (const Capability* brightness = find(light.brightness)) {
        add_topics(entity, "brightness", light.brightness);
        fields["brightness_scale"] = whole(range(*brightness).max);
        fields["on_command_type"] = "first";  // some lamps take a brightness only while they are on
    }
    if (const Capability* temperature = find(light.color_temp)) {
        add_topics(entity, "color_temp", light.color_temp);
        fields["color_temp_kelvin"] = true;
        fields["min_kelvin"] = whole(range(*temperature).min);
        fields["max_kelvin"] = whole(range(*temperature).max);
    }
    if (find(light.color) != nullptr) add_topics(entity, "hs", light.color);
    if (find(light.color_mode) != nullptr) {
        fields["color_mode_state_topic"] = topics_.state(device_.id);
        fields["color_mode_value_template"] = or_nothing(light.color_mode);
    }
    if (const Capability* effect = find(light.effect)) {
        json::array list;
        for (const std::string& name : choices_of(*effect, device_)) list.emplace_back(json::string(name));
        if (list.empty()) return;
        add_topics(entity, "effect", light.effect);
        fields["effect_list"] = std::move(list);
    }
}

void EntityWriter::add_siren(Entity& entity, const Composite& siren) const {
    json::object& fields = entity.fields;
    fields["state_value_template"] = value_of(siren.power);
    fields["command_topic"] = topics_.command(device_.id, siren.power);
    fields["command_template"] = "{{ value }}";  // else Home Assistant sends {"state": "ON"}
    fields["support_duration"] = false;
    fields["support_volume_set"] = false;
}

void EntityWriter::add_update(Entity& entity, const Composite& update) const {
    json::object& fields = entity.fields;
    const auto present = [&](std::string_view row) { return find(row) != nullptr ? row : std::string_view(); };
    const std::string progress = present(update.in_progress).empty() ? "false" : "value_json['" + std::string(update.in_progress) + "'] == 'ON'";
    // Not known whether there is a newer one: say nothing rather than "up to date".
    fields["value_template"] = "{{ {'installed_version': " + or_none(present(update.installed)) + ", 'latest_version': " +
                               or_none(present(update.latest)) + ", 'in_progress': " + progress +
                               ", 'update_percentage': " + or_none(present(update.percentage)) + "} | tojson }}";
    fields["device_class"] = "firmware";
    if (find(update.install) == nullptr) return;
    fields["command_topic"] = topics_.command(device_.id, update.install);
    fields["payload_install"] = "PRESS";
}

Entity EntityWriter::from_composite(const Composite& composite) const {
    Entity entity = base(composite.id, composite.component, composite.hint.main_entity ? std::string_view() : composite.name);
    entity.fields["state_topic"] = topics_.state(device_.id);
    entity.fields["qos"] = 1;
    if (composite.component == "light") add_light(entity, composite);
    else if (composite.component == "siren") add_siren(entity, composite);
    else if (composite.component == "update") add_update(entity, composite);
    if (composite.hint.category != Category::main)
        entity.fields["entity_category"] = composite.hint.category == Category::config ? "config" : "diagnostic";
    if (!composite.hint.icon.empty()) entity.fields["icon"] = json::string(composite.hint.icon);
    if (!composite.hint.enabled) entity.fields["enabled_by_default"] = false;
    return entity;
}

}  // namespace tplink::gateway
