#pragma once
// What our own elements say to each other: buffers that carry the access unit, or the part, they were made of.

#include <gst/gst.h>

#include "media/access_unit.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::media {

/// Caps of parts that are no MPEG-TS: whole pictures and pieces of sound, told apart by part_of().
inline constexpr const char* kPartsCaps = "application/x-tplink-parts";


/// A buffer around the unit's bytes that remembers the unit: nothing is copied or guessed. Time stamps are the caller's
/// business.
GstBuffer* buffer_of(const AccessUnit& unit);
/// The unit the buffer was made of; null for a buffer of somebody else.
const AccessUnit* unit_of(GstBuffer* buffer);

/// A buffer that takes over the part's bytes and remembers its type and clock.
GstBuffer* buffer_of(stream::MediaPart part);
/// Type and clock of the part the buffer was made of (its data is empty: the bytes are the buffer's); null for a buffer
/// of somebody else, which is MPEG-TS.
const stream::MediaPart* part_of(GstBuffer* buffer);

}  // namespace tplink::media
