#pragma once
// JSON as other programs read it.

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace tplink::gateway {

bool is_utf8(std::string_view text);

/// Whole doubles become integers, everywhere below `value`: 80.0 would be printed as 8E1.
void whole_numbers(boost::json::value& value);

/// One line, whole numbers without exponent, invalid UTF-8 replaced by '?'.
std::string to_text(boost::json::value value);

}  // namespace tplink::gateway
