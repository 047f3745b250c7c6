#pragma once
// Text as XML 1.0 takes it, for requests we make and for answers we give.

#include <string>
#include <string_view>

namespace tplink::onvif {

/// `text` escaped for content and for attributes. What XML does not allow at all (control characters, bytes that are no
/// UTF-8, U+FFFE and U+FFFF) is left out; line ends and tabs become references, or attributes would lose them.
std::string escaped(std::string_view text);

}  // namespace tplink::onvif
