#include "protocols/tapo/camera_identity.hpp"

#include "protocols/base/bytes.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kMaxComponents = 512;

struct Flag {
    std::string_view flag;
    std::string_view component;
};

// unverified: which component each flag of module_spec stands for is read from their names.
constexpr Flag kFlags[] = {
    {"lens_mask", "lensMask"},    {"led", "led"},           {"msg_alarm", "alert"},
    {"msg_alarm", "manualAlarm"}, {"ptz", "ptz"},           {"target_track", "targetTrack"},
    {"local_storage", "sdCard"},  {"playback", "playback"}, {"video_codec", "video"},
};

// What every camera old enough to have no component list has.
constexpr std::string_view kAlways[] = {"detection", "system", "dayNightMode"};

const json::object* member(const json::value& value, std::string_view key) {
    const json::object* object = value.if_object();
    return object ? find_object(*object, key) : nullptr;
}

bool is_on(const json::object& spec, std::string_view flag) {
    const auto number = find_int(spec, flag);
    return number && *number != 0;
}

} // namespace

std::span<const Request> identity_requests() {
    static const Request requests[] = {
        {"getDeviceInfo", json::value(json::object{{"device_info", {{"name", json::array{"basic_info"}}}}})},
        {"getAppComponentList",
         json::value(json::object{{"app_component", {{"name", "app_component_list"}}}})}};
    return requests;
}

Request old_style_info_request() {
    return {"get", json::value(json::object{{"device_info", {{"name", json::array{"basic_info"}}}}})};
}

Request module_spec_request() {
    return {"get", json::value(json::object{{"function", {{"name", json::array{"module_spec"}}}}})};
}

Result<Identity> identity_of_camera(const json::value& info) {
    const json::object* device_info = member(info, "device_info");
    const json::object* basic = device_info ? find_object(*device_info, "basic_info") : nullptr;
    if (!basic) return fail(Errc::malformed, "getDeviceInfo: no basic_info");
    Identity identity;
    identity.mac = normalize_mac(find_text(*basic, "mac")).value_or("");
    identity.model = find_text(*basic, "device_model");
    identity.name = find_text(*basic, "device_alias");
    identity.hardware = find_text(*basic, "hw_version");
    identity.firmware = find_text(*basic, "sw_version");
    identity.device_id = find_text(*basic, "dev_id");
    identity.device_type = find_text(*basic, "device_type");
    return identity;
}

std::vector<Component> components_of_camera(const json::value& list) {
    std::vector<Component> components;
    const json::object* outer = member(list, "app_component");
    const json::array* entries = outer ? find_array(*outer, "app_component_list") : nullptr;
    if (!entries) return components;
    for (const json::value& entry : *entries) {
        const json::object* object = entry.if_object();
        if (!object || components.size() == kMaxComponents) continue;
        const std::string_view name = find_text(*object, "name");
        if (!name.empty())
            components.push_back({std::string(name), find_int(*object, "version").value_or(1)});
    }
    return components;
}

std::vector<Component> components_of_module_spec(const json::value& value) {
    std::vector<Component> components;
    const json::object* function = member(value, "function");
    const json::object* spec = function ? find_object(*function, "module_spec") : nullptr;
    if (!spec) return components;
    for (const std::string_view name : kAlways) components.push_back({std::string(name), 1});
    for (const Flag& flag : kFlags)
        if (is_on(*spec, flag.flag)) components.push_back({std::string(flag.component), 1});
    return components;
}

} // namespace tplink::tapo
