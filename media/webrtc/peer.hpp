#pragma once
// One WebRTC viewer: its pipeline, from the hub to the browser.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "media/gst_ptr.hpp"
#include "media/talk/talk_line.hpp"
#include "media/viewing.hpp"
#include "media/webrtc/offer.hpp"
#include "media/webrtc/pacer.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::media::webrtc {

struct PeerOptions {
    std::uint16_t port_min = 8660, port_max = 8759;
    std::vector<std::string> candidates;  ///< addresses to offer; those that are not this machine's are written into the answer; empty: all local ones but loopback
};

/// Blocking; made, answered and destroyed by different threads, one at a time. is_gone() from any.
class Peer {
public:
    /// Builds the pipeline. errors: unsupported (the stream is not H.264), refused (GStreamer said no).
    /// talk: opened when the viewer's microphone is first heard; empty: it is not listened to. pacer: outlives this.
    static Result<std::unique_ptr<Peer>> make(const PeerOptions& options, std::shared_ptr<Viewing> viewing, const Offer& offer, OpenTalk talk, Pacer& pacer);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    /// The answer with all candidates. errors: malformed (webrtcbin refuses the offer), timeout.
    Result<std::string> answer(const Offer& offer);

    void add_candidate(const RemoteCandidate& candidate);

    /// True when the viewer has left, failed, or said nothing for too long.
    bool is_gone(SteadyTime now) const;

private:
    struct Ears;  // what signal handlers see; outlives this while a handler runs

    Peer(std::shared_ptr<Viewing> viewing, Pacer& pacer);
    Result<void> build(const PeerOptions& options, const Offer& offer);
    void configure_ice(const PeerOptions& options);
    Result<void> add_tracks(const Offer& offer);
    Result<void> add_opus(const std::string& branch, int direction);
    void listen_to_microphone();
    static void watch_rtcp(GObject* webrtcbin, const std::shared_ptr<Ears>& ears);
    void on_connection_state();
    Result<void> wait_gathered();

    std::shared_ptr<Viewing> viewing_;
    std::vector<std::string> foreign_addresses_;
    std::shared_ptr<Ears> ears_;
    GPtr<GstElement> pipeline_;
    GPtr<GstElement> webrtcbin_;
};

}  // namespace tplink::media::webrtc
