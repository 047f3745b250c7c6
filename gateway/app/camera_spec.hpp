#pragma once
// Where a camera's streams are fetched: which port, which path, by whose name.

#include "gateway/app/registry.hpp"
#include "media/service.hpp"

namespace tplink::gateway {

/// As the camera tells it; 0: it tells nothing of the kind.
std::int64_t lens_count(const DeviceView& view);

/// For a device that has_picture().
media::CameraSpec camera_spec(const DeviceView& view, const Registry::Access& access, const Config& config);

}  // namespace tplink::gateway
