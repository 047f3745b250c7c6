#include "protocols/stream/http_head.hpp"

#include <algorithm>
#include <charconv>

#include "protocols/base/bytes.hpp"

namespace tplink::stream {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return trimmed(line);
}

} // namespace

std::string_view ResponseHead::header(std::string_view name, std::string_view prefix) const {
    const std::string wanted = ascii_lower(prefix);
    for (const auto& [key, value] : headers) {
        if (key == name && ascii_lower(std::string_view(value).substr(0, prefix.size())) == wanted)
            return value;
    }
    return {};
}

Result<ResponseHead> parse_response_head(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    std::string_view line = take_line(text);
    line.remove_prefix(std::min(line.find("HTTP/1."), line.size())); // "HTTP ERROR 401HTTP/1.0 200 OK"
    line.remove_prefix(std::min(line.find(' '), line.size()));
    line = trimmed(line);
    ResponseHead head;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), head.status);
    if (error != std::errc() || head.status < 100 || head.status > 999)
        return fail(Errc::malformed, "answer is no HTTP");
    while (!text.empty()) {
        line = take_line(text);
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        head.headers.emplace_back(ascii_lower(trimmed(line.substr(0, colon))),
                                  trimmed(line.substr(colon + 1)));
    }
    return head;
}

} // namespace tplink::stream
