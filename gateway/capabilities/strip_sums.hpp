#pragma once
// Rows of a strip that add up its outlets, for both dialects.

#include "gateway/capabilities/capability.hpp"
#include "gateway/capabilities/lookup.hpp"

namespace tplink::gateway {

enum class StripSum { power, current, voltage, energy_today, energy_month, energy_counter, energy_total };

constexpr std::string_view row_id(StripSum what) {
    constexpr std::string_view kIds[] = {"power", "current", "voltage", "energy_today", "energy_month", "energy_counter", "energy_total"};
    return kIds[static_cast<std::size_t>(what)];
}

template <StripSum What> json::value strip_sum(const json::object& document, std::int64_t) { return child_sum(document, row_id(What)); }
template <StripSum What> bool has_strip_sum(const json::object& document) { return !child_sum(document, row_id(What)).is_null(); }

/// query: what the strip is polled with anyway; nothing more is asked.
template <StripSum What> constexpr Capability strip_row(std::string_view name, Query query, Number kind, Hint hint) {
    return {.id = row_id(What), .name = name, .kind = kind, .query = query, .hint = hint, .derive = strip_sum<What>, .when = has_strip_sum<What>};
}

}  // namespace tplink::gateway
