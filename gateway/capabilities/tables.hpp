#pragma once
// One table per device family.

#include "gateway/capabilities/capability.hpp"

namespace tplink::gateway {

std::span<const Capability> tapo_camera_table();
std::span<const Capability> tapo_plug_table();

}  // namespace tplink::gateway
