// Input: one byte that chooses the codec, then access units; FF FE FD ends one. NAL units lie in order inside
// their buffer, sizes of parameter sets stay possible, and what a track passes on it would pass on again
// unchanged.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "media/codec/annex_b.hpp"
#include "media/codec/g711.hpp"
#include "media/codec/video_track.hpp"

namespace {

using namespace tplink;
using namespace tplink::media;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_nal_units(Codec codec, Bytes unit) {
    NalReader reader(unit);
    std::size_t end = 0;
    while (const auto nal = reader.next()) {
        require(nal->begin >= end && nal->begin + 3 < nal->end && nal->end <= unit.size());
        require(!nal->bytes.empty() && nal->bytes.back() != std::byte{0});
        require(nal->bytes.data() + nal->bytes.size() == unit.data() + nal->end);
        end = nal->end;
        const auto format = parse_sps(codec, nal->bytes);
        if (format)
            require(format->width > 0 && format->width <= 16384 && format->height > 0 &&
                    format->height <= 16384);
    }
}

void check_track(VideoTrack& track, Buffer unit) {
    const std::size_t before = unit.size();
    const UnitKind kind = track.take(unit);
    require(unit.size() <= before + 3 * ParameterSets::kMaxSets * (ParameterSets::kMaxSetSize + 4));
    if (kind == UnitKind::none) return;
    check_nal_units(track.codec(), unit);
    if (kind != UnitKind::keyframe) return;
    VideoTrack viewer(track.codec());
    Buffer again = unit;
    const UnitKind seen = viewer.take(again);
    // Parameter sets too large to remember are the one thing a newcomer may miss.
    if (seen == UnitKind::keyframe) require(again == unit);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::array<std::byte, 3> kEnd{std::byte{0xFF}, std::byte{0xFE}, std::byte{0xFD}};
    const Codec codec = data[0] % 2 == 0 ? Codec::h264 : Codec::h265;
    Bytes rest = std::as_bytes(std::span(data, size)).subspan(1);
    VideoTrack track(codec);
    while (!rest.empty()) {
        const auto end = std::search(rest.begin(), rest.end(), kEnd.begin(), kEnd.end());
        const Bytes unit(rest.begin(), end);
        rest = rest.subspan(std::min(rest.size(), unit.size() + kEnd.size()));
        check_nal_units(codec, unit);
        check_track(track, to_buffer(unit));
    }
    UlawDownsampler down;
    require(down.convert(std::as_bytes(std::span(data, size))).size() == size / 2);
    return 0;
}
