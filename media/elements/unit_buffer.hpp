#pragma once
// Access units inside our own pipelines: the buffer carries the unit itself, so that nothing is copied or guessed.

#include <gst/gst.h>

#include "media/access_unit.hpp"

namespace tplink::media {

/// A buffer around the unit's bytes that remembers the unit. Time stamps are the caller's business.
GstBuffer* buffer_of(const AccessUnit& unit);

/// The unit the buffer was made of; null for a buffer of somebody else.
const AccessUnit* unit_of(GstBuffer* buffer);

}  // namespace tplink::media
