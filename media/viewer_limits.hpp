#pragma once
// How far a viewer may fall behind and how the cached pictures are told to it, whatever way it is served.

#include "media/hub.hpp"

namespace tplink::media {

/// Between the time stamps of a burst's units: players want them rising, and the decoder catches up at once.
inline constexpr std::chrono::milliseconds kBurstStep{1};
/// The longest burst lies before now and behind a track's first moment.
inline constexpr std::chrono::milliseconds kBurstRoom = kBurstStep * (Hub::kMaxUnits + 100);
/// A viewer that is further behind than this skips to the next keyframe: more delay helps nobody.
inline constexpr std::chrono::seconds kMaxDelay{2};
/// Bytes that may wait for a viewer: the cached GOP must fit, with room for what comes meanwhile.
inline constexpr std::size_t kMaxWaiting = Hub::kMaxBytes + (4U << 20);

}  // namespace tplink::media
