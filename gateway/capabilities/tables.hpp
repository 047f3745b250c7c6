#pragma once
// One table per device family.

#include "gateway/capabilities/children.hpp"
#include "gateway/config/configuration.hpp"

namespace tplink::gateway {

/// Everything of a family; an empty one for a family not supported yet.
Table table_of(Family family);

std::span<const Capability> kasa_camera_table();
std::span<const Capability> tapo_camera_table();
std::span<const Capability> tapo_plug_table();    ///< SMART devices
std::span<const Capability> tapo_outlet_table();  ///< their outlets and gangs
std::span<const Capability> tapo_sensor_table();  ///< what hangs on a SMART hub
std::span<const Composite> tapo_plug_composites();
std::span<const ChildrenOf> smart_children();
std::span<const Capability> kasa_plug_table();    ///< IOT devices
std::span<const Capability> kasa_outlet_table();  ///< sockets of their strips
std::span<const Composite> kasa_plug_composites();
std::span<const ChildrenOf> kasa_sockets();
std::span<const Capability> vigi_camera_table();
std::span<const Composite> tapo_camera_composites();
namespace camera {
/// What hangs on a hub that speaks as cameras do.
std::span<const ChildrenOf> hub_children();
}

}  // namespace tplink::gateway
