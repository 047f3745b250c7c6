#include "media/codec/g711.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numbers>

namespace tplink::media {
namespace {

TEST(G711, DecodesKnownValues) {
    struct Case {
        unsigned code;
        int alaw, ulaw;
    };
    // ITU-T G.711 tables, scaled to 16 bits
    for (const Case& c :
         {Case{0xD5, 8, 716}, Case{0x55, -8, -716}, Case{0xAA, 32256, 5372}, Case{0x2A, -32256, -5372},
          Case{0x80, 5504, 32124}, Case{0x00, -5504, -32124}, Case{0xFF, 848, 0}, Case{0x7F, -848, 0}}) {
        EXPECT_EQ(decode_alaw(static_cast<std::byte>(c.code)), c.alaw) << c.code;
        EXPECT_EQ(decode_ulaw(static_cast<std::byte>(c.code)), c.ulaw) << c.code;
    }
}

TEST(G711, EveryCodeSurvivesTheRoundTrip) {
    for (unsigned code = 0; code < 256; ++code) {
        const auto byte = static_cast<std::byte>(code);
        EXPECT_EQ(encode_alaw(decode_alaw(byte)), byte) << code;
        if (code != 0x7F) { // u-law has two zeros; the positive one is written
            EXPECT_EQ(encode_ulaw(decode_ulaw(byte)), byte) << code;
        }
    }
}

TEST(G711, EverySampleGetsTheNearestCode) {
    for (int sample = -32768; sample <= 32767; ++sample) {
        const auto value = static_cast<std::int16_t>(sample);
        const int size = std::abs(sample);
        // Half a step: 16 levels per doubling.
        ASSERT_LE(std::abs(decode_alaw(encode_alaw(value)) - sample),
                  std::max(8, size / 32 + 1) + (size > 32256 ? 512 : 0))
            << sample;
        ASSERT_LE(std::abs(decode_ulaw(encode_ulaw(value)) - sample),
                  std::max(4, (size + 132) / 32 + 1) + (size > 32124 ? 650 : 0))
            << sample;
    }
}

Buffer tone(double hz, std::size_t samples, double amplitude) {
    Buffer out;
    for (std::size_t i = 0; i < samples; ++i) {
        const double phase = 2 * std::numbers::pi * hz * static_cast<double>(i) / 16000;
        out.push_back(encode_ulaw(static_cast<std::int16_t>(std::lround(amplitude * std::sin(phase)))));
    }
    return out;
}

/// Root mean square of A-law samples, the filter's settling left out.
double level(const Buffer& alaw) {
    double sum = 0;
    for (std::size_t i = 100; i < alaw.size(); ++i) sum += std::pow(decode_alaw(alaw[i]), 2);
    return std::sqrt(sum / static_cast<double>(alaw.size() - 100));
}

TEST(UlawDownsampler, KeepsSpeechAndDampsWhatWouldFoldBack) {
    constexpr double kAmplitude = 8000;
    const double expected = kAmplitude / std::numbers::sqrt2;
    for (const double hz : {200.0, 1000.0, 3000.0, 3400.0}) {
        UlawDownsampler down;
        EXPECT_NEAR(level(down.convert(tone(hz, 8000, kAmplitude))), expected, expected * 0.03) << hz;
    }
    for (const double hz : {4700.0, 5000.0, 6000.0, 7500.0}) {
        UlawDownsampler down;
        EXPECT_LT(level(down.convert(tone(hz, 8000, kAmplitude))), expected / 100) << hz;
    }
}

TEST(UlawDownsampler, HalvesTheRateAcrossAnyPieces) {
    const Buffer input = tone(700, 4001, 5000);
    UlawDownsampler whole;
    const Buffer expected = whole.convert(input);
    EXPECT_EQ(expected.size(), 2000U);
    for (const std::size_t size : {1U, 2U, 3U, 63U, 320U}) {
        UlawDownsampler pieces;
        Buffer out;
        for (std::size_t at = 0; at < input.size(); at += size)
            append(out, Bytes(pieces.convert(Bytes(input).subspan(at, std::min(size, input.size() - at)))));
        EXPECT_EQ(out, expected) << size;
    }
}

TEST(UlawDownsampler, LoudestInputDoesNotWrapAround) {
    Buffer square;
    for (int i = 0; i < 2000; ++i) square.push_back(static_cast<std::byte>(i / 16 % 2 == 0 ? 0x80 : 0x00));
    UlawDownsampler down;
    const Buffer out = down.convert(square);
    for (std::size_t i = 100; i < out.size(); ++i) {
        const int sample = decode_alaw(out[i]);
        const std::size_t in_period = (i * 2 + 1 - 31) % 32; // delay of the filter: 31 samples
        if (in_period > 3 && in_period < 13) {
            EXPECT_GT(sample, 20000) << i;
        }
        if (in_period > 19 && in_period < 29) {
            EXPECT_LT(sample, -20000) << i;
        }
    }
}

TEST(UlawDownsampler, ResetForgets) {
    UlawDownsampler down;
    (void)down.convert(tone(1000, 333, 8000));
    down.reset();
    UlawDownsampler fresh;
    EXPECT_EQ(down.convert(tone(500, 100, 3000)), fresh.convert(tone(500, 100, 3000)));
}

TEST(G711, TranslatesBetweenTheLaws) {
    const Buffer ulaw{std::byte{0xFF}, std::byte{0x80}, std::byte{0x00}};
    const Buffer alaw = alaw_from_ulaw(ulaw);
    EXPECT_EQ(hex_lower(alaw), "d5aa2a");
    EXPECT_EQ(hex_lower(ulaw_from_alaw(alaw)), "fe8000");
}

} // namespace
} // namespace tplink::media
