#include "tests/gateway/mqtt/discovery_lint.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <regex>
#include <set>
#include <sstream>

namespace tplink::gateway {
namespace {

namespace json = boost::json;
using Words = std::set<std::string>;

Words words(const char* text) {
    std::istringstream in(text);
    Words out;
    for (std::string word; in >> word;) out.insert(word);
    return out;
}

struct PlatformKeys {
    Words required, optional;
};

const Words kCommonKeys = words(
    "platform name unique_id availability availability_mode entity_category enabled_by_default icon qos "
    "json_attributes_topic json_attributes_template device origin default_entity_id");

// Source: protocols page on Home Assistant, entities and their keys.
const std::map<std::string, PlatformKeys>& platforms() {
    static const std::map<std::string, PlatformKeys> table{
        {"switch", {words("command_topic state_topic"), words("value_template device_class payload_on payload_off")}},
        {"binary_sensor", {words("state_topic"), words("value_template device_class payload_on payload_off off_delay")}},
        {"sensor", {words("state_topic"), words("value_template device_class unit_of_measurement state_class suggested_display_precision options")}},
        {"number", {words("command_topic state_topic min max step"), words("value_template device_class unit_of_measurement mode")}},
        {"select", {words("command_topic state_topic options"), words("value_template command_template")}},
        {"text", {words("command_topic state_topic"), words("value_template min max pattern mode")}},
        {"button", {words("command_topic"), words("payload_press device_class")}},
        {"siren", {words("command_topic state_topic command_template"), words("state_value_template support_duration support_volume_set")}},
        {"light", {words("command_topic state_topic"), words("state_value_template brightness_state_topic brightness_value_template brightness_command_topic brightness_scale on_command_type "
                          "color_temp_state_topic color_temp_value_template color_temp_command_topic color_temp_kelvin min_kelvin max_kelvin "
                          "hs_state_topic hs_value_template hs_command_topic color_mode_state_topic color_mode_value_template "
                          "effect_state_topic effect_value_template effect_command_topic effect_list")}},
        {"camera", {words("topic"), words("image_encoding")}},
        {"image", {words("image_topic"), words("content_type")}},
        {"event", {words("state_topic event_types"), words("value_template device_class")}},
        {"update", {words("state_topic"), words("value_template device_class latest_version_topic latest_version_template command_topic payload_install")}},
        {"device_automation", {words("automation_type topic type subtype"), words("payload value_template")}},
    };
    return table;
}

const std::map<std::string, Words>& classes() {
    static const std::map<std::string, Words> table{
        {"switch", words("outlet switch")},
        {"button", words("identify restart update")},
        {"event", words("doorbell button motion")},
        {"update", words("firmware")},
        {"binary_sensor", words("battery battery_charging cold connectivity door heat light lock moisture motion moving occupancy opening "
                                "plug power presence problem running safety smoke sound tamper update vibration window")},
        {"sensor", words("power energy voltage current apparent_power frequency signal_strength battery humidity temperature data_size "
                         "data_rate duration illuminance timestamp date enum")},
        {"number", words("power energy voltage current signal_strength battery humidity temperature data_size duration illuminance")},
    };
    return table;
}

const std::map<std::string, Words>& units() {
    static const std::map<std::string, Words> table{
        {"power", words("W kW mW")},       {"energy", words("Wh kWh MWh")},      {"voltage", words("V mV")},
        {"current", words("A mA")},        {"signal_strength", words("dBm dB")}, {"battery", words("%")},
        {"humidity", words("%")},          {"duration", words("d h min s ms")},  {"data_size", words("B kB MB GB TB KiB MiB GiB TiB")},
        {"data_rate", words("bit/s kbit/s Mbit/s B/s kB/s MB/s")},               {"illuminance", words("lx")},
        {"temperature", words("°C °F K")}, {"frequency", words("Hz kHz MHz")}};
    return table;
}

bool matches(const std::string& filter, const std::string& topic) {
    std::istringstream f(filter), t(topic);
    std::string a, b;
    while (std::getline(f, a, '/')) {
        if (a == "#") return true;
        if (!std::getline(t, b, '/') || (a != "+" && a != b)) return false;
    }
    return !std::getline(t, b, '/');
}

class Linter {
public:
    Linter(const std::map<std::string, std::string>& states, const std::vector<Subscription>& filters)
        : states_(states), filters_(filters) {}

    void message(const Message& message, const std::string& prefix) {
        where_ = message.topic;
        static const std::regex topic_form("/([a-z_]+)/(([A-Za-z0-9_-]+)/)?([A-Za-z0-9_-]+)/config");
        std::smatch parts;
        const std::string rest = message.topic.substr(std::min(prefix.size(), message.topic.size()));
        if (!message.topic.starts_with(prefix) || !std::regex_match(rest, parts, topic_form)) return fault("illegal discovery topic");
        if (!message.retain) fault("not retained");
        if (message.payload.empty()) return;
        if (message.payload.size() > 65536) fault("larger than 64 KiB");
        json::error_code ec;
        const json::value value = json::parse(message.payload, ec);
        if (ec || !value.is_object()) return fault("not a JSON object");
        const json::object& root = value.get_object();
        device(root);
        if (parts[1] == "device") device_form(root);
        else component(parts[1], root, root);
    }

    std::vector<std::string> faults;

private:
    void fault(const std::string& what) { faults.push_back(where_ + ": " + what); }

    static std::string text(const json::object& object, std::string_view key) {
        const auto* value = object.if_contains(key);
        return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
    }

    void device(const json::object& root) {
        const auto* member = root.if_contains("device");
        if (member == nullptr || !member->is_object()) return fault("no device");
        const json::object& dev = member->get_object();
        static const Words allowed = words("identifiers connections name manufacturer model model_id hw_version sw_version serial_number "
                                           "suggested_area configuration_url via_device");
        for (const auto& [key, value] : dev) {
            if (!allowed.contains(std::string(key))) fault("device: unknown key " + std::string(key));
            if (key != "identifiers" && key != "connections" && !value.is_string()) fault("device: " + std::string(key) + " is no text");
        }
        for (const char* key : {"name", "manufacturer", "model", "sw_version"})
            if (text(dev, key).empty()) fault(std::string("device: no ") + key);
        if (!dev.contains("identifiers")) fault("device: no identifiers");
        if (const auto* connections = dev.if_contains("connections")) {
            static const std::regex mac(R"re(\[\["mac","([0-9a-f]{2}:){5}[0-9a-f]{2}"\]\])re");
            if (!std::regex_match(json::serialize(*connections), mac)) fault("device: connections");
        }
        const auto* origin = root.if_contains("origin");
        if (origin == nullptr || text(origin->as_object(), "name").empty()) return fault("no origin name");
        for (const auto& [key, value] : origin->as_object())
            if (!words("name sw_version support_url").contains(std::string(key))) fault("origin: unknown key");
    }

    void device_form(const json::object& root) {
        for (const auto& [key, value] : root)
            if (!words("device origin components availability availability_mode qos encoding").contains(std::string(key)))
                fault("not allowed at the root: " + std::string(key));
        const auto* components = root.if_contains("components");
        if (components == nullptr || !components->is_object() || components->get_object().empty()) return fault("no components");
        const std::string topic = where_;
        for (const auto& [id, value] : components->get_object()) {
            where_ = topic + " [" + std::string(id) + "]";
            const json::object& entity = value.as_object();
            if (entity.size() == 1) continue;  // goes
            component(text(entity, "platform"), entity, root);
        }
    }

    void component(const std::string& platform, const json::object& entity, const json::object& root) {
        const auto known = platforms().find(platform);
        if (known == platforms().end()) return fault("unknown platform " + platform);
        for (const auto& key : known->second.required)
            if (!entity.contains(key)) fault("needs " + key);
        for (const auto& [key, value] : entity) {
            const std::string name(key);
            if (!known->second.required.contains(name) && !known->second.optional.contains(name) && !kCommonKeys.contains(name))
                fault("unknown key " + name);
            if (name.ends_with("topic")) check_topic(name, value);
            if (name.ends_with("template")) check_template(value);
        }
        if (platform == "device_automation") return;
        identity(platform, entity, root);
        availability(entity.contains("availability") ? entity : root, root);
        numbers_and_classes(platform, entity);
        lists(platform, entity);
        value_of_state(platform, entity);
    }

    void identity(const std::string& platform, const json::object& entity, const json::object& root) {
        const std::string uid = text(entity, "unique_id");
        if (uid.empty() || !unique_ids_.insert(platform + " " + uid).second) fault("unique_id missing or used twice: " + uid);
        const auto* name = entity.if_contains("name");
        const std::string device_name = text(root.at("device").as_object(), "name");
        if (name == nullptr) return fault("no name");
        if (name->is_string() && (name->get_string().empty() || text(entity, "name").starts_with(device_name))) fault("name repeats the device");
        if (!names_.insert(device_name + " " + platform + " " + json::serialize(*name)).second) fault("two entities of one name");
        const std::string category = text(entity, "entity_category"), icon = text(entity, "icon");
        if (!Words{"", "config", "diagnostic"}.contains(category)) fault("entity_category " + category);
        if (category == "config" && words("sensor binary_sensor event image camera").contains(platform)) fault("config on a read-only entity");
        if (!icon.empty() && !std::regex_match(icon, std::regex("[a-z0-9_-]+:[a-z0-9_-]+"))) fault("icon " + icon);
    }

    void availability(const json::object& holder, const json::object& root) {
        const auto* list = holder.if_contains("availability");
        if (list == nullptr || !list->is_array() || list->get_array().empty()) return fault("no availability list");
        for (const auto& entry : list->get_array()) check_topic("availability", entry.at("topic"));
        if (list->get_array().size() > 1 && text(root, "availability_mode") != "all") fault("availability_mode is not all");
    }

    void numbers_and_classes(const std::string& platform, const json::object& entity) {
        const std::string cls = text(entity, "device_class"), unit = text(entity, "unit_of_measurement"), state_class = text(entity, "state_class");
        if (!cls.empty() && (!classes().contains(platform) || !classes().at(platform).contains(cls))) fault("device_class " + cls);
        if (units().contains(cls) && (platform == "sensor" || platform == "number") && !units().at(cls).contains(unit))
            fault("unit " + unit + " does not go with " + cls);
        if (platform == "sensor" && cls == "energy" && state_class == "measurement") fault("state_class of energy");
        if (platform == "sensor" && state_class.empty() && !unit.empty() && cls != "duration") fault("no state_class: no statistics");
        if (platform != "number") return;
        if (entity.at("min").to_number<double>() >= entity.at("max").to_number<double>()) fault("min is not below max");
        if (entity.at("step").to_number<double>() < 0.001) fault("step below 0.001");
    }

    void lists(const std::string& platform, const json::object& entity) {
        if (platform == "sensor" && entity.contains("options") != (text(entity, "device_class") == "enum")) fault("options and enum");
        for (const char* key : {"options", "event_types"}) {
            const auto* list = entity.if_contains(key);
            if (list == nullptr) continue;
            Words seen;
            for (const auto& item : list->as_array())
                if (!item.is_string() || !seen.insert(std::string(item.get_string())).second) fault(std::string(key) + ": not texts, or twice");
            if (seen.empty()) fault(std::string(key) + " is empty");
        }
    }

    void check_topic(const std::string& key, const json::value& value) {
        if (!value.is_string() || value.get_string().empty()) return fault(key + " is no topic");
        const std::string topic(value.get_string());
        if (topic.find_first_of("+#~") != std::string::npos) fault(key + " has a wildcard: " + topic);
        if (key.ends_with("command_topic") && std::none_of(filters_.begin(), filters_.end(), [&](const Subscription& s) { return matches(s.filter, topic); }))
            fault("nobody listens to " + topic);
    }

    void check_template(const json::value& value) {
        const std::string body(value.as_string());
        if (body.find("value_json.") != std::string::npos) fault("write value_json['x']: " + body);
        std::size_t opened = 0, closed = 0;
        for (auto at = body.find("{{"); at != std::string::npos; at = body.find("{{", at + 2)) ++opened;
        for (auto at = body.find("}}"); at != std::string::npos; at = body.find("}}", at + 2)) ++closed;
        if (opened != closed) fault("unbalanced template " + body);
    }

    void value_of_state(const std::string& platform, const json::object& entity) {
        const auto state = states_.find(text(entity, "state_topic"));
        if (state == states_.end()) return;
        const std::string body = entity.contains("state_value_template") ? text(entity, "state_value_template") : text(entity, "value_template");
        static const std::regex simple(R"(\{\{ value_json\['(\w+)'\] \}\})");
        std::smatch key;
        if (!std::regex_match(body, key, simple)) return;
        json::error_code ec;
        const json::value document = json::parse(state->second, ec);
        if (ec || !document.is_object() || !document.get_object().contains(key[1].str())) return fault("key missing in state: " + key[1].str());
        const json::value& value = document.get_object().at(key[1].str());
        if (!value.is_null()) check_value(platform, entity, value);
    }

    void check_value(const std::string& platform, const json::object& entity, const json::value& value) {
        const std::string shown = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
        if (words("switch binary_sensor siren light").contains(platform) && shown != "ON" && shown != "OFF") fault("state " + shown);
        if (platform == "number") {
            json::error_code ec;
            const double number = value.is_number() ? value.to_number<double>(ec) : std::nan("");
            if (!(number >= entity.at("min").to_number<double>() && number <= entity.at("max").to_number<double>())) fault("value " + shown);
        }
        if (const auto* options = entity.if_contains("options"))
            if (std::none_of(options->as_array().begin(), options->as_array().end(), [&](const json::value& o) { return o == value; }))
                fault(shown + " is not among the options");
        if (entity.contains("state_class") && !value.is_number()) fault("numeric sensor with " + shown);
        if (text(entity, "device_class") == "timestamp" && !std::regex_match(shown, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d)")))
            fault("timestamp " + shown);
        if (shown.size() > 255) fault("state longer than 255");
    }

    const std::map<std::string, std::string>& states_;
    const std::vector<Subscription>& filters_;
    std::string where_;
    Words unique_ids_, names_;
};

}  // namespace

std::vector<std::string> lint_discovery(const std::vector<Message>& messages, const std::map<std::string, std::string>& states,
                                        const std::vector<Subscription>& filters, const std::string& prefix) {
    Linter linter(states, filters);
    for (const Message& message : messages) linter.message(message, prefix);
    return linter.faults;
}

}  // namespace tplink::gateway
