#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {

Table table_of(Family family) {
    switch (family) {
    case Family::tapo_camera: return {.rows = tapo_camera_table(), .composites = tapo_camera_composites(), .children = camera::hub_children()};
    case Family::vigi_camera: return {.rows = vigi_camera_table(), .composites = tapo_camera_composites()};
    case Family::kasa_camera: return {.rows = kasa_camera_table()};
    case Family::tapo_plug: return {.rows = tapo_plug_table(), .composites = tapo_plug_composites(), .children = smart_children()};
    case Family::kasa_plug: return {.rows = kasa_plug_table(), .composites = kasa_plug_composites(), .children = kasa_sockets()};
    default: return {};
    }
}

}  // namespace tplink::gateway
