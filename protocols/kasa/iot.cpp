#include "protocols/kasa/iot.hpp"

#include <algorithm>
#include <set>

#include "protocols/base/bytes.hpp"
#include "protocols/error_codes.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::kasa {
namespace {

using tapo::find_int;
using tapo::find_object;
using tapo::find_text;

constexpr std::size_t kMaxFeatures = 16;
constexpr std::size_t kShortChildId = 2;

json::string_view view(std::string_view text) { return {text.data(), text.size()}; }

std::string first_text(const json::object& object, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys)
        if (const std::string_view text = find_text(object, key); !text.empty()) return std::string(text);
    return "";
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Source: kasa.md, "Kinds".
std::string_view kind_of(const json::object& info, std::string_view type) {
    const std::string_view name = find_text(info, "dev_name");
    if (has(type, "IPCAMERA")) return "camera";
    if (has(name, "Dimmer")) return "dimmer";
    if (has(type, "SMARTBULB")) return info.contains("length") ? "light_strip" : "bulb";
    if (!has(type, "SMARTPLUG")) return "";
    if (info.contains("children")) return "strip";
    return has(name, "Light") ? "switch" : "plug";
}

std::vector<Component> components_of(const json::object& info, std::string_view type) {
    std::vector<Component> components;
    if (const std::string_view kind = kind_of(info, type); !kind.empty())
        components.push_back({std::string(kind)});
    for (std::string_view rest = find_text(info, "feature");
         !rest.empty() && components.size() < kMaxFeatures;) {
        const std::size_t colon = rest.find(':');
        if (colon != 0) components.push_back({std::string(rest.substr(0, colon))});
        rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    }
    static constexpr std::pair<std::string_view, const char*> kFlags[] = {
        {"is_dimmable", "dimmable"}, {"is_color", "color"}, {"is_variable_color_temp", "color_temp"}};
    for (const auto& [key, name] : kFlags)
        if (find_int(info, key).value_or(0) == 1) components.push_back({name});
    return components;
}

Answer refusal(const Request& request, int number) {
    return {request.method, tl::unexpected(device_error(Dialect::iot, number, request.method))};
}

} // namespace

Result<IotName> split_name(std::string_view method) {
    const std::size_t dot = method.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == method.size())
        return fail(Errc::unsupported, std::string(method) + ": not a request of this device's language");
    return IotName{method.substr(0, dot), method.substr(dot + 1)};
}

std::size_t mergeable(std::span<const Request> requests, std::size_t most) {
    std::set<std::string_view> seen;
    std::size_t count = 0;
    while (count < std::min(most, requests.size()) && requests[count].child == requests.front().child &&
           seen.insert(requests[count].method).second)
        ++count;
    return count;
}

json::object iot_request(std::span<const Request> requests, std::string_view child_id) {
    json::object out;
    if (!child_id.empty()) out["context"] = json::object{{"child_ids", json::array{view(child_id)}}};
    for (const Request& request : requests) {
        const auto name = split_name(request.method);
        if (!name) continue;
        json::value& module = out[view(name->module)];
        if (!module.is_object()) module.emplace_object();
        module.get_object()[view(name->command)] =
            request.params.is_null() ? json::value(json::object()) : request.params;
    }
    return out;
}

Answer iot_answer(const Request& request, json::object& reply) {
    const auto name = split_name(request.method);
    if (!name) return {request.method, tl::unexpected(name.error())};
    if (const int whole = find_int(reply, "err_code").value_or(0); whole != 0) return refusal(request, whole);
    json::value* member = reply.if_contains(view(name->module));
    json::object* module = member ? member->if_object() : nullptr;
    member = module ? module->if_contains(view(name->command)) : nullptr;
    json::object* command = member ? member->if_object() : nullptr;
    const int of_module = module ? find_int(*module, "err_code").value_or(0) : 0;
    if (!command && of_module != 0) return refusal(request, of_module);
    if (!command)
        return {request.method,
                fail(Errc::malformed, request.method + ": the device left this out of its reply")};
    if (const int number = find_int(*command, "err_code").value_or(0); number != 0)
        return refusal(request, number);
    json::object result = std::move(*command);
    result.erase("err_code");
    return {request.method, json::value(std::move(result))};
}

std::string full_child_id(std::string_view child, std::string_view device_id) {
    if (child.empty() || child.size() > kShortChildId) return std::string(child);
    return std::string(device_id) + std::string(child);
}

const json::object& sysinfo_of(const json::object& get_sysinfo) {
    const json::object* nested = find_object(get_sysinfo, "system");
    return nested ? *nested : get_sysinfo;
}

Identity identity_of_sysinfo(const json::object& info) {
    Identity identity;
    identity.mac = normalize_mac(first_text(info, {"mac", "mic_mac", "ethernet_mac"})).value_or("");
    const std::string model = first_text(info, {"model"});
    identity.model = model.substr(0, model.find('('));
    identity.name = first_text(info, {"alias"});
    identity.hardware = first_text(info, {"hw_ver"});
    identity.firmware = first_text(info, {"sw_ver"});
    identity.device_id = first_text(info, {"deviceId"});
    identity.device_type = first_text(info, {"type", "mic_type"});
    identity.components = components_of(info, identity.device_type);
    return identity;
}

} // namespace tplink::kasa
