#pragma once
// G.711 samples, and the way from 16 kHz u-law to what every viewer knows: 8 kHz A-law.

#include <array>
#include <cstddef>
#include <cstdint>

#include "protocols/base/bytes.hpp"

namespace tplink::media {

/// 16-bit linear samples from one byte. source: ITU-T G.711
std::int16_t decode_alaw(std::byte code);
std::int16_t decode_ulaw(std::byte code);

/// The nearest code of a 16-bit linear sample.
std::byte encode_alaw(std::int16_t sample);
std::byte encode_ulaw(std::int16_t sample);

/// A-law for u-law and back, sample by sample, same rate.
Buffer alaw_from_ulaw(Bytes ulaw);
Buffer ulaw_from_alaw(Bytes alaw);

/// 16 kHz u-law to 8 kHz A-law, across units: remembers the last samples. What is above 4.4 kHz is damped by
/// more than 36 dB (it would come back as a false tone), what is below 3.6 kHz stays; delay 2 ms.
class UlawDownsampler {
public:
    /// Any length; an odd sample is kept for the next call.
    Buffer convert(Bytes ulaw_16k);
    /// The stream broke off: forget what was.
    void reset() { *this = {}; }

private:
    static constexpr std::size_t kTaps = 63;

    std::int16_t filtered() const;

    // A ring written twice, so that the last kTaps samples always lie in a row.
    std::array<std::int16_t, 2 * kTaps> history_{};
    std::size_t at_ = 0;
    bool odd_ = false;
};

} // namespace tplink::media
