#include "gateway/capabilities/children.hpp"

#include <algorithm>
#include <tuple>

#include "gateway/mqtt/json_text.hpp"
#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxChildren = 128;  // hubs take 64; each costs a device in Home Assistant
constexpr std::size_t kShortId = 4;        // "00": the last digits only; the device's own id belongs before them

const json::value* member(const json::object& object, std::string_view key) {
    return key.empty() ? nullptr : object.if_contains(key);
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = member(object, key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

int number_of(const json::object& object, std::string_view key) {
    const json::value* value = member(object, key);
    const bool usable = value != nullptr && value->is_int64() && value->get_int64() > 0 && value->get_int64() <= std::int64_t{kMaxChildren};
    return usable ? static_cast<int>(value->get_int64()) : 0;
}

const json::array* list_at(const Document& document, std::string_view method, std::string_view pointer) {
    const json::value* result = document.if_contains(method);
    boost::system::error_code ec;
    const json::value* list = result == nullptr ? nullptr : result->find_pointer(pointer, ec);
    return list == nullptr ? nullptr : list->if_array();
}

std::string name_of(const ChildrenOf& how, const json::object& entry) {
    std::string name = text_of(entry, how.name);
    if (!how.name_is_base64) return name;
    const auto decoded = base64_decode(name);
    return decoded && is_utf8(as_text(*decoded)) ? std::string(as_text(*decoded)) : name;
}

std::vector<Component> components_in(const ChildrenOf& how, const json::object& holder) {
    std::vector<Component> out;
    const json::value* list = holder.if_contains(how.components_list);
    if (list == nullptr || !list->is_array()) return out;
    for (const json::value& item : list->get_array())
        if (const json::object* object = item.if_object(); object != nullptr && out.size() < 512)
            if (std::string name = text_of(*object, how.component_name); !name.empty()) out.push_back({std::move(name), 1});
    return out;
}

std::vector<Component> components_of(const ChildrenOf& how, const Document& document, const std::string& id, const Identity& parent) {
    std::vector<Component> out;
    if (const json::array* list = list_at(document, how.components.method, how.components_pointer))
        for (const json::value& item : *list)
            if (const json::object* object = item.if_object(); object != nullptr && text_of(*object, how.id) == id) out = components_in(how, *object);
    for (const Component& component : parent.components)
        if (("," + std::string(how.inherited) + ",").find("," + component.name + ",") != std::string::npos) out.push_back(component);
    return out;
}

Child child_of(const ChildrenOf& how, const json::object& entry, const Document& document, const Identity& parent) {
    Child child;
    child.how = &how;
    child.id = text_of(entry, how.id);
    child.position = number_of(entry, how.position);
    child.kind = text_of(entry, how.kind);
    const json::value* online = member(entry, how.online);
    child.away = (!how.status.empty() && text_of(entry, how.status) == "offline") || (online != nullptr && *online == json::value(false));
    child.identity.components = components_of(how, document, child.id, parent);
    if (child.id.size() < kShortId && !child.id.empty()) child.id = parent.device_id + child.id;
    child.identity.device_id = child.id;
    child.identity.mac = normalize_mac(text_of(entry, how.mac)).value_or("");
    if (child.identity.mac == parent.mac) child.identity.mac.clear();  // an outlet has its strip's
    child.identity.name = name_of(how, entry);
    const auto or_parents = [](std::string own, const std::string& parents) { return own.empty() ? parents : own; };
    child.identity.model = or_parents(text_of(entry, how.model), parent.model);
    child.identity.hardware = or_parents(text_of(entry, how.hardware), parent.hardware);
    child.identity.firmware = or_parents(text_of(entry, how.firmware), parent.firmware);
    child.identity.device_type = or_parents(text_of(entry, how.type), parent.device_type);
    child.entry = json::value(entry);
    return child;
}

/// Two children with one MAC have none of their own; positions told twice are told by nobody.
void settle(std::vector<Child>& children) {
    for (Child& child : children) {
        const auto count = [&](auto same) { return std::count_if(children.begin(), children.end(), same); };
        const std::string mac = child.identity.mac;
        const int position = child.position;
        if (!mac.empty() && count([&](const Child& c) { return c.identity.mac == mac; }) > 1)
            for (Child& twin : children)
                if (twin.identity.mac == mac) twin.identity.mac.clear();
        if (position != 0 && count([&](const Child& c) { return c.position == position; }) > 1)
            for (Child& twin : children)
                if (twin.position == position) twin.position = 0;
    }
}

}  // namespace

std::optional<std::vector<Child>> find_children(const ChildrenOf& how, const Document& document, const Identity& parent) {
    const json::array* list = list_at(document, how.list.method, how.pointer);
    if (list == nullptr) return std::nullopt;
    std::vector<Child> children;
    for (const json::value& item : *list) {
        const json::object* entry = item.if_object();
        if (entry == nullptr || text_of(*entry, how.id).empty() || children.size() == kMaxChildren) continue;
        if (!text_of(*entry, how.kind).starts_with(how.only_kind)) continue;
        Child child = child_of(how, *entry, document, parent);
        const bool twice = std::any_of(children.begin(), children.end(), [&](const Child& other) { return other.id == child.id; });
        if (!twice) children.push_back(std::move(child));
    }
    settle(children);
    // Lists change their order; numbers must not.
    std::stable_sort(children.begin(), children.end(), [](const Child& a, const Child& b) { return std::tie(a.position, a.id) < std::tie(b.position, b.id); });
    return children;
}

std::vector<Query> child_queries(const ChildrenOf& how) {
    std::vector<Query> out;
    for (const Query& query : {how.list, how.components})
        if (!query.method.empty()) out.push_back(query);
    return out;
}

std::string child_topic_id(const Child& child, const std::string& parent_id, int number) {
    return child.identity.mac.empty() ? parent_id + "_" + std::to_string(number) : child.identity.mac;
}

}  // namespace tplink::gateway
