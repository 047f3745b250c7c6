#pragma once
// One relay with what hangs on it: on time, energy, a countdown.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tplink::sim {

struct Countdown {
    std::string id;
    std::string name;
    bool on = false; ///< what it switches to
    std::int64_t delay_s = 0;
    std::chrono::milliseconds ends{0};
    bool enabled = true;
};

struct Outlet {
    std::string id; ///< empty: the device itself
    std::string alias;
    double load_w = 0;
    bool on = false;
    std::chrono::milliseconds on_since{0};
    std::chrono::milliseconds advanced_to{0};
    std::int64_t day = 0; ///< days since 1970
    double today_wh = 0;
    double month_wh = 0;
    double total_wh = 0; ///< since the last power cycle
    double today_on_s = 0;
    std::optional<Countdown> countdown;

    void advance(std::chrono::milliseconds now, std::int64_t unix_s);
    void switch_to(bool wanted, std::chrono::milliseconds now);
    std::int64_t on_time_s(std::chrono::milliseconds now) const;
    double power_w() const { return on ? load_w : 0; }
};

} // namespace tplink::sim
