#pragma once
// One packet of an MPEG transport stream (ISO/IEC 13818-1, 2.4.3).

#include <cstdint>
#include <optional>

#include "protocols/base/bytes.hpp"

namespace tplink::media {

inline constexpr std::size_t kTsPacketSize = 188;
inline constexpr std::byte kTsSync{0x47};
inline constexpr std::uint16_t kNullPid = 0x1FFF;

using TsPacketBytes = std::span<const std::byte, kTsPacketSize>;

struct TsPacket {
    std::uint16_t pid = 0;
    bool unit_start = false;    ///< a PES packet or a section begins in the payload
    bool discontinuity = false; ///< the sender says that the counter jumps here
    bool stuffed = false;       ///< the adaptation field was filled up: the payload did not fill the packet
    bool has_payload = false;
    std::uint8_t counter = 0; ///< continuity counter, 0..15
    Bytes payload;            ///< may be empty
};

/// Nothing when the packet cannot be used: no sync byte, marked as damaged, scrambled, impossible lengths.
std::optional<TsPacket> parse_ts_packet(TsPacketBytes bytes);

/// The PID, readable even when the rest of the packet is not.
inline std::uint16_t ts_pid(TsPacketBytes bytes) {
    return static_cast<std::uint16_t>((u8(bytes[1]) & 0x1FU) << 8 | u8(bytes[2]));
}

} // namespace tplink::media
