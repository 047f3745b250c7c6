#pragma once
// What a browser's offer allows us to send.

#include <optional>
#include <string>

#include "media/hub.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media::webrtc {

struct AcceptedAudio {
    Codec codec{};  ///< pcma or pcmu, at 8 kHz
    int payload = 0;
};

struct Offer {
    std::string sdp;
    int video_payload = 0;  ///< of H.264 with packetization-mode 1
    std::optional<AcceptedAudio> pcma, pcmu;
};

/// errors: malformed (not an SDP), unsupported (nothing we could send).
Result<Offer> parse_offer(const std::string& sdp);

}  // namespace tplink::media::webrtc
