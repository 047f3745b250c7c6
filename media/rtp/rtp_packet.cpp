#include "media/rtp/rtp_packet.hpp"

#include <algorithm>

#include "media/codec/annex_b.hpp"
#include "media/codec/nal_type.hpp"

namespace tplink::media::rtp {
namespace {

constexpr std::byte b(unsigned value) { return static_cast<std::byte>(value & 0xFFU); }

void store_be64(std::span<std::byte, 8> out, std::uint64_t value) {
    store_be32(out.first<4>(), static_cast<std::uint32_t>(value >> 32U));
    store_be32(out.last<4>(), static_cast<std::uint32_t>(value));
}

// Fragmentation units: the NAL header is taken apart, its type goes into the fragment header.
Payload h264_fragment(unsigned nal_header, bool first, bool last) {
    Payload payload;
    payload.head = {b((nal_header & 0xE0U) | 28U), b((first ? 0x80U : 0U) | (last ? 0x40U : 0U) | (nal_header & 0x1FU)), b(0)};
    payload.head_size = 2;
    return payload;
}

Payload h265_fragment(unsigned byte0, unsigned byte1, bool first, bool last) {
    Payload payload;
    payload.head = {b((byte0 & 0x81U) | (49U << 1U)), b(byte1), b((first ? 0x80U : 0U) | (last ? 0x40U : 0U) | (byte0 >> 1U & 0x3FU))};
    payload.head_size = 3;
    return payload;
}

void cut_nal(Codec codec, Bytes nal, std::vector<Payload>& out, std::size_t max_payload) {
    if (nal.size() <= max_payload) {
        Payload whole;
        whole.body = nal;
        out.push_back(whole);
        return;
    }
    const bool h265 = codec == Codec::h265;
    const std::size_t header = h265 ? 2 : 1;
    const unsigned byte0 = u8(nal[0]), byte1 = h265 ? u8(nal[1]) : 0;
    const std::size_t step = max_payload - (h265 ? 3 : 2);
    for (std::size_t at = header; at < nal.size(); at += step) {
        const std::size_t size = std::min(step, nal.size() - at);
        const bool last = at + size == nal.size();
        Payload piece = h265 ? h265_fragment(byte0, byte1, at == header, last) : h264_fragment(byte0, at == header, last);
        piece.body = nal.subspan(at, size);
        out.push_back(piece);
    }
}

}  // namespace

std::optional<Packet> parse_packet(Bytes bytes) {
    if (bytes.size() < kHeaderSize || u8(bytes[0]) >> 6U != 2) return std::nullopt;
    const unsigned first = u8(bytes[0]);
    std::size_t begin = kHeaderSize + 4 * std::size_t{first & 0x0FU};
    std::size_t end = bytes.size();
    if ((first & 0x10U) != 0) {
        if (begin + 4 > end) return std::nullopt;
        begin += 4 + 4 * std::size_t{load_be16(bytes.subspan(begin + 2).first<2>())};
    }
    if ((first & 0x20U) != 0) {
        const std::size_t padding = u8(bytes[end - 1]);
        if (padding == 0 || padding > end) return std::nullopt;
        end -= padding;
    }
    if (begin > end) return std::nullopt;
    Packet packet;
    packet.marker = (u8(bytes[1]) & 0x80U) != 0;
    packet.payload_type = u8(bytes[1]) & 0x7FU;
    packet.sequence = load_be16(bytes.subspan(2).first<2>());
    packet.timestamp = load_be32(bytes.subspan(4).first<4>());
    packet.ssrc = load_be32(bytes.subspan(8).first<4>());
    packet.payload = bytes.subspan(begin, end - begin);
    return packet;
}

void write_header(std::span<std::byte, kHeaderSize> out, const Header& header) {
    out[0] = b(0x80);
    out[1] = b((header.marker ? 0x80U : 0U) | header.payload_type);
    store_be16(out.subspan<2, 2>(), header.sequence);
    store_be32(out.subspan<4, 4>(), header.timestamp);
    store_be32(out.subspan<8, 4>(), header.ssrc);
}

std::array<std::byte, 28> write_sender_report(const SenderReport& report) {
    std::array<std::byte, 28> out{};
    const std::span<std::byte, 28> bytes(out);
    out[0] = b(0x80);
    out[1] = b(200);
    out[3] = b(6); // length in words, less one
    store_be32(bytes.subspan<4, 4>(), report.ssrc);
    store_be64(bytes.subspan<8, 8>(), report.ntp);
    store_be32(bytes.subspan<16, 4>(), report.timestamp);
    store_be32(bytes.subspan<20, 4>(), report.packets);
    store_be32(bytes.subspan<24, 4>(), report.octets);
    return out;
}

std::uint64_t ntp_of(WallTime time) {
    constexpr std::uint64_t k1900 = 2208988800U; // seconds from 1900 to 1970
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
    const auto whole = static_cast<std::uint64_t>(us / 1'000'000), rest = static_cast<std::uint64_t>(us % 1'000'000);
    return (whole + k1900) << 32U | (rest << 32U) / 1'000'000U;
}

void cut_payloads(const AccessUnit& unit, std::vector<Payload>& out, std::size_t max_payload) {
    if (!unit.data || unit.data->empty()) return;
    const std::size_t before = out.size();
    if (!is_video(unit.codec)) {
        for (Bytes rest = *unit.data; !rest.empty();) {
            Payload piece;
            piece.body = rest.first(std::min(rest.size(), max_payload));
            rest = rest.subspan(piece.body.size());
            out.push_back(piece);
        }
        return;
    }
    const std::size_t header = unit.codec == Codec::h265 ? 2 : 1;
    NalReader nals(*unit.data);
    while (const auto nal = nals.next()) {
        if (nal->bytes.size() <= header || nal_kind(unit.codec, nal->bytes) == NalKind::delimiter) continue;
        cut_nal(unit.codec, nal->bytes, out, max_payload);
    }
    if (out.size() > before) out.back().marker = true;
}

}  // namespace tplink::media::rtp
