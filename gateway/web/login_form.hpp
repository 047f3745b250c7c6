#pragma once
// What the sign-in form's browser sends: cookies and form fields. Foreign bytes, so bounded and fuzzed.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/secret.hpp"

namespace tplink::gateway {

inline constexpr std::size_t kFormMax = 4096;  ///< bytes of a form's body

/// Every value of the cookie `name` in a Cookie header, at most four: a browser sends one per path that has one.
/// source: RFC 6265 4.2.1
std::vector<std::string_view> cookie_values(std::string_view header, std::string_view name);

/// The fields `username` and `password` of a form's body (application/x-www-form-urlencoded); nothing when it holds no
/// password, or is longer than 4 KiB.
std::optional<Credentials> parse_login_form(std::string_view body);

}  // namespace tplink::gateway
