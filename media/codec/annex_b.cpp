#include "media/codec/annex_b.hpp"

#include <algorithm>

namespace tplink::media {
namespace {

constexpr std::size_t kStartCodeSize = 3;

/// Position of the next 00 00 01 at or after `from`; the size of `bytes` when there is none.
std::size_t find_start_code(Bytes bytes, std::size_t from) {
    const std::byte* data = bytes.data();
    const std::size_t size = bytes.size();
    std::size_t i = from + 2;
    while (i < size) {
        // Looks at every third byte as long as it can neither end nor be inside a start code.
        const auto value = u8(data[i]);
        if (value > 1) {
            i += 3;
        } else if (value == 0) {
            ++i;
        } else if (u8(data[i - 1]) == 0 && u8(data[i - 2]) == 0) {
            return i - 2;
        } else {
            i += 3;
        }
    }
    return size;
}

}  // namespace

NalReader::NalReader(Bytes access_unit) : bytes_(access_unit), code_(find_start_code(access_unit, 0)) {
    const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
    clean_ = code_ < bytes_.size() && std::all_of(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(code_), is_zero);
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

}  // namespace tplink::media
