#pragma once
// Any sound file to what a camera's speaker takes.

#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

inline constexpr std::size_t kMaxSpeech = 8000 * 300;  ///< bytes of A-law: five minutes

/// in: a WAV of any rate, or another file GStreamer knows (MP3, Ogg, FLAC). content_type: "audio/PCMA" and "audio/PCMU" are
/// bare samples at 8 kHz. out: A-law, 8 kHz mono. Blocks while decoding. errors: malformed, unsupported, refused, with
/// the sentence for the user.
Result<Buffer> decode_speech(Bytes file, std::string_view content_type);

}  // namespace tplink::media
