#include "protocols/onvif/xml.hpp"

#include "protocols/base/utf8.hpp"

namespace tplink::onvif {
namespace {

/// Bytes of the character at the front; 0 when it is none, or one that XML does not allow.
std::size_t character(std::string_view text) {
    const std::size_t length = utf8_length(text);
    if (length == 1) return static_cast<unsigned char>(text.front()) >= 0x20 ? 1 : 0;
    return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF") ? 0 : length;
}

std::string_view reference(char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&apos;";
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return {};
    }
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::string_view instead = reference(text.front());
        const std::size_t length = instead.empty() ? character(text) : 1;
        out += instead.empty() ? text.substr(0, length) : instead;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

}  // namespace tplink::onvif
