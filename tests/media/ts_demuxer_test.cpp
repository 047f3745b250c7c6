#include "media/ts/ts_demuxer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/media/ts_rig.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::media {
namespace {

using test::bytes_of;
using test::data_of;
using test::h264_tables;
using test::h264_unit;
using test::kFrame;
using test::kVideoPid;
using test::make_sample;
using test::Rig;
using test::Sample;
using test::TsMuxer;
using ::testing::ElementsAre;

TEST(TsDemuxer, ReadsWhatACameraSends) {
    const auto vectors = tplink::test::load_vectors("camera_media.json");
    Rig rig;
    rig.part(tplink::test::hex(vectors, "/ts/utc_tag_packet_1789688911"));
    rig.part(tplink::test::hex(vectors, "/ts/pat_pid0"));
    rig.part(tplink::test::hex(vectors, "/ts/pmt_pid0x12"));
    rig.part(tplink::test::hex(vectors, "/ts/audio_part_pts_450000_cc_3"));
    ASSERT_EQ(rig.units.size(), 1U);
    const AccessUnit& unit = rig.units[0];
    EXPECT_EQ(unit.codec, Codec::pcma);
    EXPECT_EQ(unit.sample_rate, 8000U);
    EXPECT_EQ(unit.pts_90k, 450000);
    ASSERT_EQ(unit.data->size(), 800U);
    for (std::size_t i = 0; i < 800; ++i) ASSERT_EQ(u8((*unit.data)[i]), i % 2 == 0 ? 0x55 : 0xD5) << i;
    EXPECT_EQ(rig.demuxer.utc(), WallTime(std::chrono::seconds(1789688911)));
    EXPECT_EQ(rig.demuxer.stats().bad_crc, 0U);
    EXPECT_EQ(rig.demuxer.stats().dropped_units, 0U);
}

TEST(TsDemuxer, ReadsTablesAndSoundOfAnotherSender) {
    const auto vectors = tplink::test::load_vectors("camera_media.json");
    Rig rig;
    rig.part(tplink::test::hex(vectors, "/ts/talk_tables_go2rtc"));
    rig.part(tplink::test::hex(vectors, "/ts/talk_frame0_go2rtc_payload_00_9f_pts_0"));
    rig.part(tplink::test::hex(vectors, "/ts/talk_frame1_go2rtc_pts_160"));
    ASSERT_EQ(rig.units.size(), 2U);
    EXPECT_THAT(rig.stamps(), ElementsAre(0, 0)); // this sender repeats its stamp
    ASSERT_EQ(rig.units[1].data->size(), 160U);
    for (std::size_t i = 0; i < 160; ++i) EXPECT_EQ(u8((*rig.units[1].data)[i]), i);
    EXPECT_EQ(rig.demuxer.stats().bad_crc, 0U);
}

TEST(TsDemuxer, ReadsTimeStamps) {
    const auto vectors = tplink::test::load_vectors("camera_media.json");
    for (const auto& entry : vectors.at_pointer("/ts/pts").as_array()) {
        const Buffer bytes = tplink::test::hex(entry, "/bytes");
        ASSERT_EQ(bytes.size(), 5U);
        EXPECT_EQ(parse_pts(Bytes(bytes).first<5>()), entry.at("pts").to_number<std::uint64_t>());
    }
    const Buffer no_marker = *from_hex("2100010000");
    EXPECT_EQ(parse_pts(Bytes(no_marker).first<5>()), std::nullopt);
}

TEST(TsDemuxer, EmitsEachFrameAtTheEndOfItsPart) {
    Rig rig;
    TsMuxer mux;
    const Buffer key = h264_unit(true, 30000, 1);
    const Buffer delta = h264_unit(false, 5000, 2);
    Buffer part = h264_tables(mux);
    append(part, Bytes(mux.pes(kVideoPid, 90000, key, {.first_with_pcr = true})));
    rig.part(part, SteadyTime(1s));
    ASSERT_EQ(rig.units.size(), 1U);
    rig.part(mux.pes(kVideoPid, 96000, delta), SteadyTime(2s));
    ASSERT_EQ(rig.units.size(), 2U);
    EXPECT_TRUE(rig.units[0].keyframe);
    EXPECT_EQ(*rig.units[0].data, key);
    EXPECT_EQ(rig.units[0].arrival, SteadyTime(1s));
    EXPECT_FALSE(rig.units[1].keyframe);
    EXPECT_EQ(*rig.units[1].data, delta);
    EXPECT_EQ(rig.units[1].arrival, SteadyTime(2s));
    EXPECT_EQ(rig.units[1].codec, Codec::h264);
    ASSERT_TRUE(rig.demuxer.video_format());
    EXPECT_EQ(rig.demuxer.video_format()->width, 2304U);
}

TEST(TsDemuxer, KeyFrameContinuesOverSeveralParts) {
    Rig rig;
    TsMuxer mux;
    const Buffer key = h264_unit(true, 190000, 1);
    Buffer stream = h264_tables(mux);
    append(stream, Bytes(mux.pes(kVideoPid, 90000, key, {.first_with_pcr = true})));
    constexpr std::size_t kLargestPart = 345 * test::kPacket;
    for (std::size_t at = 0; at < stream.size(); at += kLargestPart) {
        EXPECT_TRUE(rig.units.empty());
        rig.part(Bytes(stream).subspan(at, std::min(kLargestPart, stream.size() - at)));
    }
    ASSERT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(*rig.units[0].data, key);
    EXPECT_EQ(rig.demuxer.stats().cut_by_stuffing, 0U);
}

TEST(TsDemuxer, FrameThatFillsItsPacketsEndsAtTheNextStart) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    const std::size_t overhead = 14 + h264_unit(true, 0, 0).size();
    const Buffer key = h264_unit(true, std::size_t{10} * 184 - overhead, 1);
    rig.part(mux.pes(kVideoPid, 0, key), SteadyTime(1s));
    EXPECT_TRUE(rig.units.empty());
    rig.part(mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 1)), SteadyTime(2s));
    ASSERT_EQ(rig.units.size(), 2U);
    EXPECT_EQ(*rig.units[0].data, key);
    EXPECT_EQ(rig.units[0].arrival, SteadyTime(1s));
}

TEST(TsDemuxer, PartsMayBeCutAtEveryByte) {
    const Sample sample = make_sample();
    for (std::size_t cut = 0; cut <= sample.stream.size(); ++cut) {
        Rig rig;
        rig.demuxer.push(Bytes(sample.stream).first(cut), {});
        rig.demuxer.push(Bytes(sample.stream).subspan(cut), {});
        rig.demuxer.end_of_part();
        // Sound is bounded and comes before the frame that only the next start ends, so order differs by
        // track alone.
        ASSERT_EQ(rig.units.size(), sample.units.size()) << cut;
        ASSERT_EQ(rig.demuxer.stats().sync_losses, 0U) << cut;
        ASSERT_EQ(rig.demuxer.stats().continuity_gaps, 0U) << cut;
    }
}

TEST(TsDemuxer, PiecesOfAnySizeGiveTheSame) {
    const Sample sample = make_sample();
    Rig whole;
    whole.part(sample.stream);
    for (std::size_t size = 1; size <= 400; ++size) {
        Rig rig;
        for (std::size_t at = 0; at < sample.stream.size(); at += size)
            rig.demuxer.push(Bytes(sample.stream).subspan(at, std::min(size, sample.stream.size() - at)), {});
        rig.demuxer.end_of_part();
        ASSERT_TRUE(data_of(rig.units) == data_of(whole.units)) << size;
    }
}

TEST(TsDemuxer, PartsGiveEveryUnitInOrder) {
    const Sample sample = make_sample();
    Rig rig;
    std::size_t begin = 0;
    for (const std::size_t end : sample.part_ends) {
        rig.part(Bytes(sample.stream).subspan(begin, end - begin));
        begin = end;
    }
    // Frame 7 fills its packets, so the sound that follows it overtakes it.
    std::vector<Buffer> expected = sample.units;
    std::swap(expected[9], expected[10]);
    EXPECT_TRUE(data_of(rig.units) == expected);
}

TEST(TsDemuxer, KeyFrameWithoutTimeStampIsTaken) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, std::nullopt, h264_unit(true, 500, 1)));
    rig.part(mux.pes(kVideoPid, 90000, h264_unit(false, 100, 2)));
    rig.part(mux.pes(kVideoPid, 96000, h264_unit(false, 100, 3)));
    rig.part(mux.pes(kVideoPid, std::nullopt, h264_unit(true, 500, 4)));
    EXPECT_THAT(rig.stamps(), ElementsAre(0, 90000, 96000, 102000));
}

TEST(TsDemuxer, TimeStampsRunOnPastTheirWrap) {
    Rig rig;
    TsMuxer mux;
    constexpr std::uint64_t kPeriod = std::uint64_t{1} << 33;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, kPeriod - 3000, h264_unit(true, 500, 1)));
    rig.part(mux.pes(kVideoPid, 3000, h264_unit(false, 100, 2)));
    rig.part(mux.pes(kVideoPid, kPeriod - 1000, h264_unit(false, 100, 3))); // backwards over the wrap
    rig.part(mux.pes(kVideoPid, 9000, h264_unit(false, 100, 4)));
    EXPECT_THAT(rig.stamps(), ElementsAre(kPeriod - 3000, kPeriod + 3000, kPeriod - 1000, kPeriod + 9000));
}

TEST(TsDemuxer, PesHeaderMayBeCutByPackets) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    const Buffer key = h264_unit(true, 100, 1);
    Buffer pes = bytes_of({0, 0, 1, 0xE0, 0, 0, 0x80, 0x80, 5});
    append(pes, Bytes(TsMuxer::pts_bytes(4711)));
    append(pes, Bytes(key));
    Buffer stream;
    for (std::size_t i = 0; i < pes.size(); ++i)
        append(stream, Bytes(mux.packet(kVideoPid, i == 0, Bytes(pes).subspan(i, 1), {})));
    rig.part(stream);
    ASSERT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(*rig.units[0].data, key);
    EXPECT_EQ(rig.units[0].pts_90k, 4711);
}

TEST(TsDemuxer, ReadsTagsOfTheNullPid) {
    Rig rig;
    TsMuxer mux;
    Buffer filler(184);
    rig.part(mux.packet(kNullPid, false, filler, {}));
    EXPECT_EQ(rig.demuxer.utc(), std::nullopt);
    filler[0] = std::byte{0x01};
    std::fill(filler.begin() + 3, filler.begin() + 11, std::byte{0xFF});
    rig.part(mux.packet(kNullPid, false, filler, {}));
    EXPECT_EQ(rig.demuxer.utc(), std::nullopt);
    EXPECT_FALSE(rig.demuxer.end_of_playback());
    filler[0] = std::byte{0x12};
    rig.part(mux.packet(kNullPid, false, filler, {}));
    EXPECT_TRUE(rig.demuxer.end_of_playback());
}

} // namespace
} // namespace tplink::media
