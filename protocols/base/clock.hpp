#pragma once
// Time, passed in so that polls, handshakes and time-outs are reproducible.

#include <chrono>
#include <string>

namespace tplink {

using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

/// Source of time. Waiting is not its job: threads wait on condition variables with deadlines.
class Clock {
public:
    virtual ~Clock() = default;
    virtual SteadyTime now() const = 0;  ///< monotonic: intervals, deadlines
    virtual WallTime wall() const = 0;   ///< UTC: time stamps for people
};

/// "14:32" in the machine's time zone, rounded up to the minute.
std::string local_time_text(WallTime time);

/// The machine's clocks. One instance for the process is enough; it has no state.
const Clock& system_clock();

}  // namespace tplink
