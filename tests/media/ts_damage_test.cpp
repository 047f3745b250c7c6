// What the demuxer does with streams that were damaged on their way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/media/ts_rig.hpp"

namespace tplink::media {
namespace {

using test::bytes_of;
using test::h264_tables;
using test::h264_unit;
using test::kAudioPid;
using test::kFrame;
using test::kVideo2Pid;
using test::kVideoPid;
using test::make_sample;
using test::Rig;
using test::Sample;
using test::sound;
using test::TsMuxer;
using ::testing::ElementsAre;

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

TEST(TsDamage, EachMissingPacketIsNoticed) {
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

TEST(TsDamage, MissingBytesAreNoticed) {
    const Sample sample = make_sample();
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        Buffer damaged = sample.stream;
        const std::size_t at = random() % damaged.size();
        std::size_t count = 1 + random() % 600;
        // Whole packets' worth from the middle of one to the middle of another: nothing in the format shows
        // that.
        if (count % test::kPacket == 0) ++count;
        count = std::min(count, damaged.size() - at);
        const auto from = damaged.begin() + static_cast<std::ptrdiff_t>(at);
        damaged.erase(from, from + static_cast<std::ptrdiff_t>(count));
        Rig rig;
        rig.part(damaged);
        expect_only_originals(rig, sample);
    }
}

TEST(TsDamage, NoiseBetweenPacketsCostsAtMostOneGop) {
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
        const auto frames = std::count_if(rig.units.begin(), rig.units.end(),
                                          [](const AccessUnit& u) { return is_video(u.codec); });
        ASSERT_GE(frames, 4) << at;
    }
}

TEST(TsDamage, GapDropsEverythingUntilTheNextKeyframe) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    (void)mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 2)); // lost
    rig.part(mux.pes(kVideoPid, 2 * kFrame, h264_unit(false, 100, 3)));
    rig.part(mux.pes(kAudioPid, 7, sound(1), {.stream_id = 0xC0, .bounded = true}));
    rig.part(mux.pes(kVideoPid, 3 * kFrame, h264_unit(true, 500, 4)));
    EXPECT_THAT(rig.stamps(), ElementsAre(0, 7, 3 * kFrame));
    EXPECT_EQ(rig.demuxer.stats().continuity_gaps, 1U);
    EXPECT_EQ(rig.demuxer.stats().video.waiting, 1U);
}

TEST(TsDamage, RepeatedPacketIsUsedOnce) {
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

TEST(TsDamage, AnnouncedDiscontinuityIsNoLoss) {
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

TEST(TsDamage, PacketMarkedAsDamagedOrScrambledDropsItsFrame) {
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

TEST(TsDamage, DroppedPartIsALossEvenWhenCountersAgree) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    rig.part(mux.pes(kVideoPid, 0, h264_unit(true, 500, 1)));
    rig.demuxer.lost();
    rig.part(mux.pes(kVideoPid, kFrame, h264_unit(false, 100, 2)));
    rig.part(mux.pes(kVideoPid, 2 * kFrame, h264_unit(true, 500, 3)));
    EXPECT_THAT(rig.stamps(), ElementsAre(0, 2 * kFrame));
}

TEST(TsDamage, PieceOfAPacketBeforeADroppedPartIsForgotten) {
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

TEST(TsDamage, LossInOneLensLeavesTheOther) {
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

TEST(TsDamage, TooLargeAFrameIsDroppedAndItsMemoryGivenBack) {
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

TEST(TsDamage, CutSoundIsDropped) {
    Rig rig;
    TsMuxer mux;
    rig.part(h264_tables(mux));
    const Buffer whole = mux.pes(kAudioPid, 5, sound(1), {.stream_id = 0xC0, .bounded = true});
    mux.counters_[kAudioPid] = 3;
    rig.part(Bytes(whole).first(3 * test::kPacket));
    rig.part(mux.pes(kAudioPid, 6, sound(2), {.stream_id = 0xC0, .bounded = true}));
    EXPECT_THAT(rig.stamps(), ElementsAre(6));
    EXPECT_EQ(rig.demuxer.stats().dropped_units, 1U);
}

TEST(TsDamage, BytesThatAreNoPesAreDropped) {
    const std::vector<Buffer> heads{
        bytes_of({0, 0, 2, 0xE0, 0, 0, 0x80, 0, 0}), bytes_of({0, 0, 1, 0xBE, 0, 0, 0x80, 0, 0}),
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

TEST(TsDamage, FindsTheStreamBehindLeadingGarbage) {
    Sample sample = make_sample();
    Buffer stream = bytes_of({0x47, 1, 2, 3, 0x47, 0x47});
    append(stream, Bytes(sample.stream));
    Rig rig;
    rig.part(stream);
    EXPECT_EQ(rig.units.size(), sample.units.size());
    EXPECT_EQ(rig.demuxer.stats().skipped_bytes, 6U);
    EXPECT_EQ(rig.demuxer.stats().sync_losses, 1U);
}

TEST(TsDamage, LastPacketOfAPartNeedsNoSuccessor) {
    Rig rig;
    TsMuxer mux;
    Buffer part = bytes_of({1, 2, 3});
    append(part, Bytes(mux.packet(kNullPid, false, Buffer(184), {})));
    rig.part(part);
    EXPECT_EQ(rig.demuxer.stats().packets, 1U);
}

TEST(TsDamage, LearnsThatStuffingDoesNotEndAFrame) {
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

} // namespace
} // namespace tplink::media
