#pragma once
// Says when a viewer has received a whole keyframe: reads RTP packets of H.264 or H.265 as they come.

#include <cstdint>

#include "protocols/base/bytes.hpp"

namespace tplink::bench {

/// One video track. A keyframe counts when every packet of its access unit came, in order, and the parameter
/// sets were seen before its last packet. source: RFC 3550 5.1, RFC 6184 5.6 to 5.8 (H.264), RFC 7798 4.4
/// (H.265).
class KeyframeWatch {
public:
    enum class Codec { h264, h265 };
    explicit KeyframeWatch(Codec codec) : codec_(codec) {}

    /// packet: one RTP packet. True when it completes a keyframe.
    bool feed(Bytes packet);

    std::uint64_t frames() const { return frames_; } ///< whole access units
    std::uint64_t lost() const { return lost_; }     ///< packets missing between those seen

private:
    void read_payload(Bytes payload);
    void read_aggregate(Bytes units);
    void read_fragment(std::uint8_t flags_and_type, std::uint8_t type);
    void saw(std::uint8_t type);

    Codec codec_;
    bool begun_ = false;
    std::uint16_t next_sequence_ = 0;
    std::uint32_t timestamp_ = 0;
    bool keyframe_ = false; // a slice of one ended in this access unit
    bool broken_ = true;    // the access unit that was running when we came
    bool fragment_open_ = false;
    unsigned parameter_sets_ = 0; // bit per kind
    std::uint64_t frames_ = 0, lost_ = 0;
};

} // namespace tplink::bench
