#pragma once
// The table of WebRTC viewers; ends those that left without a word.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "media/webrtc/pacer.hpp"
#include "media/webrtc/peer.hpp"

namespace tplink::media::webrtc {

struct OpenedPeer {
    std::string session;  ///< unguessable name
    std::string answer;
};

/// Thread-safe.
class Peers {
public:
    explicit Peers(PeerOptions options);
    ~Peers();
    Peers(const Peers&) = delete;
    Peers& operator=(const Peers&) = delete;

    /// For those that come from now on.
    void configure(PeerOptions options);

    /// Blocks until the answer is complete. errors: those of Peer.
    Result<OpenedPeer> open(const std::shared_ptr<Viewing>& viewing, const Offer& offer, OpenTalk talk = {});
    /// Candidates of an SDP fragment. errors: refused (no such session), malformed.
    Result<void> trickle(const std::string& session, const std::string& fragment);
    /// False when there is no such session.
    bool close(const std::string& session);
    std::size_t size() const;

private:
    void run(const std::stop_token& stop);
    std::vector<std::unique_ptr<Peer>> take_gone(SteadyTime now);

    Pacer pacer_;               // outlives the peers
    mutable std::mutex mutex_;  // guards the three below; peers are made and destroyed outside it
    PeerOptions options_;
    std::map<std::string, std::unique_ptr<Peer>> peers_;
    std::condition_variable_any changed_;
    std::jthread reaper_;  // last: it uses the others
};

}  // namespace tplink::media::webrtc
