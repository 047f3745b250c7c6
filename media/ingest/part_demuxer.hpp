#pragma once
// From the parts of a camera's video port to access units, whatever the family puts into its parts.

#include "media/codec/video_track.hpp"
#include "media/ts/ts_demuxer.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::media {

/// Not thread-safe; one per camera session. Tapo and VIGI send MPEG-TS, Kasa one H.264 access unit or some u-law samples
/// a part.
class PartDemuxer {
public:
    using Sink = TsDemuxer::Sink;

    explicit PartDemuxer(Sink sink) : sink_(sink), ts_(std::move(sink)) {}

    /// One MPEG-TS part; packets may be cut at its ends.
    void take_ts(Bytes part, SteadyTime arrival);
    /// One H.264 part: a whole access unit. `clock_ms`: the sender's clock; without it the arrival counts.
    void take_picture(Buffer part, std::optional<std::int64_t> clock_ms, SteadyTime arrival);
    /// One part of u-law samples at 8 kHz.
    void take_sound(Buffer part, SteadyTime arrival);
    /// Bytes are missing before the next part.
    void lost();

    /// Nothing announces sound; false while nothing is known.
    bool is_silent() const { return pictures_ ? false : ts_.is_silent(); }
    TsStats ts_stats() const { return ts_.stats(); }
    /// 0: not known yet.
    unsigned lens_count() const { return pictures_ ? 1 : ts_.lens_count(); }

private:
    Sink sink_;
    TsDemuxer ts_;
    VideoTrack track_{Codec::h264};
    bool pictures_ = false;      ///< the parts are whole pictures, not TS
    std::uint64_t samples_ = 0;  ///< of sound so far: its clock
};

}  // namespace tplink::media
