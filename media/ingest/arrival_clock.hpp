#pragma once
// When a unit is to be shown, on our own clock: evenly spaced as the camera stamped it, never far from its arrival.

#include <chrono>
#include <cstdint>
#include <optional>

#include "protocols/base/clock.hpp"

namespace tplink::media {

/// One per track. Cameras stamp sound and picture from clocks that may be seconds apart, jump and repeat; what can be
/// trusted is the distance of neighbours of one track. source: transport_stream.md, "PES and clocks"
class ArrivalClock {
public:
    static constexpr std::chrono::milliseconds kRebase{500};  ///< further from its arrival: the stamps jumped

    /// in: 90 kHz stamp of the track and when its last byte came. out: rises with every call.
    SteadyTime time_of(std::int64_t pts_90k, SteadyTime arrival);
    /// The next unit begins anew: a new session.
    void reset() { *this = {}; }

private:
    using Duration = SteadyTime::duration;
    static constexpr int kDriftShare = 64;  // of the distance is made up per unit: camera clocks drift, Wi-Fi jitters

    std::optional<std::int64_t> base_pts_;
    SteadyTime base_time_{};
    std::optional<SteadyTime> last_;
};

}  // namespace tplink::media
