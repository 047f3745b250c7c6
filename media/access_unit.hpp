#pragma once
// The one currency of the media folder.

#include <cstdint>
#include <memory>

#include "protocols/base/bytes.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::media {

enum class Codec { h264, h265, pcma, pcmu, aac };

inline bool is_video(Codec codec) { return codec == Codec::h264 || codec == Codec::h265; }

/// One decodable piece: a whole coded picture in Annex B form (keyframes carry their parameter sets), or some tens of
/// milliseconds of G.711 samples (AAC: ADTS frames, only on the way into the hub). Shared and immutable: fan-out copies the handle, never the bytes.
struct AccessUnit {
    Codec codec{};
    bool keyframe = false;         ///< video: decoding can start here; audio: false
    std::int64_t pts_90k = 0;      ///< device clock, 90 kHz, unwrapped; not comparable between audio and video
    SteadyTime arrival{};          ///< when its last byte came
    SteadyTime shown{};            ///< when it is to be shown, see ArrivalClock; of one clock for picture and sound
    std::uint32_t sample_rate = 0; ///< audio: Hz; video: 0
    unsigned lens = 0;             ///< 0 main, 1 second lens
    std::shared_ptr<const Buffer> data;
};

}  // namespace tplink::media
