#pragma once
// Who a camera is and what it has. Source: camera.md, "Identity".

#include <span>
#include <vector>

#include "protocols/session.hpp"

namespace tplink::tapo {

/// getDeviceInfo, getAppComponentList; in this order.
std::span<const Request> identity_requests();
/// The old style of the first, for firmware without it.
Request old_style_info_request();
/// What older wired cameras tell instead of a component list.
Request module_spec_request();

/// From getDeviceInfo or its old style. errors: malformed without basic_info.
Result<Identity> identity_of_camera(const json::value& info);
std::vector<Component> components_of_camera(const json::value& list);
/// The flags of module_spec under the names components have.
std::vector<Component> components_of_module_spec(const json::value& spec);

} // namespace tplink::tapo
