#pragma once
// Reading parameters of SMART requests.

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tplink::sim {

inline constexpr int kBadParams = -1008;

inline std::optional<std::int64_t> whole(const boost::json::object& params, std::string_view key) {
    const boost::json::value* value = params.if_contains(key);
    if (!value) return std::nullopt;
    const auto number = boost::json::try_value_to<std::int64_t>(*value);
    return number ? std::optional(*number) : std::nullopt;
}

inline std::optional<bool> flag(const boost::json::object& params, std::string_view key) {
    const boost::json::value* value = params.if_contains(key);
    return value && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}

inline const boost::json::string* words(const boost::json::object& params, std::string_view key) {
    const boost::json::value* value = params.if_contains(key);
    return value ? value->if_string() : nullptr;
}

} // namespace tplink::sim
