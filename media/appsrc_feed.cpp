#include "media/appsrc_feed.hpp"

#include <algorithm>

namespace tplink::media {
namespace {

// A viewer that is further behind than this skips to the next keyframe: more delay helps nobody.
constexpr GstClockTime kMaxQueued = 2 * GST_SECOND;
// The cached GOP must fit, with room for what comes meanwhile.
constexpr std::size_t kMaxQueuedBytes = Hub::kMaxBytes + (4U << 20);
// Step between units of a burst: players want rising time stamps, and the decoder catches up at once.
constexpr GstClockTime kBurstStep = GST_MSECOND;
// 16 Mbit/s: at full speed a 1 MB burst overflowed the UDP socket buffer of a common player; at this rate none was lost.
constexpr GstClockTime kPacedPerByte = 500;

void release_bytes(gpointer handle) { delete static_cast<std::shared_ptr<const Buffer>*>(handle); }

}  // namespace

GstBuffer* wrap_buffer(const AccessUnit& unit) {
    auto* handle = new std::shared_ptr<const Buffer>(unit.data);
    const Buffer& bytes = **handle;
    // GStreamer's interface takes a non-const pointer; READONLY keeps it from writing.
    return gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, const_cast<std::byte*>(bytes.data()), bytes.size(), 0,
                                       bytes.size(), handle, release_bytes);
}

std::string caps_text(Codec codec, std::uint32_t audio_rate) {
    const std::string rate = std::to_string(audio_rate == 0 ? 8000 : audio_rate);
    switch (codec) {
    case Codec::h264: return "video/x-h264,stream-format=byte-stream,alignment=au";
    case Codec::h265: return "video/x-h265,stream-format=byte-stream,alignment=au";
    case Codec::pcma: return "audio/x-alaw,channels=1,rate=" + rate;
    case Codec::pcmu: return "audio/x-mulaw,channels=1,rate=" + rate;
    case Codec::aac: return "audio/mpeg,mpegversion=(int)4,stream-format=adts";
    }
    return {};
}

AppsrcFeed::AppsrcFeed(GPtr<GstAppSrc> video, GPtr<GstAppSrc> audio) {
    video_.source = std::move(video);
    audio_.source = std::move(audio);
}

Taken AppsrcFeed::deliver(const AccessUnit& unit, std::size_t burst_left) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (is_video(unit.codec)) return deliver_video(unit, burst_left);
        if (!audio_.source) return Taken::taken;
        if (!started_) {
            if (!audio_.primed) audio_.primed = push(audio_, unit, 0) == Taken::taken;
            return Taken::taken;
        }
        // A lost audio unit is a click, not a broken picture: no need to tell the hub.
        push(audio_, unit, running_time());
        return Taken::taken;
    } catch (...) {  // out of memory: this viewer skips, nobody else is touched
        return Taken::full;
    }
}

Taken AppsrcFeed::deliver_video(const AccessUnit& unit, std::size_t burst_left) {
    if (!video_.source) return Taken::taken;
    if (started_) return push(video_, unit, burst_left > 0 ? burst_pts(unit, burst_left) : running_time());
    if (!video_.primed) {
        if (!unit.keyframe) return Taken::full;
        video_.primed = push(video_, unit, 0) == Taken::taken;
        return Taken::taken;
    }
    keep(unit);
    return gap_ ? Taken::full : Taken::taken;
}

void AppsrcFeed::keep(const AccessUnit& unit) {
    if (unit.keyframe) {
        kept_.clear();
        kept_bytes_ = 0;
        gap_ = false;
    }
    if (gap_ || kept_.size() >= Hub::kMaxUnits || kept_bytes_ + unit.data->size() > Hub::kMaxBytes) {
        gap_ = true;
        return;
    }
    kept_.push_back(unit);
    kept_bytes_ += unit.data->size();
}

void AppsrcFeed::start(Pacing pacing) {
    const std::lock_guard lock(mutex_);
    if (started_) return;
    pacing_ = pacing;
    paced_until_ = running_time();
    flush_kept();
    started_ = true;
}

void AppsrcFeed::flush_kept() {
    while (!kept_.empty()) {
        const AccessUnit unit = std::move(kept_.front());
        kept_.pop_front();
        push(video_, unit, burst_pts(unit, kept_.size() + 1));
    }
    kept_bytes_ = 0;
}

GstClockTime AppsrcFeed::burst_pts(const AccessUnit& unit, std::size_t left) {
    if (pacing_ == Pacing::paced) {
        paced_until_ = std::max(paced_until_, running_time()) + unit.data->size() * kPacedPerByte;
        return paced_until_;
    }
    const GstClockTime now = running_time();
    const GstClockTime back = left * kBurstStep;
    return now > back ? now - back : 0;
}

Taken AppsrcFeed::push(Track& track, const AccessUnit& unit, GstClockTime pts) {
    // A paced burst is queued ahead of the clock on purpose: that much is no delay.
    const GstClockTime now = running_time();
    const GstClockTime ahead = GST_CLOCK_TIME_IS_VALID(track.last_pts) && track.last_pts > now ? track.last_pts - now : 0;
    if (gst_app_src_get_current_level_time(track.source.get()) > kMaxQueued + ahead ||
        gst_app_src_get_current_level_bytes(track.source.get()) > kMaxQueuedBytes)
        return Taken::full;
    // A paced burst runs ahead of the clock; what is live then must not overtake it.
    if (GST_CLOCK_TIME_IS_VALID(track.last_pts)) pts = std::max(pts, track.last_pts + kBurstStep);
    track.last_pts = pts;
    GstBuffer* buffer = wrap_buffer(unit);
    GST_BUFFER_PTS(buffer) = pts;
    if (is_video(unit.codec) && !unit.keyframe) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return gst_app_src_push_buffer(track.source.get(), buffer) == GST_FLOW_OK ? Taken::taken : Taken::full;
}

GstClockTime AppsrcFeed::running_time() const {
    GstElement* element = video_.source ? GST_ELEMENT(video_.source.get()) : GST_ELEMENT(audio_.source.get());
    const GstClockTime now = gst_element_get_current_running_time(element);
    return GST_CLOCK_TIME_IS_VALID(now) ? now : 0;  // not playing yet: the pipeline's time begins at 0
}

}  // namespace tplink::media
