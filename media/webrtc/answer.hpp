#pragma once
// The answer names the streams that are sent beside webrtcbin.

#include <cstdint>
#include <optional>
#include <string>

namespace tplink::media::webrtc {

/// Payload type of the packets that are sent again (RFC 4588) for video packets of type `payload`, as the answer has it.
std::optional<std::uint8_t> repeat_payload(const std::string& answer, unsigned payload);

/// Name of the sender in the answer; ours when it has none.
std::string sender_name(const std::string& answer);

struct Sources {
    std::uint32_t video = 0;
    std::optional<std::uint32_t> video_again;
    std::optional<std::uint32_t> sound;  ///< nothing: the sound's lines stay as they are
};

/// The answer with these sources in place of its own. source: RFC 5576, RFC 8830 (msid)
std::string name_sources(const std::string& answer, const Sources& sources, const std::string& name);

}  // namespace tplink::media::webrtc
