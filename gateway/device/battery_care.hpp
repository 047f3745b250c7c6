#pragma once
// What we cost the battery of a camera, counted by the day. Pure.

#include <algorithm>
#include <string>
#include <string_view>

#include "protocols/base/clock.hpp"

namespace tplink::gateway {

/// Documents keep it under this key: {"asleep": "on" or "off", "awake_s": seconds today}.
inline constexpr std::string_view kBatteryKey = "@battery";

/// A contact or a stream keeps the camera awake while it lasts and a little longer.
class BatteryCare {
public:
    /// How long a camera stays awake after the last request. unverified: said to be a few seconds.
    static constexpr std::chrono::seconds kTail{5};
    /// So long without an answer it is not asleep but gone: empty, stolen, out of range.
    static constexpr std::chrono::hours kSilence{24};

    void contact(bool on, SteadyTime now, WallTime wall) { change(contact_, on, now, wall); }
    void stream(bool on, SteadyTime now, WallTime wall) { change(stream_, on, now, wall); }
    /// It gave a sign of life by itself: awake for a while.
    void sign_of_life(SteadyTime now) { awake_until_ = std::max(awake_until_, now + kTail); }

    bool is_asleep(SteadyTime now) const { return !contact_ && !stream_ && now >= awake_until_; }
    /// Whole seconds since local midnight.
    long awake_today_s(SteadyTime now, WallTime wall);

private:
    void change(bool& what, bool on, SteadyTime now, WallTime wall);
    void settle(SteadyTime now, WallTime wall);

    bool contact_ = false, stream_ = false;
    SteadyTime awake_until_{};  // after the last of both
    SteadyTime counted_to_{};
    std::string day_;
    double seconds_ = 0;
};

}  // namespace tplink::gateway
