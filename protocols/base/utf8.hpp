#pragma once

#include <cstddef>
#include <string_view>

namespace tplink {

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none; text is not empty.
/// Source: RFC 3629 section 4.
std::size_t utf8_length(std::string_view text);

}  // namespace tplink
