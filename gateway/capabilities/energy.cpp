#include "gateway/capabilities/energy.hpp"

#include <algorithm>
#include <cmath>

namespace tplink::gateway {
namespace {

constexpr double kMaxKwh = 1e7;            // beyond it a reading is a fault of the device
constexpr double kMaxWatts = 1e5;
constexpr double kAhead = 0.01;            // kWh that power may run ahead of a counter: counters move in whole Wh
constexpr double kJitter = 0.01;           // kWh, and as a share: a counter that falls less was corrected, not reset
constexpr double kLongestGapS = 600;       // what a device drew while nobody asked is not guessed
constexpr double kSecondsPerHour = 3600;

std::optional<double> usable(std::optional<double> value, double max) {
    return value && std::isfinite(*value) && *value >= 0 && *value <= max ? value : std::nullopt;
}

/// What a counter that went from `before` to `now` has counted. Keeps the greater one when it was only corrected.
double counted(std::optional<double>& before, const std::optional<double>& now) {
    if (!now) return 0;
    if (!before) {
        before = now;
        return 0;
    }
    const double fall = *before - *now;
    if (fall > 0 && fall <= std::max(kJitter, *before * kJitter)) return 0;
    const double added = fall > 0 ? *now : -fall;  // it fell to 0: all it shows was counted since
    before = now;
    return added;
}

std::optional<double> number_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    boost::system::error_code ec;
    const double number = value != nullptr && value->is_number() ? value->to_number<double>(ec) : -1;
    return usable(number, kMaxKwh);
}

std::optional<double> value_of(const Offer& offer, std::string_view id, const Document& document, std::int64_t now) {
    const Capability* row = offer.find(id);
    if (row == nullptr) return std::nullopt;
    const json::value value = read_value(*row, document, now);
    boost::system::error_code ec;
    return value.is_number() ? std::optional(value.to_number<double>(ec)) : std::nullopt;
}

}  // namespace

EnergyTotal::EnergyTotal(const json::value& state) {
    const json::object* known = state.if_object();
    if (known == nullptr) return;
    const auto total = number_at(*known, "kwh");
    if (!total) return;
    started_ = true;
    settled_ = *total;
    today_ = number_at(*known, "today");
    month_ = number_at(*known, "month");
    counter_ = number_at(*known, "counter");
}

/// The counter that falls back most seldom decides; the others are followed for the day it is missing.
double EnergyTotal::delta_of_counters(const EnergyReading& reading) {
    const bool by_counter = counter_ && reading.counter_kwh;
    const bool by_month = month_ && reading.month_kwh;
    const double counter = counted(counter_, reading.counter_kwh);
    const double month = counted(month_, reading.month_kwh);
    const double today = counted(today_, reading.today_kwh);
    return by_counter ? counter : by_month ? month : today;
}

bool EnergyTotal::add(const EnergyReading& raw, SteadyTime now) {
    const EnergyReading reading{usable(raw.power_w, kMaxWatts), usable(raw.today_kwh, kMaxKwh), usable(raw.month_kwh, kMaxKwh), usable(raw.counter_kwh, kMaxKwh)};
    const bool has_counter = reading.counter_kwh || reading.month_kwh || reading.today_kwh;
    if (!has_counter && !reading.power_w) return false;
    const double before = settled_ + pending_;
    const bool was_started = started_;
    if (!started_) settled_ = reading.counter_kwh.value_or(0);  // the device's own total is the best beginning
    started_ = true;
    const double counted_kwh = delta_of_counters(reading);
    settled_ += counted_kwh;
    pending_ = std::max(0.0, pending_ - counted_kwh);
    const double gap_s = std::clamp(std::chrono::duration<double>(now - at_).count(), 0.0, kLongestGapS);
    if (power_ && reading.power_w) pending_ += *power_ / 1000 * gap_s / kSecondsPerHour;
    if (counter_ || month_ || today_) pending_ = std::min(pending_, std::max(kAhead, before - settled_));  // and never back
    power_ = reading.power_w;
    at_ = now;
    return !was_started || settled_ + pending_ != before;
}

json::object EnergyTotal::to_json() const {
    json::object out{{"kwh", settled_ + pending_}};
    if (today_) out["today"] = *today_;
    if (month_) out["month"] = *month_;
    if (counter_) out["counter"] = *counter_;
    return out;
}

json::object sum_of(const std::vector<const json::object*>& states) {
    json::object sums;
    for (const std::string_view id : {"power", "current", "voltage", "energy_today", "energy_month", "energy_counter", "energy_total"}) {
        double sum = 0;
        int count = 0;
        for (const json::object* state : states)
            if (const json::value* value = state->if_contains(id); value != nullptr && value->is_number()) {
                boost::system::error_code ec;
                sum += value->to_number<double>(ec);
                ++count;
            }
        if (count > 0) sums[id] = id == "voltage" ? sum / count : std::round(sum * 1e6) / 1e6;
    }
    return sums;
}

EnergyReading reading_of(const Offer& offer, const Document& document, std::int64_t now) {
    return {value_of(offer, "power", document, now), value_of(offer, "energy_today", document, now),
            value_of(offer, "energy_month", document, now), value_of(offer, "energy_counter", document, now)};
}

}  // namespace tplink::gateway
