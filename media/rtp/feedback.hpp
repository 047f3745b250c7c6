#pragma once
// What a receiver says about the packets it got.

#include <cstdint>
#include <string_view>
#include <vector>

#include "media/rtp/rtp_packet.hpp"

namespace tplink::media::rtp {

/// A packet that is asked for again.
struct Missing {
    std::uint32_t ssrc = 0;  ///< of the stream it is missing from
    std::uint16_t sequence = 0;
    bool operator==(const Missing&) const = default;
};

/// Of one compound packet; who misses more than that has to wait for the next keyframe.
inline constexpr std::size_t kMostMissing = 256;

/// in: a decrypted RTCP packet, compound or not. Stops at the first that lies about its length.
/// source: RFC 4585 6.2.1 (generic NACK)
std::vector<Missing> parse_nacks(Bytes compound);

/// A sender report, and the name that ties the streams of one sender together. source: RFC 3550 6.4.1, 6.5
Buffer write_report_with_name(const SenderReport& report, std::string_view name);

}  // namespace tplink::media::rtp
