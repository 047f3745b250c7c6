#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/codec/annex_b.hpp"
#include "media/codec/bit_reader.hpp"
#include "media/codec/nal_type.hpp"
#include "media/codec/sps.hpp"
#include "media/codec/video_track.hpp"
#include "tests/media/ts_muxer.hpp"

namespace tplink::media {
namespace {

using test::h264_sets;
using test::h264_unit;
using ::testing::ElementsAre;

Buffer hex(std::string_view text) { return from_hex(text).value(); }

std::vector<std::string> nal_units(std::string_view stream) {
    const Buffer bytes = hex(stream);
    std::vector<std::string> out;
    NalReader reader(bytes);
    while (const auto nal = reader.next()) out.push_back(hex_lower(nal->bytes));
    return out;
}

TEST(NalReader, SplitsAtBothStartCodes) {
    EXPECT_THAT(nal_units("00000001674200000168ce0000000165b8"), ElementsAre("6742", "68ce", "65b8"));
    EXPECT_THAT(nal_units("000001674200000168"), ElementsAre("6742", "68"));
}

TEST(NalReader, LeavesOutZerosAndEmptyUnits) {
    EXPECT_THAT(nal_units("0000000000016742000000000001000001000000010968000000"),
                ElementsAre("6742", "0968"));
    EXPECT_THAT(nal_units("000001"), ElementsAre());
    EXPECT_THAT(nal_units("00000100"), ElementsAre());
    EXPECT_THAT(nal_units(""), ElementsAre());
    EXPECT_THAT(nal_units("0000"), ElementsAre());
    EXPECT_THAT(nal_units("67000002000003"), ElementsAre());
}

TEST(NalReader, EmulationPreventionStays) {
    EXPECT_THAT(nal_units("00000165000003000003010000010400"), ElementsAre("6500000300000301", "04"));
}

TEST(NalReader, FindsStartCodesAtEveryOffset) {
    for (std::size_t before = 1; before < 20; ++before)
        for (const unsigned filler : {0x01U, 0x02U, 0xFFU}) {
            Buffer bytes = hex("000001");
            bytes.resize(3 + before, static_cast<std::byte>(filler));
            append(bytes, Bytes(hex("00000165")));
            NalReader reader(bytes);
            ASSERT_EQ(reader.next()->bytes.size(), before);
            const auto second = reader.next();
            ASSERT_TRUE(second);
            EXPECT_EQ(hex_lower(second->bytes), "65");
            EXPECT_EQ(second->begin, 3 + before);
            EXPECT_EQ(second->end, bytes.size());
        }
}

TEST(NalReader, SaysWhetherItBeginsCleanly) {
    for (const auto& [stream, clean] : {std::pair{"00000165", true},
                                        {"0000000000000165", true},
                                        {"0100000165", false},
                                        {"", false},
                                        {"0000", false}})
        EXPECT_EQ(NalReader(hex(stream)).starts_with_start_code(), clean) << stream;
}

TEST(BitReader, ReadsBitsAndExpGolomb) {
    // 1 | 010 | 011 | 00100 | 00101 -> ue 0 1 2 3 4
    const Buffer bytes = hex("a6429000");
    BitReader in(bytes);
    for (std::uint32_t expected = 0; expected < 5; ++expected) EXPECT_EQ(in.ue(), expected);
    EXPECT_TRUE(in.ok());
    BitReader signs(bytes);
    EXPECT_THAT((std::vector{signs.se(), signs.se(), signs.se(), signs.se(), signs.se()}),
                ElementsAre(0, 1, -1, 2, -2));
}

TEST(BitReader, SkipsEmulationPrevention) {
    const Buffer bytes = hex("0000030100000303000003");
    BitReader in(bytes);
    EXPECT_EQ(in.bits(24), 0x000001U);
    EXPECT_EQ(in.bits(24), 0x000003U);
    EXPECT_EQ(in.bits(16), 0U);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.bits(8), 0U);
    EXPECT_FALSE(in.ok());
}

TEST(BitReader, EndsAtTheEnd) {
    const Buffer zeros(9);
    BitReader in(zeros);
    EXPECT_EQ(in.ue(), 0U);
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.bits(32), 0U);
    in.skip(4000000000U);
}

TEST(NalKind, ReadsBothHeaders) {
    struct Case {
        Codec codec;
        const char* nal;
        NalKind kind;
    };
    const Case cases[]{
        {Codec::h264, "65", NalKind::key_slice},   {Codec::h264, "41", NalKind::slice},
        {Codec::h264, "01", NalKind::slice},       {Codec::h264, "67", NalKind::sps},
        {Codec::h264, "68", NalKind::pps},         {Codec::h264, "06", NalKind::other},
        {Codec::h264, "09", NalKind::delimiter},   {Codec::h264, "e5", NalKind::corrupt},
        {Codec::h264, "78", NalKind::noise},       {Codec::h264, "7f", NalKind::noise},
        {Codec::h264, "00", NalKind::noise},       {Codec::h264, "", NalKind::corrupt},
        {Codec::h265, "2601", NalKind::key_slice}, {Codec::h265, "2801", NalKind::key_slice},
        {Codec::h265, "2a01", NalKind::key_slice}, {Codec::h265, "0201", NalKind::slice},
        {Codec::h265, "4001", NalKind::vps},       {Codec::h265, "4201", NalKind::sps},
        {Codec::h265, "4401", NalKind::pps},       {Codec::h265, "4601", NalKind::delimiter},
        {Codec::h265, "4e01", NalKind::other},     {Codec::h265, "5001", NalKind::other},
        {Codec::h265, "5201", NalKind::noise},     {Codec::h265, "6201", NalKind::noise},
        {Codec::h265, "7e01", NalKind::noise},     {Codec::h265, "2609", NalKind::noise},
        {Codec::h265, "2600", NalKind::corrupt},   {Codec::h265, "a601", NalKind::corrupt},
        {Codec::h265, "26", NalKind::corrupt},
    };
    for (const Case& c : cases) EXPECT_EQ(nal_kind(c.codec, hex(c.nal)), c.kind) << c.nal;
}

// Made by x264 and x265 at these sizes; the sizes were read back by another decoder.
struct SpsCase {
    Codec codec;
    const char* nal;
    unsigned width, height, profile, level;
};
constexpr SpsCase kSpsCases[]{
    {Codec::h264, "67640032acd9402400a3b0110000030001000003001e0f183196", 2304, 1296, 100, 50},
    {Codec::h264, "674d4028eca03c0113f2e0220000030002000003003c1e30632c", 1920, 1080, 77, 40},
    {Codec::h264, "6742c016d900a02ff970110000030001000003001e0f162e48", 640, 360, 66, 22},
    {Codec::h264, "67640028acd94078044fde0220000003002000000303c3e2c5b2c0", 1920, 1080, 100,
     40},                                                                                        // interlaced
    {Codec::h264, "67f4001f919b280a00b7f78088000003000800000300f078c18cb0", 1280, 718, 244, 31}, // 4:4:4
    {Codec::h264, "677a001fbcd9405005bb0110000003001000000301e0f1831960", 1280, 720, 122, 31},   // 4:2:2
    {Codec::h265, "420101016000000300900000030000030096a001e020021c596566924caf0168080000030008000003007840",
     3840, 2160, 1, 150},
    {Codec::h265, "420101016000000300900000030000030096a001402005a165959a4932bc05a020000003002000000301e1",
     2560, 1440, 1, 150},
    {Codec::h265, "420101016000000300900000030000030078a003c08010e75596566924caf0168080000003008000000784",
     1918, 1078, 1, 120},
    {Codec::h265, "4201010408000003009e0800000300005d9000501005a3ef2cacd24995e02d010000030001000003000f08",
     1280, 718, 4, 93},
};

TEST(Sps, ReadsWhatEncodersWrite) {
    for (const SpsCase& c : kSpsCases) {
        const auto format = parse_sps(c.codec, hex(c.nal));
        ASSERT_TRUE(format) << c.nal << format.error().what;
        EXPECT_EQ(format->codec, c.codec);
        EXPECT_EQ(format->width, c.width) << c.nal;
        EXPECT_EQ(format->height, c.height) << c.nal;
        EXPECT_EQ(format->profile, c.profile) << c.nal;
        EXPECT_EQ(format->level, c.level) << c.nal;
    }
}

TEST(Sps, CutAnywhereIsMalformedOrTheSame) {
    for (const SpsCase& c : kSpsCases) {
        const Buffer whole = hex(c.nal);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const auto format = parse_sps(c.codec, Bytes(whole).first(size));
            if (!format) {
                EXPECT_EQ(format.error().code, Errc::malformed);
            } else {
                EXPECT_EQ(format->width, c.width);
            }
        }
    }
}

TEST(Sps, RefusesImpossibleSizes) {
    // Baseline; sps id, log2 frame num, poc type 2, refs, then width and height in macroblocks and cropping.
    const auto with_bits = [](std::string_view bits) {
        Buffer nal = hex("6742001e");
        std::string all = std::string("1") + "1" + "011" + "010" + "0" + std::string(bits);
        all.resize((all.size() + 7) / 8 * 8, '0');
        for (std::size_t i = 0; i < all.size(); i += 8)
            nal.push_back(static_cast<std::byte>(std::stoi(all.substr(i, 8), nullptr, 2)));
        nal.push_back(std::byte{0x80});
        return nal;
    };
    // 2 x 2 macroblocks, frames only, direct 8x8, no cropping
    ASSERT_TRUE(parse_sps(Codec::h264, with_bits("0100101100")));
    EXPECT_EQ(parse_sps(Codec::h264, with_bits("0100101100"))->width, 32U);
    // 8 pixels from each side of 1 x 1 macroblock leave nothing
    EXPECT_FALSE(parse_sps(Codec::h264, with_bits("11111001010010111")));
    // 2^15 macroblocks wide
    EXPECT_FALSE(parse_sps(Codec::h264, with_bits("0000000000000001000000000000000"
                                                  "010"
                                                  "11"
                                                  "0")));
    EXPECT_FALSE(parse_sps(Codec::h264, hex("68ce")));
    EXPECT_FALSE(parse_sps(Codec::h265, hex("4201ff")));
}

TEST(Sps, NamesItselfForBrowsers) {
    EXPECT_EQ(
        codec_string(*parse_sps(Codec::h264, hex("674d4028eca03c0113f2e0220000030002000003003c1e30632c"))),
        "avc1.4d4028");
    EXPECT_EQ(codec_string(VideoFormat{.codec = Codec::h265}), "");
}

TEST(VideoTrack, PassesUnitsFromTheFirstKeyframeOnUnchanged) {
    VideoTrack track(Codec::h264);
    Buffer delta = h264_unit(false, 50, 1);
    EXPECT_EQ(track.take(delta), UnitKind::none);
    Buffer key = h264_unit(true, 50, 2);
    const Buffer original = key;
    EXPECT_EQ(track.take(key), UnitKind::keyframe);
    EXPECT_EQ(key, original);
    EXPECT_EQ(track.take(delta), UnitKind::delta);
    EXPECT_EQ(track.stats().waiting, 1U);
    EXPECT_EQ(track.stats().completed_keyframes, 0U);
    ASSERT_TRUE(track.format());
    EXPECT_EQ(track.format()->height, 1296U);
}

TEST(VideoTrack, KeyframeGetsTheSetsThatCameBefore) {
    VideoTrack track(Codec::h264);
    Buffer sets = h264_sets();
    EXPECT_EQ(track.take(sets), UnitKind::none);
    Buffer key = h264_unit(true, 50, 2, false);
    EXPECT_EQ(track.take(key), UnitKind::keyframe);
    EXPECT_EQ(key, h264_unit(true, 50, 2, true));
    EXPECT_EQ(track.stats().completed_keyframes, 1U);
}

TEST(VideoTrack, MissingSetsGoBehindTheDelimiter) {
    VideoTrack track(Codec::h264);
    Buffer sets = h264_sets();
    track.take(sets);
    Buffer key = hex("0000000109f0");
    append(key, Bytes(h264_unit(true, 5, 2, false)));
    EXPECT_EQ(track.take(key), UnitKind::keyframe);
    Buffer expected = hex("0000000109f0");
    append(expected, Bytes(h264_unit(true, 5, 2, true)));
    EXPECT_EQ(key, expected);
}

TEST(VideoTrack, MissingSetsFindTheirPlaceAfterNoiseIsGone) {
    VideoTrack track(Codec::h264);
    Buffer sets = h264_sets();
    track.take(sets);
    // An empty NAL unit before the delimiter, then one to be left out.
    Buffer key = hex("000000000000000100000001"
                     "0000000109f0"
                     "0000000178aabbccdd");
    append(key, Bytes(h264_unit(true, 5, 2, false)));
    EXPECT_EQ(track.take(key), UnitKind::keyframe);
    Buffer expected = hex("0000000109f0");
    append(expected, Bytes(h264_unit(true, 5, 2, true)));
    EXPECT_EQ(key, expected);
}

TEST(VideoTrack, KeyframeWithoutKnownSetsIsNotPassedOn) {
    VideoTrack track(Codec::h264);
    Buffer key = h264_unit(true, 50, 2, false);
    EXPECT_EQ(track.take(key), UnitKind::none);
    Buffer sps_only = hex("0000000167640032acd9402400a3b0110000030001000003001e0f183196");
    track.take(sps_only);
    EXPECT_EQ(track.take(key), UnitKind::none);
    Buffer delta = h264_unit(false, 50, 1);
    EXPECT_EQ(track.take(delta), UnitKind::none);
    EXPECT_EQ(track.stats().waiting, 3U);
}

TEST(VideoTrack, NewSetsReplaceTheOldOnes) {
    VideoTrack track(Codec::h264);
    Buffer key = h264_unit(true, 5, 1);
    track.take(key);
    Buffer other = hex("00000001674d4028eca03c0113f2e0220000030002000003003c1e30632c0000000168ebe3cb20");
    const Buffer other_sets = other;
    track.take(other);
    EXPECT_EQ(track.format()->width, 1920U);
    Buffer bare = h264_unit(true, 5, 2, false);
    track.take(bare);
    EXPECT_EQ(to_buffer(Bytes(bare).first(other_sets.size())), other_sets);
    EXPECT_EQ(bare.size(), other_sets.size() + h264_unit(true, 5, 2, false).size());
}

TEST(VideoTrack, LossMeansWaiting) {
    VideoTrack track(Codec::h264);
    Buffer key = h264_unit(true, 5, 1);
    Buffer delta = h264_unit(false, 5, 1);
    track.take(key);
    track.lost();
    EXPECT_EQ(track.take(delta), UnitKind::none);
    EXPECT_EQ(track.take(key), UnitKind::keyframe);
    EXPECT_EQ(track.take(delta), UnitKind::delta);
}

TEST(VideoTrack, DamagedUnitIsALoss) {
    for (const char* damaged : {"", "00", "41424344", "ff00000141b8", "00000001c1b8"}) {
        VideoTrack track(Codec::h264);
        Buffer key = h264_unit(true, 5, 1);
        track.take(key);
        Buffer unit = hex(damaged);
        EXPECT_EQ(track.take(unit), UnitKind::none) << damaged;
        EXPECT_EQ(track.stats().corrupt, 1U);
        Buffer delta = h264_unit(false, 5, 1);
        EXPECT_EQ(track.take(delta), UnitKind::none) << damaged;
    }
}

TEST(VideoTrack, UnitWithoutAPictureIsNoLoss) {
    VideoTrack track(Codec::h264);
    Buffer key = h264_unit(true, 5, 1);
    track.take(key);
    Buffer info = hex("000000010605010280");
    EXPECT_EQ(track.take(info), UnitKind::none);
    Buffer delta = h264_unit(false, 5, 1);
    EXPECT_EQ(track.take(delta), UnitKind::delta);
}

constexpr const char* kVps = "0000000140010c01ffff016000000300900000030000030096959809";
constexpr const char* kH265Sps =
    "00000001420101016000000300900000030000030096a001402005a165959a4932bc05a020000003002000000301e1";
constexpr const char* kH265Pps = "000000014401c172b46240";

TEST(VideoTrack, H265NoiseIsLeftOut) {
    VideoTrack track(Codec::h265);
    const std::string sets = std::string(kVps) + kH265Sps + kH265Pps;
    Buffer key = hex("000000017e01aabb" + sets + "000000014e01050180" + "000000012601af0102" +
                     "0000000152010304" + "0000016001");
    EXPECT_EQ(track.take(key), UnitKind::keyframe);
    EXPECT_EQ(hex_lower(key), sets + "000000014e01050180" + "000000012601af0102");
    EXPECT_EQ(track.stats().noise_nal_units, 3U);
    Buffer delta = hex("000000010201d0aa00000001620105");
    EXPECT_EQ(track.take(delta), UnitKind::delta);
    EXPECT_EQ(hex_lower(delta), "000000010201d0aa");
    EXPECT_EQ(track.format()->height, 1440U);
}

TEST(VideoTrack, H265NeedsAllThreeSets) {
    VideoTrack track(Codec::h265);
    Buffer key = hex(std::string(kH265Sps) + kH265Pps + "000000012601af0102");
    EXPECT_EQ(track.take(key), UnitKind::none);
    Buffer vps = hex(kVps);
    track.take(vps);
    Buffer again = hex(std::string(kH265Sps) + kH265Pps + "000000012601af0102");
    EXPECT_EQ(track.take(again), UnitKind::keyframe);
    EXPECT_TRUE(hex_lower(again).starts_with(kVps));
}

TEST(ParameterSets, AreBounded) {
    ParameterSets sets(Codec::h264);
    sets.begin_unit();
    EXPECT_FALSE(sets.remember(NalKind::sps, Buffer(ParameterSets::kMaxSetSize + 1, std::byte{0x67})));
    for (unsigned i = 0; i < 100; ++i) sets.remember(NalKind::pps, Buffer(10, static_cast<std::byte>(i)));
    EXPECT_EQ(sets.annex_b().size(), ParameterSets::kMaxSets * 14);
    EXPECT_FALSE(sets.complete());
}

} // namespace
} // namespace tplink::media
