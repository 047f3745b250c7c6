#pragma once
// Bits of a NAL unit's payload (RBSP), emulation prevention bytes skipped.

#include <cstddef>
#include <cstdint>

#include "protocols/base/bytes.hpp"

namespace tplink::media {

/// Reading past the end yields zeros and makes ok() false for good, so that a parser checks once, at its end.
class BitReader {
public:
    explicit BitReader(Bytes nal) : bytes_(nal) {}

    bool ok() const { return ok_; }
    bool flag() { return bits(1) != 0; }
    /// count: at most 32
    std::uint32_t bits(unsigned count) {
        std::uint32_t value = 0;
        while (count-- > 0) value = (value << 1) | bit();
        return value;
    }
    void skip(unsigned count) {
        while (count-- > 0 && ok_) bit();
    }
    /// Unsigned Exp-Golomb code, ue(v); source: H.264 9.1.
    std::uint32_t ue() {
        unsigned zeros = 0;
        while (ok_ && bit() == 0) {
            if (++zeros == 32) ok_ = false;
        }
        if (!ok_) return 0;
        return (std::uint32_t{1} << zeros) - 1 + bits(zeros);
    }
    /// Signed Exp-Golomb code, se(v).
    std::int32_t se() {
        const std::int64_t code = ue();
        return static_cast<std::int32_t>(code % 2 == 0 ? -(code / 2) : (code + 1) / 2);
    }

private:
    std::uint32_t bit() {
        if (left_ == 0 && !load()) return 0;
        --left_;
        return (current_ >> left_) & 1U;
    }
    bool load() {
        // 00 00 03: the 03 only keeps the payload from looking like a start code.
        if (zeros_ >= 2 && at_ < bytes_.size() && u8(bytes_[at_]) == 3) {
            ++at_;
            zeros_ = 0;
        }
        if (at_ >= bytes_.size()) {
            ok_ = false;
            return false;
        }
        current_ = u8(bytes_[at_++]);
        zeros_ = current_ == 0 ? zeros_ + 1 : 0;
        left_ = 8;
        return true;
    }

    Bytes bytes_;
    std::size_t at_ = 0;
    unsigned zeros_ = 0;
    std::uint32_t current_ = 0;
    unsigned left_ = 0;
    bool ok_ = true;
};

} // namespace tplink::media
