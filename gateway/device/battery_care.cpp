#include "gateway/device/battery_care.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace tplink::gateway {
namespace {

std::string local_day(WallTime wall) {
    const std::time_t time = std::chrono::system_clock::to_time_t(wall);
    std::tm parts{};
    localtime_r(&time, &parts);
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
    return text;
}

}  // namespace

/// Counts up to now; a new day starts at nothing.
void BatteryCare::settle(SteadyTime now, WallTime wall) {
    const bool busy = contact_ || stream_;
    const SteadyTime end = busy ? now : std::min(now, awake_until_);
    if (end > counted_to_) seconds_ += std::chrono::duration<double>(end - counted_to_).count();
    counted_to_ = now;
    if (const std::string today = local_day(wall); today != day_) {
        if (!day_.empty()) seconds_ = 0;
        day_ = today;
    }
}

void BatteryCare::change(bool& what, bool on, SteadyTime now, WallTime wall) {
    settle(now, wall);
    if (what && !on) awake_until_ = std::max(awake_until_, now + kTail);
    what = on;
}

long BatteryCare::awake_today_s(SteadyTime now, WallTime wall) {
    settle(now, wall);
    return std::lround(seconds_);
}

}  // namespace tplink::gateway
