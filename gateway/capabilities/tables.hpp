#pragma once
// One table per device family.

#include "gateway/capabilities/children.hpp"
#include "gateway/config/config.hpp"

namespace tplink::gateway {

/// Everything of a family; an empty one for a family not supported yet.
Table table_of(Family family);

std::span<const Capability> kasa_camera_table();
std::span<const Capability> tapo_camera_table();
std::span<const Capability> tapo_plug_table();

}  // namespace tplink::gateway
