#pragma once
// What a browser's offer allows us to send.

#include <optional>
#include <string>
#include <vector>

#include "media/hub.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media::webrtc {

struct AcceptedAudio {
    Codec codec{};  ///< pcma or pcmu, at 8 kHz
    int payload = 0;
};

struct Offer {
    std::string sdp;
    int video_payload = -1;      ///< of H.264 with packetization-mode 1; -1: not offered
    std::optional<AcceptedAudio> pcma, pcmu;
    std::optional<int> h265, opus;  ///< payload types, where offered
    bool speaks = false;            ///< its audio may come our way too
};

/// One candidate of an SDP fragment, as webrtcbin takes it: "candidate:...".
struct RemoteCandidate {
    std::string text;
};
/// in: application/trickle-ice-sdpfrag (RFC 8840). Names of the browser's own network (".local") are left out: our side
/// is reached all the same. errors: malformed when it is no fragment or too long.
Result<std::vector<RemoteCandidate>> parse_fragment(const std::string& fragment);

/// The answer with further host candidates: addresses this machine is reached by from elsewhere, one for each UDP
/// candidate it has. Those it has already are not repeated.
std::string add_candidates(const std::string& answer, const std::vector<std::string>& addresses);

/// errors: malformed (not an SDP), unsupported (nothing we could send).
Result<Offer> parse_offer(const std::string& sdp);

}  // namespace tplink::media::webrtc
