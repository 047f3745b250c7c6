#include <thread>

#include "media/codec/video_track.hpp"
#include "media/ingest/ingest.hpp"
#include "media/ts/ts_demuxer.hpp"

namespace tplink::media {
namespace {

using stream::MediaPart;
using stream::PartType;

/// Reads a MediaSource in a thread of its own. Needs no GStreamer.
class SourceIngest final : public Ingest {
public:
    SourceIngest(const stream::MediaEndpoint& endpoint, std::chrono::milliseconds timeout, Hubs hubs, IngestEvents events,
                 MakeSoundDecoder make_decoder)
        : intake_(std::move(hubs), std::move(events), std::move(make_decoder)), timeout_(timeout),
          source_(stream::make_media_source(endpoint, net::make_tcp_connector(), system_random())),
          demuxer_([this](AccessUnit unit) { intake_.take(std::move(unit)); }), thread_([this] { run(); }) {}

    ~SourceIngest() override {
        intake_.mute();
        source_->cancel();
        thread_.join();
    }

    stream::SourceStats stats() const override { return source_->stats(); }
    SteadyTime last_media() const override { return intake_.last_media(); }
    bool is_silent() const override { return intake_.is_silent(); }
    unsigned lens_count() const override { return intake_.lens_count(); }

private:
    void run() noexcept {
        try {
            Error why = read_all();
            intake_.end(std::move(why));
        } catch (const std::exception& problem) {  // out of memory: this session only
            intake_.end(Error{Errc::malformed, problem.what(), 0, {}});
        }
    }

    Error read_all() {
        if (const auto open = source_->open(); !open) return open.error();
        intake_.opened();
        for (;;) {
            auto part = source_->read(timeout_);
            if (!part) return part.error();
            take(std::move(*part));
        }
    }

    void take(MediaPart part) {
        switch (part.type) {
        case PartType::mpegts: return take_ts(part.data);
        case PartType::h264: return take_picture(std::move(part));
        case PartType::pcmu: return take_sound(std::move(part));
        case PartType::jpeg: return;
        }
    }

    void take_ts(Bytes part) {
        if (const auto bad = source_->stats().bad_parts; bad != bad_parts_) {
            bad_parts_ = bad;  // bytes are missing here
            demuxer_.lost();
        }
        demuxer_.push(part, std::chrono::steady_clock::now());
        demuxer_.end_of_part();
        intake_.set_program(demuxer_.lens_count(), demuxer_.is_silent());
    }

    // One access unit a part, with the sender's clock or none.
    void take_picture(MediaPart part) {
        const UnitKind kind = track_.take(part.data);
        if (kind == UnitKind::none) return;
        AccessUnit unit;
        unit.codec = Codec::h264;
        unit.keyframe = kind == UnitKind::keyframe;
        unit.arrival = std::chrono::steady_clock::now();
        unit.pts_90k = pts_of(part, unit.arrival);
        unit.data = std::make_shared<const Buffer>(std::move(part.data));
        intake_.take(std::move(unit));
        intake_.set_program(1, false);
    }

    void take_sound(MediaPart part) {
        AccessUnit unit;
        unit.codec = Codec::pcmu;
        unit.sample_rate = 8000;
        unit.arrival = std::chrono::steady_clock::now();
        unit.pts_90k = static_cast<std::int64_t>(samples_) * 90000 / 8000;
        samples_ += part.data.size();
        unit.data = std::make_shared<const Buffer>(std::move(part.data));
        intake_.take(std::move(unit));
    }

    static std::int64_t pts_of(const MediaPart& part, SteadyTime arrival) {
        if (part.clock_ms) return *part.clock_ms * 90;
        return std::chrono::duration_cast<std::chrono::microseconds>(arrival.time_since_epoch()).count() * 9 / 100;
    }

    Intake intake_;
    const std::chrono::milliseconds timeout_;
    const std::unique_ptr<stream::MediaSource> source_;
    TsDemuxer demuxer_;
    VideoTrack track_{Codec::h264};
    std::uint64_t bad_parts_ = 0;
    std::uint64_t samples_ = 0;
    std::thread thread_;  // last: it uses the others
};

}  // namespace

std::unique_ptr<Ingest> start_source_ingest(const stream::MediaEndpoint& endpoint, std::chrono::milliseconds timeout,
                                            Hubs hubs, IngestEvents events, MakeSoundDecoder make_decoder) {
    return std::make_unique<SourceIngest>(endpoint, timeout, std::move(hubs), std::move(events), std::move(make_decoder));
}

}  // namespace tplink::media
