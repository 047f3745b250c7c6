#pragma once
// Builds transport streams for tests, written from ISO/IEC 13818-1 and not from the demuxer.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "protocols/base/bytes.hpp"

namespace tplink::media::test {

constexpr std::uint16_t kPmtPid = 0x12, kVideoPid = 0x44, kAudioPid = 0x45, kVideo2Pid = 0x46;
constexpr std::size_t kPacket = 188;

inline Buffer bytes_of(std::initializer_list<unsigned> values) {
    Buffer out;
    for (const unsigned value : values) out.push_back(static_cast<std::byte>(value));
    return out;
}

inline void put16(Buffer& out, unsigned value) {
    append(out, Bytes(bytes_of({value >> 8 & 0xFF, value & 0xFF})));
}

inline std::uint32_t bitwise_crc(Bytes bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const std::byte b : bytes)
        for (int bit = 7; bit >= 0; --bit) {
            const bool top = ((crc >> 31) ^ (u8(b) >> bit & 1U)) != 0;
            crc = (crc << 1) ^ (top ? 0x04C11DB7U : 0U);
        }
    return crc;
}

struct MuxStream {
    std::uint8_t type = 0;
    std::uint16_t pid = 0;
    std::uint8_t nibble = 0xF;
};

struct PesOptions {
    std::uint8_t stream_id = 0xE0;
    bool bounded = false; ///< length in the header
    bool first_with_pcr = false;
};

class TsMuxer {
public:
    bool break_crc = false;

    Buffer tables(const std::vector<MuxStream>& streams, std::uint16_t pmt_pid = kPmtPid) {
        Buffer pat = bytes_of({0x00, 0xB0, 0x0D, 0x00, 0x01, 0xF1, 0x00, 0x00, 0x00, 0x01});
        put16(pat, 0xE000U | pmt_pid);
        Buffer pmt = bytes_of({0x02, 0xB0, 0x00, 0x00, 0x01, 0xF1, 0x00, 0x00});
        put16(pmt, 0xE000U | (streams.empty() ? 0x1FFF : streams.front().pid));
        put16(pmt, 0xF000);
        for (const MuxStream& stream : streams) {
            pmt.push_back(std::byte{stream.type});
            put16(pmt, 0xE000U | stream.pid);
            put16(pmt, static_cast<unsigned>(stream.nibble) << 12);
        }
        pmt[2] = static_cast<std::byte>(pmt.size() + 4 - 3);
        Buffer out = section(0, pat);
        append(out, Bytes(section(pmt_pid, pmt)));
        return out;
    }

    Buffer section(std::uint16_t pid, Buffer table) {
        const std::uint32_t crc = bitwise_crc(table) ^ (break_crc ? 1U : 0U);
        put16(table, crc >> 16);
        put16(table, crc & 0xFFFF);
        table.insert(table.begin(), std::byte{0}); // pointer field
        Buffer out;
        for (std::size_t at = 0; at < table.size(); at += 184) {
            Buffer payload(table.begin() + static_cast<std::ptrdiff_t>(at),
                           table.begin() + static_cast<std::ptrdiff_t>(std::min(table.size(), at + 184)));
            payload.resize(184, std::byte{0xFF});
            append(out, Bytes(packet(pid, at == 0, payload, {})));
        }
        return out;
    }

    /// One PES packet in as many TS packets as it takes.
    Buffer pes(std::uint16_t pid, std::optional<std::uint64_t> pts, Bytes body,
               const PesOptions& options = {}) {
        Buffer data = bytes_of({0, 0, 1, options.stream_id});
        put16(data, options.bounded ? static_cast<unsigned>(body.size() + (pts ? 8 : 3)) : 0);
        append(data, Bytes(bytes_of({0x80, pts ? 0x80U : 0U, pts ? 5U : 0U})));
        if (pts) append(data, Bytes(pts_bytes(*pts)));
        append(data, body);
        Buffer out;
        for (std::size_t at = 0; at < data.size();) {
            const bool first = at == 0;
            const Buffer field =
                first && options.first_with_pcr ? bytes_of({0x10, 0, 0, 0, 0, 0x7E, 0}) : Buffer{};
            const std::size_t room = 184 - (field.empty() ? 0 : field.size() + 1);
            const std::size_t taken = std::min(room, data.size() - at);
            append(out, Bytes(packet(pid, first, Bytes(data).subspan(at, taken), field)));
            at += taken;
        }
        return out;
    }

    static Buffer pts_bytes(std::uint64_t pts) {
        return bytes_of(
            {static_cast<unsigned>(0x21 | (pts >> 29 & 0x0E)), static_cast<unsigned>(pts >> 22 & 0xFF),
             static_cast<unsigned>(0x01 | (pts >> 14 & 0xFE)), static_cast<unsigned>(pts >> 7 & 0xFF),
             static_cast<unsigned>(0x01 | (pts << 1 & 0xFE))});
    }

    Buffer packet(std::uint16_t pid, bool start, Bytes payload, Buffer field) {
        std::uint8_t& counter = counters_[pid];
        Buffer out = bytes_of({0x47, (start ? 0x40U : 0U) | pid >> 8, pid & 0xFFU});
        const std::size_t room = 184 - payload.size(); // for the adaptation field with its length byte
        out.push_back(static_cast<std::byte>((room > 0 ? 0x30 : 0x10) | (counter++ & 0xF)));
        if (room > 0) {
            if (field.empty() && room > 1) field.push_back(std::byte{0});
            field.resize(room - 1, std::byte{0xFF});
            out.push_back(static_cast<std::byte>(room - 1));
            append(out, Bytes(field));
        }
        append(out, payload);
        return out;
    }

    std::map<std::uint16_t, std::uint8_t> counters_;
};

/// H.264 units without meaning beyond their NAL headers; the parameter sets are real (2304x1296 High).
inline Buffer h264_sets() {
    return *from_hex("0000000167640032acd9402400a3b0110000030001000003001e0f183196"
                     "0000000168ebe3cb22c0");
}
inline Buffer h264_unit(bool key, std::size_t size, std::uint8_t seed, bool with_sets = true) {
    Buffer out = key && with_sets ? h264_sets() : Buffer{};
    append(out, Bytes(bytes_of({0, 0, 0, 1, key ? 0x65U : 0x41U, 0x80})));
    for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::byte>(1 + (seed + i * 7) % 251));
    return out;
}

} // namespace tplink::media::test
