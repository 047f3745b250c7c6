#include "tests/simulators/media/live_stream.hpp"

#include <algorithm>
#include <utility>

namespace tplink::sim {
namespace {

using Ticks90k = std::chrono::duration<std::int64_t, std::ratio<1, 90'000>>;

std::chrono::steady_clock::duration as_duration(std::uint64_t ticks_90k) {
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
        Ticks90k(static_cast<std::int64_t>(ticks_90k)));
}

} // namespace

LiveStream::LiveStream(std::shared_ptr<const Clip> clip, const LiveOptions& options, SteadyTime camera_start,
                       SteadyTime now)
    : clip_(std::move(clip)), options_(options), start_(now) {
    const auto age = std::chrono::duration_cast<Ticks90k>(now - camera_start).count();
    const std::uint64_t position = static_cast<std::uint64_t>(age) % clip_->duration_90k;
    std::size_t latest = 0;
    std::size_t next = 0; // the first one again when none follows
    for (std::size_t i = clip_->parts.size(); i-- > 0;) {
        if (!clip_->parts[i].keyframe) continue;
        if (clip_->parts[i].offset_90k <= position) {
            latest = i;
            break;
        }
        next = i;
    }
    index_ = options.waits_for_keyframe ? next : latest;
    first_offset_90k_ = part().offset_90k;
    if (options.waits_for_keyframe) {
        const std::uint64_t lap = first_offset_90k_ > position ? 0 : clip_->duration_90k;
        start_ = now + as_duration(first_offset_90k_ + lap - position);
    }
}

std::uint64_t LiveStream::elapsed_90k() const {
    return loops_ * clip_->duration_90k + part().offset_90k - first_offset_90k_;
}

SteadyTime LiveStream::due() const { return start_ + as_duration(elapsed_90k()); }

std::uint64_t LiveStream::pts_90k() const {
    const bool audio = part().kind == ts::Pes::audio;
    return options_.first_pts_90k + elapsed_90k() +
           static_cast<std::uint64_t>(audio ? options_.audio_pts_shift_90k
                                            : 0); // wraps at 33 bits when stored
}

namespace {

constexpr std::uint64_t kDay90k = 24ULL * 3600 * 90'000;

/// Takes the stamp out of a PES header: its flags say there is none, its five bytes become stuffing.
void remove_pts(std::span<std::byte> pes) {
    pes[7] = std::byte{0};
    std::fill_n(pes.begin() + ts::kPtsOffset, 5, std::byte{0xFF});
}

} // namespace

void LiveStream::append_next(Buffer& out, PartFault fault) {
    const ClipPart& next = part();
    const std::size_t begin = out.size();
    if (next.keyframe) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        ts::append_preamble(out, {.video = clip_->video,
                                  .audio = options_.with_audio ? clip_->audio : ts::StreamType::none,
                                  .utc_seconds = static_cast<std::uint64_t>(
                                      std::chrono::duration_cast<std::chrono::seconds>(now).count()),
                                  .second_video = clip_->second_video,
                                  .broken_crc = fault == PartFault::broken_crc});
    }
    const std::size_t packets = out.size();
    append(out, next.packets);
    const std::uint64_t jump = fault == PartFault::pts_jump ? kDay90k : 0;
    if (next.starts_unit) ts::store_pts(std::span(out).subspan(packets + next.pts_at).first<5>(), pts_90k() + jump);
    if (next.starts_unit && fault == PartFault::no_pts)
        remove_pts(std::span(out).subspan(packets + next.pts_at - ts::kPtsOffset));
    continuity_.stamp(std::span(out).subspan(begin));
    skip();
}

void LiveStream::skip() {
    do {
        if (++index_ == clip_->parts.size()) {
            index_ = 0;
            ++loops_;
        }
    } while (part().kind == ts::Pes::audio && !options_.with_audio);
}

} // namespace tplink::sim
