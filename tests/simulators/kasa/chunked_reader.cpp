#include "tests/simulators/kasa/chunked_reader.hpp"

#include <array>
#include <charconv>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/connection.hpp"

namespace tplink::sim {
namespace {

constexpr std::size_t kMost = std::size_t{64} * 1024;

} // namespace

bool ChunkedReader::fill() {
    std::array<char, 4096> chunk{};
    const std::size_t got = connection_.read(chunk.data(), chunk.size());
    raw_.append(chunk.data(), got);
    return got > 0 && raw_.size() <= kMost;
}

std::optional<std::string> ChunkedReader::read_head() {
    std::size_t end = 0;
    while ((end = raw_.find("\r\n\r\n")) == std::string::npos)
        if (!fill()) return std::nullopt;
    const std::string head = raw_.substr(0, end + 4);
    raw_.erase(0, end + 4);
    return head;
}

/// Moves one chunk's payload from raw_ to body_.
bool ChunkedReader::take_chunk() {
    std::size_t end = 0;
    while ((end = raw_.find("\r\n")) == std::string::npos)
        if (!fill()) return false;
    std::size_t size = 0;
    const auto [stop, error] = std::from_chars(raw_.data(), raw_.data() + end, size, 16);
    if (error != std::errc{} || size == 0 || size > kMost) return false;
    while (raw_.size() < end + 2 + size + 2)
        if (!fill()) return false;
    body_ += raw_.substr(end + 2, size);
    raw_.erase(0, end + 2 + size + 2);
    return body_.size() <= kMost;
}

std::optional<std::string> ChunkedReader::line() {
    std::size_t end = 0;
    while ((end = body_.find("\r\n")) == std::string::npos)
        if (!take_chunk()) return std::nullopt;
    const std::string out = body_.substr(0, end);
    body_.erase(0, end + 2);
    return out;
}

std::optional<std::size_t> ChunkedReader::read_part(std::string_view delimiter) {
    auto first = line();
    while (first && first->empty()) first = line();
    if (!first || *first != delimiter) return std::nullopt;
    std::optional<std::size_t> size;
    for (auto field = line(); field; field = line()) {
        if (field->empty()) break;
        const std::string lower = ascii_lower(*field);
        if (!lower.starts_with("content-length:")) continue;
        std::size_t at = lower.find_first_not_of(' ', 15);
        std::size_t value = 0;
        if (at == std::string::npos ||
            std::from_chars(lower.data() + at, lower.data() + lower.size(), value).ec != std::errc{})
            return std::nullopt;
        size = value;
    }
    if (!size || *size > kMost) return std::nullopt;
    while (body_.size() < *size)
        if (!take_chunk()) return std::nullopt;
    body_.erase(0, *size);
    return size;
}

} // namespace tplink::sim
