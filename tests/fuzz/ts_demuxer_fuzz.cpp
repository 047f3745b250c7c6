// Input: one byte that says how to cut the rest, which is a transport stream. Bounds hold, cuts change
// nothing, what is passed on can be decoded from its first unit on, and the same bytes as payload of a whole
// stream come back.
#include <cstdlib>
#include <map>

#include "media/codec/annex_b.hpp"
#include "media/ts/ts_demuxer.hpp"
#include "tests/media/ts_muxer.hpp"

namespace {

using namespace tplink;
using namespace tplink::media;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_unit(const AccessUnit& unit) {
    require(unit.data && !unit.data->empty());
    if (!is_video(unit.codec)) {
        require(unit.data->size() <= TsDemuxer::kMaxAudioUnit && !unit.keyframe);
        require(unit.sample_rate == 8000 || unit.sample_rate == 16000);
        return;
    }
    require(unit.data->size() <=
            TsDemuxer::kMaxVideoUnit + 3 * ParameterSets::kMaxSets * (ParameterSets::kMaxSetSize + 4));
    NalReader reader(*unit.data);
    require(reader.starts_with_start_code());
    bool key = false, sps = false, pps = false;
    while (const auto nal = reader.next()) {
        const NalKind kind = nal_kind(unit.codec, nal->bytes);
        require(kind != NalKind::noise && kind != NalKind::corrupt);
        key = key || kind == NalKind::key_slice;
        sps = sps || kind == NalKind::sps;
        pps = pps || kind == NalKind::pps;
    }
    if (unit.keyframe) require(key && sps && pps);
}

struct Demuxed {
    std::vector<AccessUnit> units;
    bool in_sync = false; // all the time
};

Demuxed demux(Bytes stream, std::size_t piece) {
    std::vector<AccessUnit> units;
    TsDemuxer demuxer([&](AccessUnit unit) { units.push_back(std::move(unit)); });
    for (std::size_t at = 0; at < stream.size(); at += piece)
        demuxer.push(stream.subspan(at, std::min(piece, stream.size() - at)), {});
    demuxer.end_of_part();
    require(demuxer.stats().packets * kTsPacketSize + demuxer.stats().skipped_bytes <= stream.size());
    return {std::move(units), demuxer.stats().sync_losses == 0};
}

void check_parts(Bytes stream, std::size_t piece) {
    std::map<unsigned, bool> playing;
    TsDemuxer demuxer([&](const AccessUnit& unit) {
        check_unit(unit);
        if (!is_video(unit.codec)) return;
        require(unit.keyframe || playing[unit.lens]);
        playing[unit.lens] = true;
    });
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        demuxer.push(stream.subspan(at, std::min(piece, stream.size() - at)), {});
        demuxer.end_of_part();
        if (at % 7 != 6) continue;
        demuxer.lost();
        playing.clear();
    }
}

void check_round_trip(Bytes bytes) {
    bytes = bytes.first(std::min<std::size_t>(bytes.size(), 5000));
    if (bytes.empty()) return;
    Buffer picture = test::h264_unit(true, 1, 0);
    for (const std::byte b : bytes) picture.push_back(b | std::byte{1}); // no zero byte, so no start code
    test::TsMuxer mux;
    Buffer stream = mux.tables({{0x1B, test::kVideoPid}, {0x90, test::kAudioPid}});
    append(stream, Bytes(mux.pes(test::kVideoPid, 1, picture)));
    append(stream, Bytes(mux.pes(test::kAudioPid, 2, bytes, {.stream_id = 0xC0, .bounded = true})));
    append(stream, Bytes(mux.pes(test::kVideoPid, 3, test::h264_unit(false, 10, 1))));
    const auto units = demux(stream, stream.size()).units;
    require(units.size() == 3);
    const bool sound_first = !is_video(units[0].codec);
    require(*units[sound_first ? 1 : 0].data == picture);
    require(*units[sound_first ? 0 : 1].data == to_buffer(bytes));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::size_t piece = data[0] == 0 ? size : std::size_t{data[0]} * 3;
    const Bytes stream = std::as_bytes(std::span(data, size)).subspan(1);
    const auto whole = demux(stream, stream.size());
    const auto pieces = demux(stream, piece);
    for (const AccessUnit& unit : whole.units) check_unit(unit);
    // A packet at the end of a piece is taken before anybody knows that no sync byte follows it.
    if (whole.in_sync) {
        require(pieces.in_sync && whole.units.size() == pieces.units.size());
        for (std::size_t i = 0; i < whole.units.size(); ++i)
            require(*whole.units[i].data == *pieces.units[i].data &&
                    whole.units[i].pts_90k == pieces.units[i].pts_90k);
    }
    check_parts(stream, piece);
    check_round_trip(stream);
    return 0;
}
