#pragma once
// Viewers made of GStreamer alone, as a player is: by RTSP and by WHEP.

#include <gst/gst.h>

#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "media/ingest/handover.hpp"
#include "tests/e2e/frame_check.hpp"

namespace tplink::e2e {

class Viewer {
public:
    Viewer(std::string url, const ClipIndex& clip) : url_(std::move(url)), check_(clip) { handover_.pass(); }
    virtual ~Viewer() = default;
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;

    /// The longest gap is counted from here.
    void mark();
    /// {url, frames, broken, restarts, gap_ms, since_ms, lost, ended, complaint}: since_ms since the last picture, gap_ms
    /// the longest time between two since mark(), lost: packets lost on the way here.
    boost::json::object report();

protected:
    using Time = std::chrono::steady_clock::time_point;

    void take(GstBuffer* access_unit);
    void take_packet(GstBuffer* rtp); ///< before it is unpacked: counts losses
    void end(const std::string& why);

private:
    const std::string url_;
    std::mutex mutex_; // guards the rest
    FrameCheck check_;
    std::optional<unsigned> next_sequence_;
    std::uint64_t lost_ = 0, lost_before_ = 0;
    std::optional<Time> last_;
    Time marked_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration gap_{};
    std::string ended_;
    media::Handover handover_; // to GStreamer's threads
};

/// Begins to watch; returns at once for RTSP, after the answer for WHEP. A refusal is told by report().
std::unique_ptr<Viewer> watch(const std::string& url, const ClipIndex& clip);

} // namespace tplink::e2e
