#include "media/ts/ts_packet.hpp"

namespace tplink::media {
namespace {

constexpr std::size_t kHeaderSize = 4;

/// True when the adaptation field is longer than what its flags ask for. `field`: behind its length byte.
bool has_stuffing(Bytes field) {
    if (field.empty()) return true; // length 0: one byte of stuffing, the length byte itself
    const unsigned flags = u8(field[0]);
    std::size_t used = 1;
    if ((flags & 0x10U) != 0) used += 6;            // PCR
    if ((flags & 0x08U) != 0) used += 6;            // OPCR
    if ((flags & 0x04U) != 0) used += 1;            // splice countdown
    for (const unsigned counted : {0x02U, 0x01U}) { // private data, extension: each with its length
        if ((flags & counted) == 0) continue;
        if (used >= field.size()) return false;
        used += 1 + std::size_t{u8(field[used])};
    }
    return used < field.size();
}

} // namespace

std::optional<TsPacket> parse_ts_packet(TsPacketBytes bytes) {
    constexpr unsigned kDamaged = 0x80;
    constexpr unsigned kScrambled = 0xC0;
    constexpr unsigned kAdaptation = 0x20;
    constexpr unsigned kPayload = 0x10;
    const unsigned flags = u8(bytes[3]);
    if (bytes[0] != kTsSync || (u8(bytes[1]) & kDamaged) != 0 || (flags & kScrambled) != 0)
        return std::nullopt;
    if ((flags & (kAdaptation | kPayload)) == 0) return std::nullopt; // reserved

    TsPacket packet;
    packet.pid = ts_pid(bytes);
    packet.unit_start = (u8(bytes[1]) & 0x40U) != 0;
    packet.counter = flags & 0x0FU;
    packet.has_payload = (flags & kPayload) != 0;
    std::size_t at = kHeaderSize;
    if ((flags & kAdaptation) != 0) {
        const std::size_t length = u8(bytes[at++]);
        if (at + length > kTsPacketSize) return std::nullopt;
        const Bytes field = bytes.subspan(at, length);
        packet.discontinuity = !field.empty() && (u8(field[0]) & 0x80U) != 0;
        packet.stuffed = has_stuffing(field);
        at += length;
    }
    if (packet.has_payload) packet.payload = bytes.subspan(at);
    return packet;
}

} // namespace tplink::media
