#include "media/ingest/arrival_clock.hpp"

#include <algorithm>
#include <ratio>

namespace tplink::media {
namespace {

using Ticks = std::chrono::duration<std::int64_t, std::ratio<1, 90000>>;
constexpr std::chrono::milliseconds kLeastStep{1};
constexpr std::int64_t kSanePts = std::int64_t{1} << 60;  // beyond, differences would overflow

} // namespace

SteadyTime ArrivalClock::time_of(std::int64_t pts_90k, SteadyTime arrival) {
    pts_90k = std::clamp(pts_90k, -kSanePts, kSanePts);
    SteadyTime time = arrival;
    bool follows = false;
    if (base_pts_) {
        const std::int64_t ticks = pts_90k - *base_pts_;
        // Larger distances are jumps whatever they are; they would also overflow the finer unit.
        if (ticks > -90000 * 60 && ticks < 90000 * 60) {
            const SteadyTime expected = base_time_ + std::chrono::duration_cast<Duration>(Ticks(ticks));
            const Duration off = arrival - expected;
            follows = off < kRebase && off > -kRebase;
            if (follows) time = expected + off / kDriftShare;
        }
    }
    base_pts_ = pts_90k;
    base_time_ = time;
    if (last_ && time <= *last_) time = *last_ + kLeastStep;
    last_ = time;
    return time;
}

} // namespace tplink::media
