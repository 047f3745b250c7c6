#include "tests/simulators/onvif/xml_text.hpp"

#include <optional>

namespace tplink::sim {
namespace {

/// Position behind the '>' of the opening tag; empty_element: it ends with "/>".
std::optional<std::size_t> find_opening(std::string_view xml, std::string_view name, bool& empty_element) {
    for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
        const std::size_t end = xml.find('>', at);
        if (end == std::string_view::npos) return std::nullopt;
        std::string_view tag = xml.substr(at + 1, end - at - 1);
        empty_element = tag.ends_with('/');
        tag = tag.substr(0, tag.find_first_of(" \t\r\n/"));
        if (const auto colon = tag.find(':'); colon != std::string_view::npos) tag.remove_prefix(colon + 1);
        if (tag == name) return end + 1;
    }
    return std::nullopt;
}

} // namespace

bool xml_has(std::string_view xml, std::string_view local_name) {
    bool empty = false;
    return find_opening(xml, local_name, empty).has_value();
}

std::string xml_text(std::string_view xml, std::string_view local_name) {
    bool empty = false;
    const auto begin = find_opening(xml, local_name, empty);
    if (!begin || empty) return {};
    std::string_view text = xml.substr(*begin, xml.find('<', *begin) - *begin);
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n' || text.front() == '\r'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r'))
        text.remove_suffix(1);
    return std::string(text);
}

} // namespace tplink::sim
