// Sockets of a strip.

#include <boost/json.hpp>

#include "tests/simulators/smart/smart_plug.hpp"
#include "tests/simulators/smart/values.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::size_t kPage = 5;

} // namespace

SmartPlug* SmartPlug::socket(std::string_view device_id) {
    for (const auto& socket : sockets_)
        if (socket->device_id() == device_id) return socket.get();
    return nullptr;
}

SmartPlug::Reply SmartPlug::get_child_device_list(const json::object& params) {
    const auto start = params.contains("start_index") ? whole(params, "start_index") : 0;
    if (!start || *start < 0) return tl::unexpected(kBadParams);
    json::array list;
    for (std::size_t n = static_cast<std::size_t>(*start); n < sockets_.size() && list.size() < kPage; ++n) {
        const json::object answer = sockets_[n]->answer({{"method", "get_device_info"}});
        list.push_back(answer.at("result"));
    }
    return json::object{{"child_device_list", list}, {"start_index", *start}, {"sum", sockets_.size()}};
}

SmartPlug::Reply SmartPlug::get_child_device_component_list(const json::object& params) {
    const auto start = params.contains("start_index") ? whole(params, "start_index") : 0;
    if (!start || *start < 0) return tl::unexpected(kBadParams);
    json::array list;
    for (std::size_t n = static_cast<std::size_t>(*start); n < sockets_.size() && list.size() < kPage; ++n) {
        json::object entry = sockets_[n]->answer({{"method", "component_nego"}}).at("result").as_object();
        entry["device_id"] = sockets_[n]->device_id();
        list.push_back(entry);
    }
    return json::object{{"child_component_list", list}, {"start_index", *start}, {"sum", sockets_.size()}};
}

SmartPlug::Reply SmartPlug::control_child(const json::object& params) {
    const json::string* id = words(params, "device_id");
    const json::value* request = params.if_contains("requestData");
    SmartPlug* child = id ? socket(*id) : nullptr;
    if (!child || !request || !request->is_object()) return tl::unexpected(kBadParams);
    return json::object{{"responseData", child->answer(request->get_object())}};
}

void SmartPlug::add_socket_place(json::object& info) const {
    info["category"] = "plug.powerstrip.sub-plug";
    info["position"] = place_.position;
    info["slot_number"] = facts_.sockets;
    info["original_device_id"] = place_.parent_id;
    info["bind_count"] = 1;
    info["is_usb"] = false;
    if (component_version("power_protection") == 0) return;
    info["protection_enabled"] = protection_;
    info["protection_power"] = protection_w_;
}

} // namespace tplink::sim
