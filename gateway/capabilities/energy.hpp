#pragma once
// A lifetime total of energy for devices that have none, or one that falls back to 0.

#include <optional>

#include "gateway/capabilities/engine.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::gateway {

/// What one reading says. Everything that the device does not tell is empty.
struct EnergyReading {
    std::optional<double> power_w{};
    std::optional<double> today_kwh{}, month_kwh{};  ///< fall to 0 at the device's midnight and month's end
    std::optional<double> counter_kwh{};           ///< the device's own total; falls to 0 when it is reset
};

/// Never decreases. Counters of the device are trusted for how much was added, power only where no counter moves
/// finely enough; a counter that fell starts anew. Time is passed in.
class EnergyTotal {
public:
    /// state: as to_json() gave it; anything else starts at nothing.
    explicit EnergyTotal(const json::value& state = nullptr);

    /// True when the total changed.
    bool add(const EnergyReading& reading, SteadyTime now);
    /// Nothing before the first reading with anything in it.
    std::optional<double> kwh() const { return started_ ? std::optional(settled_ + pending_) : std::nullopt; }
    json::object to_json() const;

private:
    double delta_of_counters(const EnergyReading& reading);

    bool started_ = false;
    double settled_ = 0;  ///< confirmed by the device's counters
    double pending_ = 0;  ///< integrated from power since a counter moved last; it runs ahead of the counter, never back
    std::optional<double> today_, month_, counter_;
    std::optional<double> power_;
    SteadyTime at_{};
};

/// Documents keep the total under this key: {"kwh"}.
inline constexpr std::string_view kEnergyKey = "@energy";

/// Strips keep what their outlets draw together under this key: row id -> sum (voltage: mean).
inline constexpr std::string_view kSumKey = "@children";

/// Adds up what outlets show. states: of all outlets; one without a meter counts nothing. Empty when none has a meter.
json::object sum_of(const std::vector<const json::object*>& states);

/// The reading in a document, by the rows "power", "energy_today", "energy_month" and "energy_counter" of an offer.
EnergyReading reading_of(const Offer& offer, const Document& document, std::int64_t now_unix_s);

}  // namespace tplink::gateway
