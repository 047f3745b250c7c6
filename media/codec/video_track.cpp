#include "media/codec/video_track.hpp"

#include <algorithm>
#include <cstring>

#include "media/codec/annex_b.hpp"

namespace tplink::media {

UnitKind VideoTrack::take(Buffer& access_unit) {
    Survey found = survey(access_unit);
    if (found.corrupt) {
        ++stats_.corrupt;
        waiting_ = true;
        return UnitKind::none;
    }
    if (!found.picture) return UnitKind::none;  // its parameter sets are remembered
    if (found.key ? !sets_.complete() : waiting_) {
        ++stats_.waiting;
        waiting_ = true;
        return UnitKind::none;
    }
    if (found.noise > 0) {
        remove_noise(access_unit);
        stats_.noise_nal_units += found.noise;
    }
    if (!found.key) return UnitKind::delta;
    if (!sets_.unit_is_complete()) {
        const Buffer sets = sets_.annex_b();
        access_unit.insert(access_unit.begin() + static_cast<std::ptrdiff_t>(found.sets_at), sets.begin(), sets.end());
        ++stats_.completed_keyframes;
    }
    waiting_ = false;
    return UnitKind::keyframe;
}

VideoTrack::Survey VideoTrack::survey(Bytes access_unit) {
    Survey found;
    NalReader reader(access_unit);
    found.corrupt = !reader.starts_with_start_code();
    sets_.begin_unit();
    bool sps_changed = false;
    bool first = true;
    while (!found.corrupt) {
        const auto nal = reader.next();
        if (!nal) break;
        const NalKind kind = nal_kind(codec_, nal->bytes);
        if (kind == NalKind::corrupt) found.corrupt = true;
        if (kind == NalKind::noise) ++found.noise;
        if (is_parameter_set(kind) && sets_.remember(kind, nal->bytes) && kind == NalKind::sps) sps_changed = true;
        if (kind == NalKind::delimiter && first) found.sets_at = nal->end;
        if (kind == NalKind::key_slice && !found.picture) found.key = true;
        if (kind == NalKind::key_slice || kind == NalKind::slice) found.picture = true;
        first = false;
    }
    if (sps_changed) learn_sps();
    return found;
}

void VideoTrack::remove_noise(Buffer& access_unit) const {
    std::size_t kept = 0;
    NalReader reader(access_unit);
    // Kept units only move towards the front, to where the reader has been.
    while (const auto nal = reader.next()) {
        if (nal_kind(codec_, nal->bytes) == NalKind::noise) continue;
        const std::size_t size = nal->end - nal->begin;
        std::memmove(access_unit.data() + kept, access_unit.data() + nal->begin, size);
        kept += size;
    }
    access_unit.resize(kept);
}

void VideoTrack::learn_sps() {
    const auto format = parse_sps(codec_, sets_.sps());
    format_ = format ? std::optional(*format) : std::nullopt;
}

}  // namespace tplink::media
