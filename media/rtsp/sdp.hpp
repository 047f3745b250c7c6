#pragma once
// What DESCRIBE answers.

#include <optional>
#include <string>

#include "media/hub.hpp"

namespace tplink::media::rtsp {

inline constexpr unsigned kVideoTrack = 0, kAudioTrack = 1, kBackTrack = 2;
inline constexpr std::uint8_t kVideoPayload = 96, kAlawPayload = 8, kUlawPayload = 0;

struct Description {
    std::string name;             ///< of the session: the path
    std::string address;          ///< ours, as the viewer reached it
    StreamFormat format;
    std::optional<AccessUnit> keyframe; ///< where parameter sets are taken from
    bool backchannel = false;     ///< the viewer asked for a way to talk
};

/// An SDP (RFC 8866) with one line group per track: pictures, sound, and the ONVIF way back.
std::string format_sdp(const Description& description);

}  // namespace tplink::media::rtsp
