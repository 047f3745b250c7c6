#include "tests/simulators/media/client_input.hpp"

#include <charconv>
#include <string_view>

namespace tplink::sim {
namespace {

constexpr std::size_t kMaxHead = 16UL * 1024;
constexpr std::size_t kMaxPart = 256UL * 1024;

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    return line;
}

Headers parse_headers(std::string_view block) {
    Headers headers;
    while (!block.empty()) {
        const std::string_view line = take_line(block);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos)
            headers[ascii_lower(trimmed(line.substr(0, colon)))] =
                std::string(trimmed(line.substr(colon + 1)));
    }
    return headers;
}

void drop_front(Buffer& buffer, std::size_t size) {
    buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
}

} // namespace

/// Everything up to the first empty line, which is dropped.
std::optional<std::string> ClientInput::take_block() {
    const std::size_t end = as_text(buffer_).find("\r\n\r\n");
    if (end == std::string_view::npos || end > kMaxHead) {
        if (buffer_.size() > kMaxHead) broken_ = true;
        return std::nullopt;
    }
    std::string block(as_text(buffer_).substr(0, end));
    drop_front(buffer_, end + 4);
    return block;
}

std::optional<RequestHead> ClientInput::take_head() {
    const auto block = take_block();
    if (!block) return std::nullopt;
    std::string_view rest = *block;
    std::string_view first = take_line(rest);
    RequestHead head;
    const std::size_t space = first.find(' ');
    const std::size_t last = first.rfind(' ');
    if (space == std::string_view::npos || last == space || !first.substr(last).starts_with(" HTTP/1.")) {
        broken_ = true;
        return std::nullopt;
    }
    head.method = std::string(first.substr(0, space));
    head.target = std::string(first.substr(space + 1, last - space - 1));
    head.headers = parse_headers(rest);
    const std::string& type = head.headers["content-type"];
    if (const std::size_t at = type.find("boundary="); at != std::string::npos)
        delimiter_ = "--" + type.substr(at + 9);
    return head;
}

std::optional<std::size_t> ClientInput::body_size(const Headers& headers) {
    const auto found = headers.find("content-length");
    std::size_t size = 0;
    if (found != headers.end()) {
        const std::string& text = found->second;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
        if (error == std::errc() && end == text.data() + text.size() && size <= kMaxPart) return size;
    }
    broken_ = true;
    return std::nullopt;
}

std::optional<ClientPart> ClientInput::take_part() {
    const std::string_view text = as_text(buffer_);
    const std::size_t begin = text.find(delimiter_);
    const std::size_t head_end = begin == std::string_view::npos ? begin : text.find("\r\n\r\n", begin);
    if (head_end == std::string_view::npos) {
        if (text.size() > kMaxHead) broken_ = true;
        return std::nullopt;
    }
    const std::size_t head = begin + delimiter_.size();
    ClientPart part{parse_headers(text.substr(head, head_end - head)), {}};
    const auto size = body_size(part.headers);
    if (!size || text.size() < head_end + 4 + *size) return std::nullopt;
    part.body = std::string(text.substr(head_end + 4, *size));
    drop_front(buffer_, head_end + 4 + *size);
    return part;
}

} // namespace tplink::sim
