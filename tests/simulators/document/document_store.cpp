#include "tests/simulators/document/document_store.hpp"

#include <boost/json.hpp>
#include <vector>

#include "tests/simulators/camera_model.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kUnsupported = -40106;
constexpr int kNoSuchField = -40101;
constexpr int kInvalid = -40209;

/// The module object inside one result; old-style entries carry it below "get".
json::object* module_in(json::value& result, std::string_view module) {
    json::object* object = result.if_object();
    if (!object) return nullptr;
    if (json::value* inner = object->if_contains("get"); inner && inner->is_object())
        object = &inner->get_object();
    json::value* found = object->if_contains(module);
    return found ? found->if_object() : nullptr;
}

/// A section of that name, also one that is an item of a table: label_info_1 of label_info.
json::value* section_in(json::object& stored, std::string_view section) {
    if (json::value* found = stored.if_contains(section)) return found;
    for (auto& [table, rows] : stored) {
        if (!rows.is_array()) continue;
        for (json::value& row : rows.get_array())
            if (json::value* found = row.is_object() ? row.get_object().if_contains(section) : nullptr) return found;
    }
    return nullptr;
}

/// What a set does to stored fields: 0 when all of them were there and of the same type.
int merge(std::string_view module, std::string_view section, json::object& stored, const json::object& fields,
          bool write) {
    for (const auto& [field, value] : fields) {
        json::value* old_value = stored.if_contains(field);
        if (!old_value) return kNoSuchField;
        if (json::object* nested = old_value->if_object();
            nested && value.is_object()) { // per lens: {"2":{..}}
            if (const int code = merge(module, section, *nested, value.get_object(), write); code != 0)
                return code;
            continue;
        }
        // Some clients send volumes as numbers, and cameras take them so.
        const bool as_number = field == "volume" && old_value->is_string() && value.is_int64();
        const json::value taken = as_number ? json::value(std::to_string(value.get_int64())) : value;
        if (old_value->kind() != taken.kind() && !(old_value->is_number() && taken.is_number()))
            return kInvalid;
        if (const int code = check_field(module, section, field, *old_value, taken, json::object());
            code != 0)
            return code;
        if (write) *old_value = taken;
    }
    return 0;
}

std::vector<std::string> names_of(const json::value& what) {
    std::vector<std::string> out;
    for (const char* key : {"name", "table"}) {
        const json::value* given = what.is_object() ? what.get_object().if_contains(key) : nullptr;
        if (!given) continue;
        const json::array list = given->is_array() ? given->get_array() : json::array({*given});
        for (const json::value& name : list)
            if (name.is_string()) out.emplace_back(name.get_string());
    }
    return out;
}

} // namespace

const json::value* DocumentStore::section(std::string_view module, std::string_view name) const {
    for (const auto& [method, result] : document_) {
        const json::object* found = module_in(const_cast<json::value&>(result), module); // read only here
        const json::value* section = found ? found->if_contains(name) : nullptr;
        if (section) return section;
    }
    return nullptr;
}

std::optional<json::object> DocumentStore::sections(const json::object& params) const {
    json::object out;
    for (const auto& [module, what] : params) {
        const auto names = names_of(what);
        if (names.empty()) return std::nullopt;
        json::object part;
        for (const std::string& name : names) {
            const json::value* found = section(module, name);
            if (!found) return std::nullopt;
            part[name] = *found;
            // Of a camera with two lenses, asked for each: a map beside it.
            const json::value* by_lens = what.is_object() && what.get_object().contains("chn_id") ? section(module, name + "_chn") : nullptr;
            if (by_lens) part[name + "_chn"] = *by_lens;
        }
        out[module] = part;
    }
    return out;
}

int DocumentStore::apply(std::string_view method, const json::object& params) {
    const std::string getter =
        method.starts_with("set") ? "get" + std::string(method.substr(3)) : std::string();
    bool hit = false;
    int refused = 0;
    const auto visit = [&](bool write) {
        for (const auto& [module, sections] : params) {
            if (!sections.is_object())
                continue; // {"method":"set", ...} beside the module, as some clients send
            for (auto& [name, result] : document_) {
                json::object* stored = module_in(result, module);
                for (const auto& [section, fields] : sections.get_object()) {
                    json::value* target = stored ? section_in(*stored, section) : nullptr;
                    if (!target || !target->is_object() || !fields.is_object()) continue;
                    hit = true;
                    if (const int code =
                            merge(module, section, target->get_object(), fields.get_object(), write);
                        code != 0)
                        refused = code;
                }
                if (!stored && name == getter && result.is_object()) {
                    hit = true;
                    if (const int code = merge(module, "", result.get_object(), sections.get_object(), write);
                        code != 0)
                        refused = code;
                }
            }
        }
    };
    visit(false); // first look, then act: a refused set changes nothing
    if (!hit) return kUnsupported;
    if (refused == 0) visit(true);
    return refused;
}

void DocumentStore::put(std::string_view module, std::string_view section, std::string_view field,
                        const json::value& value) {
    for (auto& [method, result] : document_) {
        json::object* stored = module_in(result, module);
        json::value* target = stored ? stored->if_contains(section) : nullptr;
        if (target && target->is_object() && target->get_object().contains(field))
            target->get_object()[field] = value;
    }
}

} // namespace tplink::sim
