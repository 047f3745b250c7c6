#pragma once
// From the hub into a viewer's pipeline: time stamps, pacing and the bound of its queue.

#include <gst/app/gstappsrc.h>

#include <cstdint>
#include <deque>
#include <mutex>

#include "media/gst_ptr.hpp"
#include "media/hub.hpp"

namespace tplink::media {

/// A new reference of a buffer around the unit's bytes: nothing is copied, the bytes live as long as the buffer.
GstBuffer* wrap_buffer(const AccessUnit& unit);

/// Capabilities of an appsrc for this codec, e.g. "video/x-h264,stream-format=byte-stream,alignment=au".
std::string caps_text(Codec codec, std::uint32_t audio_rate);

/// How the cached GOP goes out: all at once, or no faster than a receiver's UDP socket buffer can take.
enum class Pacing { burst, paced };

/// Consumer over one or two appsrc elements. Until start() it gives the pipeline one keyframe and one audio unit (what
/// payloaders need to know their caps) and keeps the current GOP; from then on it passes everything on.
class AppsrcFeed : public Consumer {
public:
    /// Takes over both references; `audio` may be null.
    AppsrcFeed(GPtr<GstAppSrc> video, GPtr<GstAppSrc> audio);

    Taken deliver(const AccessUnit& unit, std::size_t burst_left) noexcept override;

    /// The viewer plays from now on. Again: no effect.
    void start(Pacing pacing);

private:
    struct Track {
        GPtr<GstAppSrc> source;
        GstClockTime last_pts = GST_CLOCK_TIME_NONE;
        bool primed = false;
    };

    Taken deliver_video(const AccessUnit& unit, std::size_t burst_left);
    void keep(const AccessUnit& unit);
    void flush_kept();
    Taken push(Track& track, const AccessUnit& unit, GstClockTime pts);
    GstClockTime running_time() const;
    GstClockTime burst_pts(const AccessUnit& unit, std::size_t left);

    std::mutex mutex_;  // deliver() comes from the ingest thread, start() from the viewer's
    Track video_;
    Track audio_;
    Pacing pacing_ = Pacing::burst;
    bool started_ = false;
    GstClockTime paced_until_ = 0;
    std::deque<AccessUnit> kept_;
    std::size_t kept_bytes_ = 0;
    bool gap_ = false;  // a unit of the kept GOP is missing: nothing more of it is of use
};

}  // namespace tplink::media
