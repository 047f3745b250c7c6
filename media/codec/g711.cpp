#include "media/codec/g711.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace tplink::media {
namespace {

constexpr int kUlawBias = 132; // 33 on 14 bits
constexpr int kUlawClip = 32635;

constexpr std::int16_t expand_alaw(unsigned code) {
    code ^= 0x55U;
    const unsigned exponent = (code >> 4) & 7U;
    const int mantissa = static_cast<int>(code & 0xFU);
    // Segment 0 is linear; the others have a leading one. Each code stands for the middle of its interval.
    const int magnitude = exponent == 0 ? mantissa * 16 + 8 : (mantissa * 16 + 264) << (exponent - 1);
    return static_cast<std::int16_t>((code & 0x80U) != 0 ? magnitude : -magnitude);
}

constexpr std::int16_t expand_ulaw(unsigned code) {
    code = ~code & 0xFFU;
    const unsigned exponent = (code >> 4) & 7U;
    const int mantissa = static_cast<int>(code & 0xFU);
    const int magnitude = ((mantissa * 8 + kUlawBias) << exponent) - kUlawBias;
    return static_cast<std::int16_t>((code & 0x80U) != 0 ? -magnitude : magnitude);
}

template <class Expand> constexpr std::array<std::int16_t, 256> make_table(Expand expand) {
    std::array<std::int16_t, 256> table{};
    for (unsigned code = 0; code < 256; ++code) table[code] = expand(code);
    return table;
}

constexpr auto kAlaw = make_table(expand_alaw);
constexpr auto kUlaw = make_table(expand_ulaw);

// Half-band low-pass, 63 taps, Kaiser window (beta 6), in 1/32768: the sizes of the taps 1, 3, 5... beside
// the middle one, signs + - + -...; the even ones are zero and the middle one is 1/2.
constexpr std::array<std::int32_t, 16> kSideTaps{10402, 3389, 1942, 1294, 916, 665, 486, 353,
                                                 252,   177,  120,  78,   48,  27,  13,  5};
constexpr std::int32_t kMiddleTap = 16384;

} // namespace

std::int16_t decode_alaw(std::byte code) { return kAlaw[u8(code)]; }
std::int16_t decode_ulaw(std::byte code) { return kUlaw[u8(code)]; }

std::byte encode_alaw(std::int16_t sample) {
    const unsigned sign = sample >= 0 ? 0x80U : 0U;
    // ~x, not -x: the negative intervals mirror the positive ones without a common zero.
    const auto magnitude = static_cast<unsigned>(sample >= 0 ? sample : ~sample);
    unsigned code = magnitude >> 4;
    if (magnitude >= 256) {
        const auto exponent = static_cast<unsigned>(std::bit_width(magnitude)) - 8;
        code = (exponent << 4) | ((magnitude >> (exponent + 3)) & 0xFU);
    }
    return static_cast<std::byte>((sign | code) ^ 0x55U);
}

std::byte encode_ulaw(std::int16_t sample) {
    const unsigned sign = sample < 0 ? 0x80U : 0U;
    const int clipped =
        std::min(sample < 0 ? -static_cast<int>(sample) : static_cast<int>(sample), kUlawClip);
    const auto magnitude = static_cast<unsigned>(clipped + kUlawBias);
    const auto exponent = static_cast<unsigned>(std::bit_width(magnitude)) - 8;
    return static_cast<std::byte>(~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0xFU)) & 0xFFU);
}

Buffer alaw_from_ulaw(Bytes ulaw) {
    Buffer out(ulaw.size());
    std::transform(ulaw.begin(), ulaw.end(), out.begin(),
                   [](std::byte b) { return encode_alaw(decode_ulaw(b)); });
    return out;
}

Buffer ulaw_from_alaw(Bytes alaw) {
    Buffer out(alaw.size());
    std::transform(alaw.begin(), alaw.end(), out.begin(),
                   [](std::byte b) { return encode_ulaw(decode_alaw(b)); });
    return out;
}

std::int16_t UlawDownsampler::filtered() const {
    using Limits = std::numeric_limits<std::int16_t>;
    const std::int16_t* last = history_.data() + at_; // the oldest of kTaps samples in a row
    constexpr std::size_t kMiddle = kTaps / 2;
    std::int32_t sum = last[kMiddle] * kMiddleTap;
    for (std::size_t i = 0; i < kSideTaps.size(); ++i) {
        const std::size_t away = 2 * i + 1;
        const std::int32_t both = (last[kMiddle - away] + last[kMiddle + away]) * kSideTaps[i];
        sum += i % 2 == 0 ? both : -both;
    }
    return static_cast<std::int16_t>(
        std::clamp<std::int32_t>((sum + (1 << 14)) >> 15, Limits::min(), Limits::max()));
}

Buffer UlawDownsampler::convert(Bytes ulaw_16k) {
    Buffer out;
    out.reserve(ulaw_16k.size() / 2 + 1);
    for (const std::byte code : ulaw_16k) {
        history_[at_] = history_[at_ + kTaps] = decode_ulaw(code);
        at_ = (at_ + 1) % kTaps;
        if (odd_) out.push_back(encode_alaw(filtered()));
        odd_ = !odd_;
    }
    return out;
}

} // namespace tplink::media
