#include "media/ts/ts_demuxer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/media/ts_muxer.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::media {
namespace {

using test::bytes_of;
using test::h264_unit;
using test::kAudioPid;
using test::kVideo2Pid;
using test::kVideoPid;
using test::TsMuxer;
using ::testing::ElementsAre;

constexpr std::uint64_t kFrame = 6000;  // 15 fps

/// A demuxer and what came out of it.
struct Rig {
    std::vector<AccessUnit> units;
    TsDemuxer demuxer{[this](AccessUnit unit) { units.push_back(std::move(unit)); }};

    void part(Bytes bytes, SteadyTime arrival = {}) {
        demuxer.push(bytes, arrival);
        demuxer.end_of_part();
    }
    std::vector<std::int64_t> stamps() const {
        std::vector<std::int64_t> out;
        for (const AccessUnit& unit : units) out.push_back(unit.pts_90k);
        return out;
    }
};

Buffer h264_tables(TsMuxer& mux) { return mux.tables({{0x1B, kVideoPid}, {0x90, kAudioPid}}); }

Buffer sound(std::uint8_t seed, std::size_t size = 800) {
    Buffer out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(seed + i);
    return out;
}

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
    EXPECT_THAT(rig.stamps(), ElementsAre(0, 0));  // this sender repeats its stamp
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
    const Buffer key = h264_unit(true, 10 * 184 - overhead, 1);
    rig.part(mux.pes(kVideoPid, 0, key), SteadyTime(1s));
    EXPECT_TRUE(rig.units.empty());
    rig.part(mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 1)), SteadyTime(2s));
    ASSERT_EQ(rig.units.size(), 2U);
    EXPECT_EQ(*rig.units[0].data, key);
    EXPECT_EQ(rig.units[0].arrival, SteadyTime(1s));
}

TEST(TsDemuxer, LearnsThatStuffingDoesNotEndAFrame) {
    Rig rig;
    TsMuxer mux;
    const Buffer key = h264_unit(true, 300, 1);
    const auto split_frame = [&](std::uint64_t pts) {
        // The first half's last packet carries stuffing although the frame goes on.
        Buffer head = mux.pes(kVideoPid, pts, Bytes(key).first(250));
        const Buffer tail = mux.packet(kVideoPid, false, Bytes(key).subspan(250), {});
        rig.part(head);
        rig.part(tail);
    };
    rig.part(h264_tables(mux));
    split_frame(0);
    EXPECT_EQ(rig.demuxer.stats().cut_by_stuffing, 1U);
    rig.units.clear();
    split_frame(kFrame);
    split_frame(2 * kFrame);
    ASSERT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(*rig.units[0].data, key);
    EXPECT_EQ(rig.demuxer.stats().cut_by_stuffing, 1U);
}

/// Without bytes that look like a sync byte: one of them at the right place hides a loss for one packet.
Buffer no_sync_bytes(Buffer unit) {
    std::replace(unit.begin(), unit.end(), std::byte{0x47}, std::byte{0x48});
    return unit;
}

/// Tables, then two GOPs of five frames with sound between, bounded and not, with and without stuffing at the end.
struct Sample {
    Buffer stream;
    std::vector<std::size_t> part_ends;
    std::vector<Buffer> units;
};

Sample make_sample() {
    Sample sample;
    TsMuxer mux;
    for (unsigned frame = 0; frame < 10; ++frame) {
        const bool key = frame % 5 == 0;
        if (key) append(sample.stream, Bytes(h264_tables(mux)));
        const std::size_t size = key ? 900 : frame == 7 ? 184 * 2 - 14 - 6 : 150 + frame * 20;
        const Buffer unit = no_sync_bytes(h264_unit(key, size, static_cast<std::uint8_t>(frame)));
        append(sample.stream, Bytes(mux.pes(kVideoPid, frame * kFrame, unit, {.bounded = frame % 4 == 2})));
        sample.units.push_back(unit);
        sample.part_ends.push_back(sample.stream.size());
        if (frame % 3 == 1) {
            const Buffer audio = no_sync_bytes(sound(static_cast<std::uint8_t>(frame), 320));
            append(sample.stream, Bytes(mux.pes(kAudioPid, frame * kFrame, audio, {.stream_id = 0xC0, .bounded = true})));
            sample.units.push_back(audio);
            sample.part_ends.push_back(sample.stream.size());
        }
    }
    return sample;
}

std::vector<Buffer> data_of(const std::vector<AccessUnit>& units) {
    std::vector<Buffer> out;
    for (const AccessUnit& unit : units) out.push_back(*unit.data);
    return out;
}

TEST(TsDemuxer, PartsMayBeCutAtEveryByte) {
    const Sample sample = make_sample();
    for (std::size_t cut = 0; cut <= sample.stream.size(); ++cut) {
        Rig rig;
        rig.demuxer.push(Bytes(sample.stream).first(cut), {});
        rig.demuxer.push(Bytes(sample.stream).subspan(cut), {});
        rig.demuxer.end_of_part();
        // Sound is bounded and comes before the frame that only the next start ends, so order differs by track alone.
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

/// Every video unit is one of the originals; after a missing one the next is a keyframe.
void expect_only_originals(const Rig& rig, const Sample& sample) {
    std::int64_t last = -static_cast<std::int64_t>(kFrame);
    for (const AccessUnit& unit : rig.units) {
        ASSERT_NE(std::find(sample.units.begin(), sample.units.end(), *unit.data), sample.units.end());
        if (!is_video(unit.codec)) continue;
        if (!unit.keyframe) {
            ASSERT_EQ(unit.pts_90k, last + static_cast<std::int64_t>(kFrame));
        }
        last = unit.pts_90k;
    }
}

TEST(TsDemuxer, EachMissingPacketIsNoticed) {
    const Sample sample = make_sample();
    for (std::size_t at = 0; at < sample.stream.size(); at += test::kPacket) {
        Buffer damaged = sample.stream;
        const auto from = damaged.begin() + static_cast<std::ptrdiff_t>(at);
        damaged.erase(from, from + test::kPacket);
        Rig rig;
        rig.part(damaged);
        expect_only_originals(rig, sample);
    }
}

TEST(TsDemuxer, MissingBytesAreNoticed) {
    const Sample sample = make_sample();
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        Buffer damaged = sample.stream;
        const std::size_t at = random() % damaged.size();
        std::size_t count = 1 + random() % 600;
        // Whole packets' worth from the middle of one to the middle of another: nothing in the format shows that.
        if (count % test::kPacket == 0) ++count;
        count = std::min(count, damaged.size() - at);
        const auto from = damaged.begin() + static_cast<std::ptrdiff_t>(at);
        damaged.erase(from, from + static_cast<std::ptrdiff_t>(count));
        Rig rig;
        rig.part(damaged);
        expect_only_originals(rig, sample);
    }
}

TEST(TsDemuxer, NoiseBetweenPacketsCostsAtMostOneGop) {
    const Sample sample = make_sample();
    std::mt19937 random(11);
    for (int round = 0; round < 500; ++round) {
        Buffer noisy = sample.stream;
        const std::size_t at = test::kPacket * (random() % (noisy.size() / test::kPacket));
        Buffer noise(1 + random() % 1000);
        for (std::byte& b : noise) b = static_cast<std::byte>(random());
        noisy.insert(noisy.begin() + static_cast<std::ptrdiff_t>(at), noise.begin(), noise.end());
        Rig rig;
        rig.part(noisy);
        expect_only_originals(rig, sample);
        const auto frames = std::count_if(rig.units.begin(), rig.units.end(), [](const AccessUnit& u) { return is_video(u.codec); });
        ASSERT_GE(frames, 4) << at;
    }
}

TEST(TsDemuxer, GapDropsEverythingUntilTheNextKeyframe) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    (void)mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 2));  // lost
    rig.part(mux.pes(kVideoPid, 2 * kFrame, h264_unit(false, 100, 3)));
    rig.part(mux.pes(kAudioPid, 7, sound(1), {.stream_id = 0xC0, .bounded = true}));
    rig.part(mux.pes(kVideoPid, 3 * kFrame, h264_unit(true, 500, 4)));
    EXPECT_THAT(rig.stamps(), ElementsAre(0, 7, 3 * kFrame));
    EXPECT_EQ(rig.demuxer.stats().continuity_gaps, 1U);
    EXPECT_EQ(rig.demuxer.stats().video.waiting, 1U);
}

TEST(TsDemuxer, RepeatedPacketIsUsedOnce) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    const Buffer key = h264_unit(true, 500, 1);
    Buffer stream = mux.pes(kVideoPid, 0, key);
    const Buffer second(stream.begin() + 188, stream.begin() + 376);
    stream.insert(stream.begin() + 376, second.begin(), second.end());
    rig.part(stream);
    ASSERT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(*rig.units[0].data, key);
    EXPECT_EQ(rig.demuxer.stats().continuity_gaps, 0U);
}

TEST(TsDemuxer, AnnouncedDiscontinuityIsNoLoss) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    mux.counters_[kVideoPid] = static_cast<std::uint8_t>(mux.counters_[kVideoPid] + 5);
    Buffer next = mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 2));
    next[5] |= std::byte{0x80};
    rig.part(next);
    EXPECT_EQ(rig.units.size(), 2U);
    EXPECT_EQ(rig.demuxer.stats().continuity_gaps, 0U);
}

TEST(TsDemuxer, PacketMarkedAsDamagedOrScrambledDropsItsFrame) {
    for (const auto& [index, bit] : {std::pair<std::size_t, unsigned>{1, 0x80}, {3, 0x80}}) {
        Rig rig;
        TsMuxer mux;
        rig.part(h264_tables(mux));
        Buffer stream = mux.pes(kVideoPid, 0, h264_unit(true, 500, 1));
        stream[188 + index] |= static_cast<std::byte>(bit);
        rig.part(stream);
        rig.part(mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 2)));
        EXPECT_TRUE(rig.units.empty());
        EXPECT_EQ(rig.demuxer.stats().bad_packets, 1U);
    }
}

TEST(TsDemuxer, DroppedPartIsALossEvenWhenCountersAgree) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    rig.demuxer.lost();
    rig.part(mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 2)));
    rig.part(mux.pes(kVideoPid, 2 * kFrame, h264_unit(true, 500, 3)));
    EXPECT_THAT(rig.stamps(), ElementsAre(0, 2 * kFrame));
}

TEST(TsDemuxer, PieceOfAPacketBeforeADroppedPartIsForgotten) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    const Buffer first = mux.pes(kVideoPid, 0, h264_unit(true, 500, 1));
    rig.demuxer.push(Bytes(first).first(100), {});
    rig.demuxer.lost();
    rig.part(mux.pes(kVideoPid, kFrame, h264_unit(true, 500, 2)));
    EXPECT_THAT(rig.stamps(), ElementsAre(kFrame));
    EXPECT_EQ(rig.demuxer.stats().sync_losses, 0U);
}

TEST(TsDemuxer, TableWithABadCrcIsCountedAndUsed) {
    Rig rig;
    TsMuxer mux;
    mux.break_crc = true;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    EXPECT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(rig.demuxer.stats().bad_crc, 2U);
}

TEST(TsDemuxer, TableWithABadCrcDoesNotReplaceAGoodOne) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    mux.break_crc = true;
    rig.part(mux.tables({{0x1B, 0x99}}));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    EXPECT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(rig.demuxer.stats().bad_crc, 2U);
}

TEST(TsDemuxer, GoodTableReplacesADamagedOne) {
    Rig rig;
    TsMuxer mux;
    mux.break_crc = true;
    rig.part(mux.tables({{0x1B, 0x99}}));
    mux.break_crc = false;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    EXPECT_EQ(rig.units.size(), 1U);
}

TEST(TsDemuxer, AnyPidsWork) {
    Rig rig;
    TsMuxer mux;
    rig.part(mux.tables({{0x90, 0x1FFE}, {0x1B, 0x20}}, 0x1000));
    rig.part(mux.pes(0x20, 0, h264_unit(true, 500, 1)));
    rig.part(mux.pes(0x1FFE, 1, sound(1), {.stream_id = 0xBD, .bounded = true}));
    EXPECT_EQ(rig.units.size(), 2U);
}

TEST(TsDemuxer, TableMayFillSeveralPackets) {
    Rig rig;
    TsMuxer mux;
    Buffer pmt = bytes_of({0x02, 0xB0, 0xF4, 0x00, 0x01, 0xF1, 0x00, 0x00, 0xE0, 0x44, 0xF0, 0xE2});
    pmt.resize(pmt.size() + 0xE2, std::byte{0x11});  // program descriptors
    append(pmt, Bytes(bytes_of({0x1B, 0xE0, 0x44, 0xF0, 0x00})));
    pmt[2] = static_cast<std::byte>(pmt.size() + 4 - 3);
    const Buffer pat = mux.tables({});
    rig.part(Bytes(pat).first(188));
    mux.counters_[test::kPmtPid] = 0;
    rig.part(mux.section(test::kPmtPid, pmt));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    EXPECT_EQ(rig.units.size(), 1U);
}

TEST(TsDemuxer, TwoVideoPidsAreTwoLenses) {
    Rig rig;
    TsMuxer mux;
    rig.part(mux.tables({{0x1B, kVideoPid}, {0x24, kVideo2Pid}, {0x90, kAudioPid}}));
    Buffer second = *from_hex("0000000140010c01ffff016000000300900000030000030096959809"
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

TEST(TsDemuxer, LossInOneLensLeavesTheOther) {
    Rig rig;
    TsMuxer mux;
    rig.part(mux.tables({{0x1B, kVideoPid}, {0x1B, kVideo2Pid}}));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    rig.part(mux.pes(kVideo2Pid, 1, h264_unit(true, 500, 2)));
    mux.counters_[kVideoPid]++;
    rig.part(mux.pes(kVideoPid, 2, h264_unit(false, 100, 3)));
    rig.part(mux.pes(kVideo2Pid, 3, h264_unit(false, 100, 4)));
    EXPECT_THAT(rig.stamps(), ElementsAre(0, 1, 3));
}

TEST(TsDemuxer, AudioTypesAndRates) {
    struct Case {
        std::uint8_t type, nibble;
        Codec codec;
        std::uint32_t rate;
    };
    for (const Case& c : {Case{0x90, 15, Codec::pcma, 8000}, Case{0x91, 15, Codec::pcmu, 16000}, Case{0x90, 8, Codec::pcma, 16000},
                          Case{0x91, 11, Codec::pcmu, 8000}, Case{0x91, 3, Codec::pcmu, 16000}}) {
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

TEST(TsDemuxer, UnknownStreamsAreCountedAndNamed) {
    Rig rig;
    TsMuxer mux;
    rig.part(mux.tables({{0x1B, kVideoPid}, {0x0F, kAudioPid}, {0x90, 0x50}, {0x90, 0x51}}));
    rig.part(mux.pes(kAudioPid, 5, sound(9), {.stream_id = 0xC0, .bounded = true}));
    EXPECT_TRUE(rig.units.empty());
    EXPECT_THAT(rig.demuxer.ignored_types(), ElementsAre(0x0F, 0x90));
    EXPECT_EQ(rig.demuxer.stats().ignored_packets, 5U);
}

TEST(TsDemuxer, ChangedTableStartsNewTracksAndKeepsTheOthers) {
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
    rig.part(mux.pes(kVideoPid, kPeriod - 1000, h264_unit(false, 100, 3)));  // backwards over the wrap
    rig.part(mux.pes(kVideoPid, 9000, h264_unit(false, 100, 4)));
    EXPECT_THAT(rig.stamps(), ElementsAre(kPeriod - 3000, kPeriod + 3000, kPeriod - 1000, kPeriod + 9000));
}

TEST(TsDemuxer, TooLargeAFrameIsDroppedAndItsMemoryGivenBack) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, TsDemuxer::kMaxVideoUnit, 1)));
    rig.part(mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 2)));
    EXPECT_TRUE(rig.units.empty());
    EXPECT_EQ(rig.demuxer.stats().dropped_units, 1U);
    rig.part(mux.pes(kVideoPid, 2 * kFrame, h264_unit(true, 500, 3)));
    EXPECT_EQ(rig.units.size(), 1U);
}

TEST(TsDemuxer, CutSoundIsDropped) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    const Buffer whole = mux.pes(kAudioPid, 5, sound(1), {.stream_id = 0xC0, .bounded = true});
    mux.counters_[kAudioPid] = 3;
    rig.part(Bytes(whole).first(3 * 188));
    rig.part(mux.pes(kAudioPid, 6, sound(2), {.stream_id = 0xC0, .bounded = true}));
    EXPECT_THAT(rig.stamps(), ElementsAre(6));
    EXPECT_EQ(rig.demuxer.stats().dropped_units, 1U);
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
    for (std::size_t i = 0; i < pes.size(); ++i) append(stream, Bytes(mux.packet(kVideoPid, i == 0, Bytes(pes).subspan(i, 1), {})));
    rig.part(stream);
    ASSERT_EQ(rig.units.size(), 1U);
    EXPECT_EQ(*rig.units[0].data, key);
    EXPECT_EQ(rig.units[0].pts_90k, 4711);
}

TEST(TsDemuxer, BytesThatAreNoPesAreDropped) {
    const std::vector<Buffer> heads{bytes_of({0, 0, 2, 0xE0, 0, 0, 0x80, 0, 0}), bytes_of({0, 0, 1, 0xBE, 0, 0, 0x80, 0, 0}),
                                    bytes_of({0, 0, 1, 0xE0, 0, 0, 0xB0, 0, 0}), bytes_of({0, 0, 1, 0xE0, 0, 2, 0x80, 0, 0}),
                                    bytes_of({0, 0, 1, 0xE0, 0, 0, 0x40, 0, 0})};
    for (const Buffer& head : heads) {
        Rig rig;
        TsMuxer mux;
        rig.part(h264_tables(mux));
        Buffer payload = head;
        append(payload, Bytes(h264_unit(true, 50, 1)));
        rig.part(mux.packet(kVideoPid, true, payload, {}));
        EXPECT_TRUE(rig.units.empty());
        EXPECT_EQ(rig.demuxer.stats().dropped_units, 1U);
    }
}

TEST(TsDemuxer, FindsTheStreamBehindLeadingGarbage) {
    Sample sample = make_sample();
    Buffer stream = bytes_of({0x47, 1, 2, 3, 0x47, 0x47});
    append(stream, Bytes(sample.stream));
    Rig rig;
    rig.part(stream);
    EXPECT_EQ(rig.units.size(), sample.units.size());
    EXPECT_EQ(rig.demuxer.stats().skipped_bytes, 6U);
    EXPECT_EQ(rig.demuxer.stats().sync_losses, 1U);
}

TEST(TsDemuxer, LastPacketOfAPartNeedsNoSuccessor) {
    Rig rig;
    TsMuxer mux;
    Buffer part = bytes_of({1, 2, 3});
    append(part, Bytes(mux.packet(kNullPid, false, Buffer(184), {})));
    rig.part(part);
    EXPECT_EQ(rig.demuxer.stats().packets, 1U);
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

TEST(SectionCrc, AgreesWithACamera) {
    const auto vectors = tplink::test::load_vectors("camera_media.json");
    Buffer section = tplink::test::hex(vectors, "/ts/pmt_section_from_a_C510W");
    EXPECT_EQ(crc32_mpeg(section), 0U);
    section[5] ^= std::byte{1};
    EXPECT_NE(crc32_mpeg(section), 0U);
}

}  // namespace
}  // namespace tplink::media
