#pragma once
// Short ways into a device document for tables.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tplink::gateway {

namespace json = boost::json;

/// The value at `pointer` of what `method` answered; null when there is none.
inline const json::value* find_in(const json::object& document, std::string_view method, std::string_view pointer) {
    const json::value* result = document.if_contains(method);
    boost::system::error_code ec;
    return result == nullptr || pointer.empty() ? result : result->find_pointer(pointer, ec);
}

inline std::optional<std::int64_t> int_in(const json::object& document, std::string_view method, std::string_view pointer) {
    constexpr std::int64_t kMost = 1'000'000'000'000'000;  // beyond it arithmetic with times would overflow
    const json::value* value = find_in(document, method, pointer);
    const bool usable = value != nullptr && value->is_int64() && value->get_int64() >= -kMost && value->get_int64() <= kMost;
    return usable ? std::optional(value->get_int64()) : std::nullopt;
}

inline std::optional<bool> bool_in(const json::object& document, std::string_view method, std::string_view pointer) {
    const json::value* value = find_in(document, method, pointer);
    return value != nullptr && value->is_bool() ? std::optional(value->get_bool()) : std::nullopt;
}

inline std::string text_in(const json::object& document, std::string_view method, std::string_view pointer) {
    const json::value* value = find_in(document, method, pointer);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// The sum of what outlets show, of a strip (energy.hpp, kSumKey); null: it is none.
inline json::value child_sum(const json::object& document, std::string_view id) {
    const json::value* sums = document.if_contains("@children");
    const json::value* sum = sums != nullptr && sums->is_object() ? sums->get_object().if_contains(id) : nullptr;
    return sum == nullptr ? json::value(nullptr) : *sum;
}

}  // namespace tplink::gateway
