#pragma once
// Reading arguments and writing readings in the IOT dialect.

#include <boost/json.hpp>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tplink::sim {

/// A whole number within the limits.
inline std::optional<std::int64_t> iot_whole(const boost::json::object& args, std::string_view key,
                                             std::int64_t low, std::int64_t high) {
    const boost::json::value* value = args.if_contains(key);
    const auto number = value ? boost::json::try_value_to<std::int64_t>(*value)
                              : boost::json::try_value_to<std::int64_t>(boost::json::value(nullptr));
    if (!number || *number < low || *number > high) return std::nullopt;
    return *number;
}

/// `energy` in kWh on old units, `energy_wh` else.
inline void iot_energy(boost::json::object& entry, bool old_units, double energy_wh) {
    if (old_units)
        entry["energy"] = energy_wh / 1000;
    else
        entry["energy_wh"] = std::llround(energy_wh);
}

} // namespace tplink::sim
