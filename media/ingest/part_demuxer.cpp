#include "media/ingest/part_demuxer.hpp"

namespace tplink::media {
namespace {

constexpr std::uint32_t kKasaRate = 8000;

std::int64_t ticks_of(SteadyTime time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count() * 9 / 100;
}

}  // namespace

void PartDemuxer::take_ts(Bytes part, SteadyTime arrival) {
    ts_.push(part, arrival);
    ts_.end_of_part();
}

void PartDemuxer::take_picture(Buffer part, std::optional<std::int64_t> clock_ms, SteadyTime arrival) {
    pictures_ = true;
    const UnitKind kind = track_.take(part);
    if (kind == UnitKind::none) return;
    AccessUnit unit;
    unit.codec = Codec::h264;
    unit.keyframe = kind == UnitKind::keyframe;
    unit.arrival = arrival;
    unit.pts_90k = clock_ms ? *clock_ms * 90 : ticks_of(arrival);
    unit.data = std::make_shared<const Buffer>(std::move(part));
    sink_(std::move(unit));
}

void PartDemuxer::take_sound(Buffer part, SteadyTime arrival) {
    AccessUnit unit;
    unit.codec = Codec::pcmu;
    unit.sample_rate = kKasaRate;
    unit.arrival = arrival;
    unit.pts_90k = static_cast<std::int64_t>(samples_) * 90000 / kKasaRate;
    samples_ += part.size();
    unit.data = std::make_shared<const Buffer>(std::move(part));
    sink_(std::move(unit));
}

void PartDemuxer::lost() {
    ts_.lost();
    track_.lost();
}

}  // namespace tplink::media
