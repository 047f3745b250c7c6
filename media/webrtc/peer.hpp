#pragma once
// One WebRTC viewer: its pipeline, from the hub to the browser.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "media/gst_ptr.hpp"
#include "media/viewing.hpp"
#include "media/webrtc/offer.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::media {
class AppsrcFeed;
}

namespace tplink::media::webrtc {

struct PeerOptions {
    std::uint16_t port_min = 8660, port_max = 8759;
    std::vector<std::string> candidates;  ///< local addresses to offer; empty: all but loopback
};

/// Blocking; made, answered and destroyed by different threads, one at a time. is_gone() from any.
class Peer {
public:
    /// Builds the pipeline. errors: unsupported (the stream is not H.264), refused (GStreamer said no).
    static Result<std::unique_ptr<Peer>> make(const PeerOptions& options, std::shared_ptr<Viewing> viewing, const Offer& offer);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// The answer with all candidates. errors: malformed (webrtcbin refuses the offer), timeout.
    Result<std::string> answer(const Offer& offer);

    /// True when the viewer has left, failed, or said nothing for too long.
    bool is_gone(SteadyTime now) const;

private:
    explicit Peer(std::shared_ptr<Viewing> viewing);
    Result<void> build(const PeerOptions& options, const Offer& offer);
    void configure_ice(const PeerOptions& options);
    void configure_transceivers();
    void watch_rtcp();
    void on_connection_state();
    Result<void> wait_gathered();

    struct Ears;  // what signal handlers see; outlives this while a handler runs
    std::shared_ptr<Viewing> viewing_;
    std::shared_ptr<AppsrcFeed> feed_;
    std::shared_ptr<Ears> ears_;
    GPtr<GstElement> pipeline_;
    GPtr<GstElement> webrtcbin_;
};

}  // namespace tplink::media::webrtc
