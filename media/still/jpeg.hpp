#pragma once
// One JPEG of coded pictures.

#include <span>

#include "media/access_unit.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

/// in: a keyframe and what follows it; the last one becomes the JPEG. `width` in pixels, 0: as it is. Blocks for some
/// ten milliseconds. errors: malformed when the decoder gives no picture, refused when GStreamer does not start.
Result<Buffer> encode_jpeg(std::span<const AccessUnit> units, unsigned width);

}  // namespace tplink::media
