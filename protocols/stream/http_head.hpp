#pragma once
// The one response head that opens a part stream. Own code: HTTP libraries refuse what these cameras send.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/base/result.hpp"

namespace tplink::stream {

struct ResponseHead {
    static constexpr std::size_t kMaxSize = 16U << 10; ///< bytes, from the status line to the empty line

    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers; ///< names in lower case, values trimmed

    /// Value of the first header of that lower-case name whose value begins with `prefix` (any case); empty
    /// if none.
    std::string_view header(std::string_view name, std::string_view prefix = {}) const;
};

/// in:     everything up to the empty line. An error text glued in front of the status line is cut off.
/// errors: malformed when there is no status line.
Result<ResponseHead> parse_response_head(std::string_view text);

} // namespace tplink::stream
