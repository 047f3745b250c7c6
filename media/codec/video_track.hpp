#pragma once
// From raw access units of a camera to units that every viewer can take.

#include <cstdint>
#include <optional>

#include "media/codec/parameter_sets.hpp"
#include "media/codec/sps.hpp"

namespace tplink::media {

enum class UnitKind {
    keyframe, ///< decoding can start here; parameter sets are inside
    delta,    ///< follows the one before
    none,     ///< not for viewers: damaged, no picture inside, or waiting for a keyframe
};

struct VideoTrackStats {
    std::uint64_t corrupt = 0;             ///< not Annex B, or a damaged NAL header
    std::uint64_t waiting = 0;             ///< undamaged, but after a loss and before the next keyframe
    std::uint64_t noise_nal_units = 0;     ///< left out of units that were passed on
    std::uint64_t completed_keyframes = 0; ///< got their parameter sets from us
};

/// One per video track; after a loss nothing passes until the next keyframe. Source-independent (TS, Kasa
/// parts).
class VideoTrack {
public:
    explicit VideoTrack(Codec codec) : codec_(codec), sets_(codec) {}

    /// Judges and, where needed, edits one access unit in place: noise NAL units out, missing parameter sets
    /// in.
    UnitKind take(Buffer& access_unit);

    /// Something before the next unit is missing.
    void lost() { waiting_ = true; }

    Codec codec() const { return codec_; }
    const VideoTrackStats& stats() const { return stats_; }
    /// Of the newest SPS; nothing before the first, or when it cannot be read.
    const std::optional<VideoFormat>& format() const { return format_; }

private:
    struct Survey {
        bool corrupt = false;
        bool picture = false;
        bool key = false;
        std::size_t noise = 0;
    };
    Survey survey(Bytes access_unit);
    void remove_noise(Buffer& access_unit) const;
    void insert_sets(Buffer& access_unit) const;
    void learn_sps();

    Codec codec_;
    ParameterSets sets_;
    std::optional<VideoFormat> format_;
    VideoTrackStats stats_;
    bool waiting_ = true;
};

} // namespace tplink::media
