#include "tests/simulators/iot/outlet.hpp"

#include <algorithm>
#include <ctime>

namespace tplink::sim {
namespace {

int month_of(std::int64_t day) {
    const auto time = static_cast<std::time_t>(day * 86400);
    std::tm parts{};
    gmtime_r(&time, &parts);
    return parts.tm_year * 12 + parts.tm_mon;
}

} // namespace

void Outlet::advance(std::chrono::milliseconds now, std::int64_t unix_s) {
    if (const std::int64_t today = unix_s / 86400; today != day) {
        if (month_of(today) != month_of(day)) month_wh = 0;
        day = today;
        today_wh = today_on_s = 0;
    }
    const bool rings = countdown && countdown->enabled && countdown->ends <= now;
    const std::chrono::milliseconds until = rings ? std::max(countdown->ends, advanced_to) : now;
    const auto count = [this](std::chrono::milliseconds span) {
        const double span_s = static_cast<double>(span.count()) / 1000.0;
        const double energy_wh = power_w() * span_s / 3600.0;
        today_wh += energy_wh;
        month_wh += energy_wh;
        total_wh += energy_wh;
        if (on) today_on_s += span_s;
    };
    count(until - advanced_to);
    if (rings) {
        countdown->enabled = false; // the rule stays listed
        switch_to(countdown->on, countdown->ends);
        count(now - until);
    }
    advanced_to = now;
}

void Outlet::switch_to(bool wanted, std::chrono::milliseconds now) {
    if (wanted && !on) on_since = now;
    on = wanted;
}

std::int64_t Outlet::on_time_s(std::chrono::milliseconds now) const {
    return on ? (now - on_since).count() / 1000 : 0;
}

} // namespace tplink::sim
