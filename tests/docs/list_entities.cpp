// list_entities: what each family shows in Home Assistant, as Markdown. README.md holds the output; see script/entity_table.

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/capabilities/tables.hpp"
#include "gateway/mqtt/entities.hpp"
#include "gateway/mqtt/homeassistant.hpp"

namespace {

using namespace tplink::gateway;
namespace json = boost::json;

std::string text_at(const json::object& fields, std::string_view key) {
    const json::value* value = fields.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Every row of the table as if one device had it all; lists the device itself would give get one option.
DeviceDescription device_with_everything(std::span<const Capability> table, bool camera) {
    DeviceDescription device;
    device.id = "a842a1001122";
    device.name = "Device";
    for (const Capability& row : table) {
        device.rows.push_back(&row);
        if (std::holds_alternative<DynamicChoice>(row.kind)) device.options[std::string(row.id)] = {"as set in the app"};
    }
    if (camera) device.camera = CameraEntities{};
    return device;
}

/// The component a row asks for; with variants of one id any of them.
std::string needs_of(std::span<const Capability> table, const std::string& id) {
    std::string needs;
    for (const Capability& row : table) {
        if (row.id != id || row.needs.empty() || needs.find(row.needs) != std::string::npos) continue;
        needs += (needs.empty() ? "`" : " or `") + std::string(row.needs) + "`";
    }
    return needs;
}

std::string values_of(const json::object& fields) {
    std::string values;
    if (const json::value* options = fields.if_contains("options"); options != nullptr && options->is_array())
        for (const json::value& option : options->get_array()) values += (values.empty() ? "" : ", ") + std::string(option.as_string());
    if (const json::value* min = fields.if_contains("min")) values = json::serialize(*min) + " to " + json::serialize(fields.at("max"));
    const std::string unit = text_at(fields, "unit_of_measurement");
    return values + (values.empty() || unit.empty() ? "" : " ") + unit;
}

std::string kind_of(const Entity& entity) {
    std::string kind = entity.platform;
    const std::string category = text_at(entity.fields, "entity_category");
    if (!category.empty()) kind += ", " + category;
    const json::value* enabled = entity.fields.if_contains("enabled_by_default");
    return enabled != nullptr && *enabled == json::value(false) ? kind + ", off by default" : kind;
}

/// Rows that Home Assistant shows as one entity: what it is made of.
void print_composites(const Table& table) {
    DeviceDescription device = device_with_everything(table.rows, false);
    for (const Composite& composite : table.composites) device.composites.push_back(&composite);
    const Topics topics;
    for (const Composite& composite : table.composites) {
        const Entity entity = EntityWriter(topics, device).from_composite(composite);
        std::string members(composite.installed.empty() ? "" : "`" + std::string(composite.installed) + "`");
        for (const std::string_view member : composite.members())
            if (!member.empty()) members += (members.empty() ? "`" : ", `") + std::string(member) + "`";
        std::cout << "| " << (composite.hint.main_entity ? "(the device's name)" : std::string(composite.name)) << " | " << kind_of(entity) << " | " << members << " | one entity instead of these | "
                  << needs_of(table.rows, std::string(composite.first())) << " |\n";
    }
}

void print(const char* title, const Table& table, bool camera) {
    std::cout << "### " << title << "\n\n| entity | kind | property | values | only with |\n|---|---|---|---|---|\n";
    print_composites(table);
    for (const Entity& entity : describe(device_with_everything(table.rows, camera), Topics()).components) {
        const std::string name = text_at(entity.fields, "name");
        std::cout << "| " << (name.empty() ? "(the device's name)" : name) << " | " << kind_of(entity) << " | `" << entity.id << "` | "
                  << values_of(entity.fields) << " | " << needs_of(table.rows, entity.id) << " |\n";
    }
}

}  // namespace

int main() {
    print("Tapo and newer Kasa plugs, strips, switches, bulbs", table_of(Family::tapo_plug), false);
    std::cout << '\n';
    print("Sensors and valves at a Tapo hub", {.rows = tapo_sensor_table()}, false);
    std::cout << '\n';
    print("Older Kasa plugs, strips, switches, bulbs", table_of(Family::kasa_plug), false);
    std::cout << '\n';
    print("Tapo cameras", table_of(Family::tapo_camera), true);
    std::cout << '\n';
    print("Kasa cameras", table_of(Family::kasa_camera), true);
    return 0;
}
