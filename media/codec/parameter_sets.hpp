#pragma once
// The parameter sets a decoder needs before a keyframe, remembered from wherever they last came.

#include <array>
#include <cstddef>
#include <vector>

#include "media/codec/nal_type.hpp"

namespace tplink::media {

/// Bounded: at most kMaxSets of a kind, each at most kMaxSetSize; what exceeds it is not remembered.
class ParameterSets {
public:
    static constexpr std::size_t kMaxSets = 8;       // cameras send one of each
    static constexpr std::size_t kMaxSetSize = 1024; // real ones stay below 100 bytes

    explicit ParameterSets(Codec codec) : codec_(codec) {}

    /// A new access unit begins: the first set of a kind in it replaces all remembered ones of that kind.
    void begin_unit() { seen_ = {}; }
    /// True when what is remembered changed.
    bool remember(NalKind kind, Bytes nal);

    /// The current unit itself brought every kind the codec needs.
    bool unit_is_complete() const;
    /// Every kind the codec needs is remembered.
    bool complete() const;
    /// All remembered sets in decoding order, each behind a 4-byte start code.
    Buffer annex_b() const;
    /// The first remembered SPS; empty when there is none.
    Bytes sps() const;

private:
    static std::size_t index(NalKind kind) { return kind == NalKind::vps ? 0 : kind == NalKind::sps ? 1 : 2; }

    Codec codec_;
    std::array<std::vector<Buffer>, 3> sets_; // VPS, SPS, PPS
    std::array<std::size_t, 3> seen_{};       // how many of each kind the current unit brought
};

} // namespace tplink::media
