#include "media/codec/annex_b.hpp"

#include <algorithm>
#include <cstring>

namespace tplink::media {
namespace {

constexpr std::size_t kStartCodeSize = 3;

/// Position of the next 00 00 01 at or after `from`; the size of `bytes` when there is none.
std::size_t find_start_code(Bytes bytes, std::size_t from) {
    const std::byte* data = bytes.data();
    const std::size_t size = bytes.size();
    // Coded pictures hold few zero bytes, and memchr looks at 32 bytes at once: this loop is most of what
    // reading a stream costs.
    while (from < size) {
        const void* found = std::memchr(data + from, 0, size - from);
        if (found == nullptr) return size;
        const auto zeros = static_cast<std::size_t>(static_cast<const std::byte*>(found) - data);
        std::size_t end = zeros + 1;
        while (end < size && data[end] == std::byte{0}) ++end;
        if (end < size && end - zeros >= 2 && data[end] == std::byte{1}) return end - 2;
        from = end + 1;
    }
    return size;
}

} // namespace

NalReader::NalReader(Bytes access_unit) : bytes_(access_unit), code_(find_start_code(access_unit, 0)) {
    const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
    clean_ = code_ < bytes_.size() &&
             std::all_of(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(code_), is_zero);
}

std::optional<NalUnit> NalReader::next() {
    while (code_ < bytes_.size()) {
        const std::size_t start = code_ + kStartCodeSize;
        const std::size_t next_code = find_start_code(bytes_, start);
        std::size_t end = next_code;
        while (end > start && bytes_[end - 1] == std::byte{0}) --end;
        NalUnit unit{begin_, end, bytes_.subspan(start, end - start)};
        begin_ = end;
        code_ = next_code;
        if (!unit.bytes.empty()) return unit;
    }
    return std::nullopt;
}

} // namespace tplink::media
