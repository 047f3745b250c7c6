// Which streams the demuxer finds in which tables.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/media/ts_rig.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::media {
namespace {

using test::bytes_of;
using test::h264_tables;
using test::h264_unit;
using test::kAudioPid;
using test::kFrame;
using test::kVideo2Pid;
using test::kVideoPid;
using test::Rig;
using test::sound;
using test::TsMuxer;
using ::testing::ElementsAre;

TEST(TsTables, TableWithABadCrcIsCountedAndUsed) {
    Rig rig;
    TsMuxer mux;
    mux.break_crc = true;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    EXPECT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(rig.demuxer.stats().bad_crc, 2U);
}

TEST(TsTables, TableWithABadCrcDoesNotReplaceAGoodOne) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    mux.break_crc = true;
    rig.part(mux.tables({{0x1B, 0x99}}));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    EXPECT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(rig.demuxer.stats().bad_crc, 2U);
}

TEST(TsTables, GoodTableReplacesADamagedOne) {
    Rig rig;
    TsMuxer mux;
    mux.break_crc = true;
    rig.part(mux.tables({{0x1B, 0x99}}));
    mux.break_crc = false;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    EXPECT_EQ(rig.units.size(), 1U);
}

TEST(TsTables, AnyPidsWork) {
    Rig rig;
    TsMuxer mux;
    rig.part(mux.tables({{0x90, 0x1FFE}, {0x1B, 0x20}}, 0x1000));
    rig.part(mux.pes(0x20, 0, h264_unit(true, 500, 1)));
    rig.part(mux.pes(0x1FFE, 1, sound(1), {.stream_id = 0xBD, .bounded = true}));
    EXPECT_EQ(rig.units.size(), 2U);
}

TEST(TsTables, TableMayFillSeveralPackets) {
    Rig rig;
    TsMuxer mux;
    Buffer pmt = bytes_of({0x02, 0xB0, 0xF4, 0x00, 0x01, 0xF1, 0x00, 0x00, 0xE0, 0x44, 0xF0, 0xE2});
    pmt.resize(pmt.size() + 0xE2, std::byte{0x11}); // program descriptors
    append(pmt, Bytes(bytes_of({0x1B, 0xE0, 0x44, 0xF0, 0x00})));
    pmt[2] = static_cast<std::byte>(pmt.size() + 4 - 3);
    const Buffer pat = mux.tables({});
    rig.part(Bytes(pat).first(188));
    mux.counters_[test::kPmtPid] = 0;
    rig.part(mux.section(test::kPmtPid, pmt));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    EXPECT_EQ(rig.units.size(), 1U);
}

TEST(TsTables, TwoVideoPidsAreTwoLenses) {
    Rig rig;
    TsMuxer mux;
    rig.part(mux.tables({{0x1B, kVideoPid}, {0x24, kVideo2Pid}, {0x90, kAudioPid}}));
    Buffer second = *from_hex(
        "0000000140010c01ffff016000000300900000030000030096959809"
        "00000001420101016000000300900000030000030096a001402005a165959a4932bc05a020000003002000000301e1"
        "000000014401c172b46240");
    append(second, Bytes(bytes_of({0, 0, 0, 1, 0x26, 0x01, 0xAF, 1, 2, 3})));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    rig.part(mux.pes(kVideo2Pid, 1, second));
    ASSERT_EQ(rig.units.size(), 2U);
    EXPECT_EQ(rig.units[0].lens, 0U);
    EXPECT_EQ(rig.units[1].lens, 1U);
    EXPECT_EQ(rig.units[1].codec, Codec::h265);
    EXPECT_EQ(rig.demuxer.video_format(1)->width, 2560U);
    EXPECT_EQ(rig.demuxer.video_format(2), std::nullopt);
}

TEST(TsTables, AudioTypesAndRates) {
    struct Case {
        std::uint8_t type, nibble;
        Codec codec;
        std::uint32_t rate;
    };
    for (const Case& c : {Case{0x90, 15, Codec::pcma, 8000}, Case{0x91, 15, Codec::pcmu, 16000},
                          Case{0x90, 8, Codec::pcma, 16000}, Case{0x91, 11, Codec::pcmu, 8000},
                          Case{0x91, 3, Codec::pcmu, 16000}}) {
        Rig rig;
        TsMuxer mux;
        rig.part(mux.tables({{c.type, kAudioPid, c.nibble}}));
        rig.part(mux.pes(kAudioPid, 5, sound(9), {.stream_id = 0xC0, .bounded = true}));
        ASSERT_EQ(rig.units.size(), 1U);
        EXPECT_EQ(rig.units[0].codec, c.codec);
        EXPECT_EQ(rig.units[0].sample_rate, c.rate);
        EXPECT_EQ(*rig.units[0].data, sound(9));
    }
}

TEST(TsTables, UnknownStreamsAreCountedAndNamed) {
    Rig rig;
    TsMuxer mux;
    rig.part(mux.tables({{0x1B, kVideoPid}, {0x11, kAudioPid}, {0x90, 0x50}, {0x90, 0x51}}));
    rig.part(mux.pes(kAudioPid, 5, sound(9), {.stream_id = 0xC0, .bounded = true}));
    EXPECT_TRUE(rig.units.empty());
    EXPECT_THAT(rig.demuxer.ignored_types(), ElementsAre(0x11, 0x90));
    EXPECT_EQ(rig.demuxer.stats().ignored_packets, 5U);
}

TEST(TsTables, ChangedTableStartsNewTracksAndKeepsTheOthers) {
    Rig rig;
    TsMuxer mux;
    rig.part(mux.tables({{0x1B, kVideoPid}, {0x90, kAudioPid}}));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    rig.part(mux.tables({{0x1B, kVideoPid}, {0x91, kAudioPid}}));
    rig.part(mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 2)));
    rig.part(mux.pes(kAudioPid, 5, sound(9), {.stream_id = 0xC0, .bounded = true}));
    ASSERT_EQ(rig.units.size(), 3U);
    EXPECT_EQ(rig.units[2].codec, Codec::pcmu);
    rig.part(mux.tables({{0x24, kVideoPid}}));
    rig.part(mux.pes(kVideoPid, 2 * kFrame, h264_unit(false, 100, 3)));
    EXPECT_EQ(rig.units.size(), 3U);
}

TEST(SectionCrc, AgreesWithACamera) {
    const auto vectors = tplink::test::load_vectors("camera_media.json");
    Buffer section = tplink::test::hex(vectors, "/ts/pmt_section_from_a_C510W");
    EXPECT_EQ(crc32_mpeg(section), 0U);
    section[5] ^= std::byte{1};
    EXPECT_NE(crc32_mpeg(section), 0U);
}

} // namespace
} // namespace tplink::media
