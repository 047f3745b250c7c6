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
    if (!found.picture) return UnitKind::none; // its parameter sets are remembered
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
        insert_sets(access_unit);
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
    while (!found.corrupt) {
        const auto nal = reader.next();
        if (!nal) break;
        const NalKind kind = nal_kind(codec_, nal->bytes);
        if (kind == NalKind::corrupt) found.corrupt = true;
        if (kind == NalKind::noise) ++found.noise;
        if (is_parameter_set(kind) && sets_.remember(kind, nal->bytes) && kind == NalKind::sps)
            sps_changed = true;
        if (kind == NalKind::key_slice && !found.picture) found.key = true;
        if (kind == NalKind::key_slice || kind == NalKind::slice) found.picture = true;
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

// Behind a delimiter that opens the unit: nothing may stand before it.
void VideoTrack::insert_sets(Buffer& access_unit) const {
    const Buffer sets = sets_.annex_b();
    const auto first = NalReader(access_unit).next();
    const bool delimited = first && nal_kind(codec_, first->bytes) == NalKind::delimiter;
    const auto place = static_cast<std::ptrdiff_t>(delimited ? first->end : 0);
    access_unit.insert(access_unit.begin() + place, sets.begin(), sets.end());
}

void VideoTrack::learn_sps() {
    const auto format = parse_sps(codec_, sets_.sps());
    format_ = format ? std::optional(*format) : std::nullopt;
}

} // namespace tplink::media
