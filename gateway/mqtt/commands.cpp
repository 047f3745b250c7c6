#include "gateway/mqtt/commands.hpp"

#include <boost/json/parse.hpp>

#include "gateway/mqtt/json_text.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxNesting = 8;
constexpr std::size_t kMaxTransactionBytes = 256;
constexpr std::size_t kMaxMethodChars = 128;

Result<json::object> parse_object(std::string_view payload, std::size_t max_bytes) {
    if (payload.size() > max_bytes)
        return fail(Errc::refused, "payload larger than " + std::to_string(max_bytes) + " bytes");
    json::parse_options options;
    options.max_depth = kMaxNesting;
    json::error_code ec;
    json::value value = json::parse(payload, ec, {}, options);
    if (ec) return fail(Errc::refused, "not valid JSON: " + ec.message());
    if (!value.is_object()) return fail(Errc::refused, "a JSON object is wanted, like {\"privacy\": \"ON\"}");
    return std::move(value.get_object());
}

bool is_scalar(const json::value& value) { return !value.is_object() && !value.is_array() && !value.is_null(); }

// The caller's mark, given back with the answer. What is too long to be a mark is cut off.
json::value take_transaction(json::object& object) {
    const auto it = object.find("transaction");
    if (it == object.end()) return nullptr;
    json::value transaction = std::move(it->value());
    object.erase(it);
    if (transaction.is_string() && transaction.get_string().size() > kMaxTransactionBytes) return nullptr;
    return is_scalar(transaction) ? transaction : json::value(nullptr);
}

Command property_set(const PropertySet& topic, std::string_view payload) {
    if (payload.size() > kMaxPropertyBytes)
        return BadCommand{topic, "payload larger than " + std::to_string(kMaxPropertyBytes) + " bytes", nullptr};
    if (!is_utf8(payload)) return BadCommand{topic, "payload is not UTF-8 text", nullptr};
    return SetCommand{topic.id, {{topic.property, json::value(json::string(payload))}}, nullptr};
}

Command device_set(const DeviceSet& topic, std::string_view payload) {
    auto object = parse_object(payload, kMaxDocumentBytes);
    if (!object) return BadCommand{topic, std::move(object.error().what), nullptr};
    SetCommand command{topic.id, {}, take_transaction(*object)};
    const auto bad = [&](std::string sentence) { return BadCommand{topic, std::move(sentence), command.transaction}; };
    if (object->empty()) return bad("no property given");
    if (object->size() > kMaxAssignments) return bad("more than " + std::to_string(kMaxAssignments) + " properties");
    for (auto& [key, value] : *object) {
        if (!is_scalar(value)) return bad("\"" + std::string(key) + "\": text, number or true/false is wanted");
        command.assignments.push_back({std::string(key), std::move(value)});
    }
    return command;
}

Command device_raw(const DeviceRaw& topic, std::string_view payload) {
    auto object = parse_object(payload, kMaxDocumentBytes);
    if (!object) return BadCommand{topic, std::move(object.error().what), nullptr};
    json::value transaction = take_transaction(*object);
    const json::value* method = object->if_contains("method");
    if (method == nullptr || !method->is_string() || method->get_string().empty() || method->get_string().size() > kMaxMethodChars)
        return BadCommand{topic, "\"method\" is missing: send {\"method\": \"get_device_info\", \"params\": {...}}", std::move(transaction)};
    const json::value* params = object->if_contains("params");
    return RawCommand{topic.id, std::string(method->get_string()), params == nullptr ? json::value(nullptr) : *params, std::move(transaction)};
}

Command bridge_request(const BridgeRequest& topic, std::string_view payload) {
    // Buttons and people send nothing or a word; requests without arguments take that.
    if (payload.empty() || payload == "PRESS") return RequestCommand{topic.what, {}, nullptr};
    auto object = parse_object(payload, kMaxDocumentBytes);
    if (!object) return BadCommand{topic, std::move(object.error().what), nullptr};
    json::value transaction = take_transaction(*object);
    return RequestCommand{topic.what, std::move(*object), std::move(transaction)};
}

Command device_get(const DeviceGet& topic, std::string_view payload) {
    // Other gateways take {"state": ""} here; whatever is no property name means everything.
    const bool is_name = !payload.empty() && payload.size() <= 64 &&
                         payload.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
    return GetCommand{topic.id, is_name ? std::string(payload) : std::string()};
}

}  // namespace

Command parse_payload(const ParsedTopic& topic, std::string_view payload) {
    struct Visitor {
        std::string_view payload;
        Command operator()(const PropertySet& t) const { return property_set(t, payload); }
        Command operator()(const DeviceSet& t) const { return device_set(t, payload); }
        Command operator()(const DeviceGet& t) const { return device_get(t, payload); }
        Command operator()(const DeviceRaw& t) const { return device_raw(t, payload); }
        Command operator()(const BridgeRequest& t) const { return bridge_request(t, payload); }
        Command operator()(const HaStatus&) const { return BirthMessage{payload == "online"}; }
    };
    return std::visit(Visitor{payload}, topic);
}

json::object to_json(const CommandResult& result) {
    const bool ok = result.code == "ok";
    json::object out{{"property", result.property}, {"value", result.value}, {"status", ok ? "ok" : "error"},
                     {"code", result.code}, {"message", result.message}};
    if (!result.transaction.is_null()) out["transaction"] = result.transaction;
    return out;
}

json::object to_json(const RequestAnswer& answer) {
    json::object out{{"status", answer.error.empty() ? "ok" : "error"}, {"data", answer.data}};
    out["error"] = answer.error.empty() ? json::value(nullptr) : json::value(json::string(answer.error));
    if (!answer.transaction.is_null()) out["transaction"] = answer.transaction;
    return out;
}

}  // namespace tplink::gateway
