#pragma once
// A demuxer under test and a stream to feed it.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "media/ts/ts_demuxer.hpp"
#include "tests/media/ts_muxer.hpp"

namespace tplink::media::test {

constexpr std::uint64_t kFrame = 6000; // 15 fps

/// A demuxer and what came out of it.
struct Rig {
    std::vector<AccessUnit> units;
    TsDemuxer demuxer{[this](AccessUnit unit) { units.push_back(std::move(unit)); }};

    void part(Bytes bytes, SteadyTime arrival = {}) {
        demuxer.push(bytes, arrival);
        demuxer.end_of_part();
    }
    std::vector<std::int64_t> stamps() const {
        std::vector<std::int64_t> out;
        for (const AccessUnit& unit : units) out.push_back(unit.pts_90k);
        return out;
    }
};

inline Buffer h264_tables(TsMuxer& mux) { return mux.tables({{0x1B, kVideoPid}, {0x90, kAudioPid}}); }

inline Buffer sound(std::uint8_t seed, std::size_t size = 800) {
    Buffer out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(seed + i);
    return out;
}

/// Without bytes that look like a sync byte: one of them at the right place hides a loss for one packet.
inline Buffer no_sync_bytes(Buffer unit) {
    std::replace(unit.begin(), unit.end(), std::byte{0x47}, std::byte{0x48});
    return unit;
}

/// Tables, then two GOPs of five frames with sound between, bounded and not, with and without stuffing at the
/// end.
struct Sample {
    Buffer stream;
    std::vector<std::size_t> part_ends;
    std::vector<Buffer> units;
};

inline Sample make_sample() {
    Sample sample;
    TsMuxer mux;
    for (unsigned frame = 0; frame < 10; ++frame) {
        const bool key = frame % 5 == 0;
        if (key) append(sample.stream, Bytes(h264_tables(mux)));
        const std::size_t size = key ? 900 : frame == 7 ? 184 * 2 - 14 - 6 : 150 + frame * 20;
        const Buffer unit = no_sync_bytes(h264_unit(key, size, static_cast<std::uint8_t>(frame)));
        append(sample.stream, Bytes(mux.pes(kVideoPid, frame * kFrame, unit, {.bounded = frame % 4 == 2})));
        sample.units.push_back(unit);
        sample.part_ends.push_back(sample.stream.size());
        if (frame % 3 == 1) {
            const Buffer audio = no_sync_bytes(sound(static_cast<std::uint8_t>(frame), 320));
            append(sample.stream,
                   Bytes(mux.pes(kAudioPid, frame * kFrame, audio, {.stream_id = 0xC0, .bounded = true})));
            sample.units.push_back(audio);
            sample.part_ends.push_back(sample.stream.size());
        }
    }
    return sample;
}

inline std::vector<Buffer> data_of(const std::vector<AccessUnit>& units) {
    std::vector<Buffer> out;
    out.reserve(units.size());
    for (const AccessUnit& unit : units) out.push_back(*unit.data);
    return out;
}

} // namespace tplink::media::test
