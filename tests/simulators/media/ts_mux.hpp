#pragma once
// MPEG transport stream as these cameras write it. Source: transport_stream.md; ISO/IEC 13818-1.

#include <cstdint>
#include <span>

#include "protocols/base/bytes.hpp"

namespace tplink::sim::ts {

inline constexpr std::size_t kPacketSize = 188;
inline constexpr std::size_t kMaxPartPackets =
    345; ///< 64 860 bytes; a bigger access unit goes on in the next part
inline constexpr std::uint16_t kPatPid = 0;
inline constexpr std::uint16_t kPmtPid = 0x12;
inline constexpr std::uint16_t kVideoPid = 0x44;
inline constexpr std::uint16_t kAudioPid = 0x45;
inline constexpr std::uint16_t kSecondVideoPid = 0x46; ///< of the second lens
inline constexpr std::uint16_t kNullPid = 0x1FFF;

enum class StreamType : std::uint8_t { none = 0, h264 = 0x1B, h265 = 0x24, aac = 0x0F, alaw = 0x90, ulaw = 0x91 };

/// What stands in front of each keyframe: a null-PID filler, the UTC tag, PAT and PMT; four packets.
struct Preamble {
    StreamType video = StreamType::h264;
    StreamType audio = StreamType::none; ///< none: the PMT lists video only
    std::uint64_t utc_seconds = 0;
    StreamType second_video = StreamType::none; ///< of a second lens
    bool broken_crc = false;
};
inline constexpr std::size_t kPreamblePackets = 4;
void append_preamble(Buffer& out, const Preamble& preamble);

enum class Pes { video, audio, second_video };
inline constexpr std::size_t kPtsOffset = 9; ///< of the five PTS bytes, from the start of the PES

/// One PES in TS packets, PTS 0, continuity counters 0. The video length field is 0 when it does not fit 16
/// bits.
void append_pes(Buffer& out, Pes kind, Bytes payload);

/// Five bytes "0010 ppp1 ...": marker bits and 33 bits of a 90 kHz clock.
void store_pts(std::span<std::byte, 5> out, std::uint64_t pts_90k);

/// Numbers packets as one camera session does: a counter per PID.
class Continuity {
public:
    /// `packets`: whole packets; overwrites their counters.
    void stamp(std::span<std::byte> packets);

private:
    std::uint8_t pat_ = 0, pmt_ = 0, video_ = 0, second_video_ = 0, audio_ = 0, null_ = 0;
    std::uint8_t& counter(unsigned pid);
};

} // namespace tplink::sim::ts
