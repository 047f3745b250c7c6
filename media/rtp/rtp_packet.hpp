#pragma once
// RTP on the wire: headers read and written, access units cut into payloads.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "media/access_unit.hpp"

namespace tplink::media::rtp {

inline constexpr std::size_t kHeaderSize = 12;
/// Of one packet with its RTP header: fits an Ethernet frame with room for tunnels.
inline constexpr std::size_t kMaxPacket = 1400;

struct Packet {
    std::uint8_t payload_type = 0;
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0, ssrc = 0;
    Bytes payload; ///< padding and extension taken off; may be empty
};

/// in: one UDP datagram or interleaved frame. Nothing when it is no RTP of version 2 or lies about its lengths.
/// source: RFC 3550 5.1
std::optional<Packet> parse_packet(Bytes bytes);

struct Header {
    std::uint8_t payload_type = 0;
    bool marker = false;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0, ssrc = 0;
};
void write_header(std::span<std::byte, kHeaderSize> out, const Header& header);

/// A sender report without report blocks; `ntp`: seconds since 1900 and their fraction. source: RFC 3550 6.4.1
struct SenderReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp = 0;
    std::uint32_t timestamp = 0, packets = 0, octets = 0;
};
std::array<std::byte, 28> write_sender_report(const SenderReport& report);
/// The wall clock as a sender report counts it.
std::uint64_t ntp_of(WallTime time);

/// What one packet carries behind its RTP header: up to three bytes of its own, then bytes of the unit as they are.
struct Payload {
    std::array<std::byte, 3> head{};
    std::uint8_t head_size = 0;
    Bytes body;
    bool marker = false; ///< the last of the picture
    std::size_t size() const { return head_size + body.size(); }
};

/// Appends the payloads of a unit; views into unit.data. NAL units as they are or in fragments (RFC 6184 5.6 and 5.8,
/// RFC 7798 4.4.1 and 4.4.3), G.711 in whole packets.
void cut_payloads(const AccessUnit& unit, std::vector<Payload>& out, std::size_t max_payload = kMaxPacket - kHeaderSize);

}  // namespace tplink::media::rtp
