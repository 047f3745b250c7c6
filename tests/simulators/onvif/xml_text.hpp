#pragma once
// Just enough reading of XML for the requests that ONVIF clients send.

#include <string>
#include <string_view>

namespace tplink::sim {

/// Text of the first element with that local name, whatever its prefix and attributes; empty when absent.
std::string xml_text(std::string_view xml, std::string_view local_name);
/// There is such an element.
bool xml_has(std::string_view xml, std::string_view local_name);

} // namespace tplink::sim
