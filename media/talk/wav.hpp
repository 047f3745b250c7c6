#pragma once
// The head of a WAV file: what its samples are and where they lie.

#include <cstdint>
#include <string>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

enum class SampleForm { u8, s16, s24, s32, f32, alaw, ulaw };

struct Wav {
    SampleForm form = SampleForm::s16;
    unsigned channels = 1;
    std::uint32_t rate = 8000;  ///< Hz
    Bytes samples;              ///< view into the file; whole frames
};

/// errors: malformed (no WAV, lengths that lie), unsupported (a compressed form), each with its sentence.
/// A data chunk cut short or of unknown length (0 or all ones, as streams write it) goes to the end of the file.
Result<Wav> parse_wav(Bytes file);

}  // namespace tplink::media
