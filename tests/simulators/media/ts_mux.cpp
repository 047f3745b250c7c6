#include "tests/simulators/media/ts_mux.hpp"

#include <algorithm>
#include <array>

namespace tplink::sim::ts {
namespace {

constexpr std::size_t kHeaderSize = 4;
constexpr std::size_t kPayloadSize = kPacketSize - kHeaderSize;
constexpr std::byte kStuffing{0xFF};

std::byte low_byte(std::size_t value) { return static_cast<std::byte>(value & 0xFFU); }

/// CRC of PSI sections: polynomial 0x04C11DB7, highest bit first, start all ones, not inverted.
std::uint32_t crc32_mpeg(Bytes data) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::byte byte : data) {
        crc ^= std::uint32_t{u8(byte)} << 24U;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 0x80000000U) != 0 ? crc << 1U ^ 0x04C11DB7U : crc << 1U;
    }
    return crc;
}

void append_header(Buffer& out, unsigned pid, bool unit_start, bool adaptation) {
    out.push_back(std::byte{0x47});
    out.push_back(low_byte((unit_start ? 0x40U : 0U) | pid >> 8U));
    out.push_back(low_byte(pid));
    out.push_back(adaptation ? std::byte{0x30} : std::byte{0x10});
}

void fill_packet(Buffer& out) {
    const std::size_t rest = out.size() % kPacketSize;
    if (rest != 0) out.resize(out.size() + kPacketSize - rest, kStuffing);
}

void append_section(Buffer& out, unsigned pid, Buffer section, bool broken_crc) {
    section[2] = low_byte(section.size() - 3 + 4); // section_length counts what follows it, CRC included
    const std::uint32_t crc = crc32_mpeg(section) ^ (broken_crc ? 0x00010000U : 0U);
    for (unsigned shift = 32; shift > 0; shift -= 8) section.push_back(low_byte(crc >> (shift - 8)));
    append_header(out, pid, true, false);
    out.push_back(std::byte{0}); // pointer_field
    append(out, section);
    fill_packet(out);
}

Buffer bytes_of(std::initializer_list<unsigned> values) {
    Buffer out;
    for (const unsigned value : values) out.push_back(low_byte(value));
    return out;
}

void append_elementary_stream(Buffer& section, StreamType type, unsigned pid) {
    append(section, bytes_of({static_cast<unsigned>(type), 0xE0U | pid >> 8U, pid & 0xFFU, 0xF0, 0x00}));
}

} // namespace

void append_preamble(Buffer& out, const Preamble& preamble) {
    append_header(out, kNullPid, false, false);
    out.push_back(std::byte{0}); // tag 0: filler
    fill_packet(out);

    append_header(out, kNullPid, false, false);
    append(out, bytes_of({0x01, 0x00, 0x01})); // tag 1: UTC
    for (unsigned shift = 64; shift > 0; shift -= 8)
        out.push_back(low_byte(preamble.utc_seconds >> (shift - 8)));
    fill_packet(out);

    const Buffer pat = bytes_of({0x00, 0xB0, 0, 0x00, 0x01, 0xF1, 0, 0, 0x00, 0x01, 0xE0, kPmtPid});
    append_section(out, kPatPid, pat, preamble.broken_crc);

    Buffer pmt = bytes_of({0x02, 0xB0, 0, 0x00, 0x01, 0xF1, 0, 0, 0xE0, kVideoPid, 0xF0, 0x00});
    append_elementary_stream(pmt, preamble.video, kVideoPid);
    if (preamble.second_video != StreamType::none) append_elementary_stream(pmt, preamble.second_video, kSecondVideoPid);
    if (preamble.audio != StreamType::none) append_elementary_stream(pmt, preamble.audio, kAudioPid);
    append_section(out, kPmtPid, pmt, preamble.broken_crc);
}

void append_pes(Buffer& out, Pes kind, Bytes payload) {
    const unsigned pid = kind == Pes::video ? kVideoPid : kind == Pes::audio ? kAudioPid : kSecondVideoPid;
    Buffer pes = bytes_of({0x00, 0x00, 0x01, kind == Pes::audio ? 0xC0U : 0xE0U, 0, 0, 0x80, 0x80, 0x05});
    pes.resize(kPtsOffset + 5);
    store_pts(std::span(pes).subspan<kPtsOffset, 5>(), 0);
    const std::size_t length = pes.size() - 6 + payload.size();
    pes[4] = length <= 0xFFFF ? low_byte(length >> 8U) : std::byte{0};
    pes[5] = length <= 0xFFFF ? low_byte(length) : std::byte{0};
    append(pes, payload);

    for (std::size_t at = 0; at < pes.size();) {
        const std::size_t left = pes.size() - at;
        const bool stuffed = left < kPayloadSize;
        append_header(out, pid, at == 0, stuffed);
        if (stuffed) {
            const std::size_t field =
                kPayloadSize - left - 1; // adaptation_field_length; 0 is a lone length byte
            out.push_back(low_byte(field));
            if (field > 0) out.push_back(std::byte{0}); // no flags
            if (field > 1) out.resize(out.size() + field - 1, kStuffing);
        }
        const std::size_t taken = std::min(left, kPayloadSize);
        append(out, Bytes(pes).subspan(at, taken));
        at += taken;
    }
}

void store_pts(std::span<std::byte, 5> out, std::uint64_t pts_90k) {
    out[0] = low_byte(0x21U | (pts_90k >> 30U & 7U) << 1U);
    out[1] = low_byte(pts_90k >> 22U);
    out[2] = low_byte(pts_90k >> 14U | 1U);
    out[3] = low_byte(pts_90k >> 7U);
    out[4] = low_byte(pts_90k << 1U | 1U);
}

std::uint8_t& Continuity::counter(unsigned pid) {
    switch (pid) {
    case kPatPid: return pat_;
    case kPmtPid: return pmt_;
    case kVideoPid: return video_;
    case kSecondVideoPid: return second_video_;
    case kAudioPid: return audio_;
    default: return null_;
    }
}

void Continuity::stamp(std::span<std::byte> packets) {
    for (; packets.size() >= kPacketSize; packets = packets.subspan(kPacketSize)) {
        const unsigned pid = (u8(packets[1]) & 0x1FU) << 8U | u8(packets[2]);
        std::uint8_t& next = counter(pid);
        packets[3] = (packets[3] & std::byte{0xF0}) | std::byte{next};
        next = (next + 1U) & 0x0FU;
    }
}

} // namespace tplink::sim::ts
