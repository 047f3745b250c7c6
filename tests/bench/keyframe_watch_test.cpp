#include "tests/bench/keyframe_watch.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace tplink::bench {
namespace {

struct Packet {
    std::uint16_t sequence;
    bool marker;
    std::initializer_list<unsigned> payload;
    std::uint32_t timestamp = 1;
};

Buffer bytes(const Packet& packet) {
    Buffer out{std::byte{0x80}, packet.marker ? std::byte{0xE0} : std::byte{0x60}};
    out.push_back(static_cast<std::byte>(packet.sequence >> 8));
    out.push_back(static_cast<std::byte>(packet.sequence));
    for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::byte>(packet.timestamp >> shift));
    out.resize(12);
    for (const unsigned octet : packet.payload) out.push_back(static_cast<std::byte>(octet));
    return out;
}

/// Index of the packet that completed a keyframe, -1: none.
int completes(KeyframeWatch& watch, std::initializer_list<Packet> packets) {
    int at = 0;
    for (const Packet& packet : packets) {
        if (watch.feed(bytes(packet))) return at;
        ++at;
    }
    return -1;
}

// 24: STAP-A with SPS (7) and PPS (8); 28: FU-A of an IDR slice (5), flags in the second octet.
constexpr std::initializer_list<unsigned> kSets{24, 0, 2, 0x67, 1, 0, 1, 0x68};

TEST(KeyframeWatch, IsCompleteWithTheLastFragment) {
    KeyframeWatch watch(KeyframeWatch::Codec::h264);
    EXPECT_EQ(completes(watch, {{65534, false, kSets},
                                {65535, false, {28, 0x85, 9}},
                                {0, false, {28, 5, 9}},
                                {1, true, {28, 0x45, 9}}}),
              3);
    EXPECT_EQ(watch.frames(), 1U);
    EXPECT_EQ(watch.lost(), 0U);
}

TEST(KeyframeWatch, ALostPacketWaitsForTheNextKeyframe) {
    KeyframeWatch watch(KeyframeWatch::Codec::h264);
    EXPECT_EQ(completes(watch, {{1, false, kSets}, {2, false, {28, 0x85, 9}}, {4, true, {28, 0x45, 9}}}), -1);
    EXPECT_EQ(watch.lost(), 1U);
    EXPECT_EQ(completes(watch, {{5, true, {0x41, 9}, 2}, {6, true, {0x65, 9}, 3}}), 1);
    EXPECT_EQ(watch.frames(), 2U);
}

TEST(KeyframeWatch, WithoutParameterSetsNothingCanBeShown) {
    KeyframeWatch watch(KeyframeWatch::Codec::h264);
    EXPECT_EQ(completes(watch, {{1, true, {0x65, 9}}}), -1);
    EXPECT_EQ(completes(watch, {{2, false, {0x67, 1}}, {3, false, {0x68, 1}}, {4, true, {0x65, 9}}}), 2);
}

TEST(KeyframeWatch, KnowsH265) {
    KeyframeWatch watch(KeyframeWatch::Codec::h265);
    EXPECT_EQ(
        completes(watch,
                  {{1, false, {96, 1, 0, 3, 64, 1, 7, 0, 3, 66, 1, 7, 0, 3, 68, 1, 7}}, // AP: VPS, SPS, PPS
                   {2, false, {98, 1, 0x80 | 19, 7}},                                   // FU: IDR
                   {3, true, {98, 1, 0x40 | 19, 7}}}),
        2);
}

TEST(KeyframeWatch, BytesThatAreNoPacketChangeNothing) {
    KeyframeWatch watch(KeyframeWatch::Codec::h264);
    EXPECT_FALSE(watch.feed({}));
    Buffer cut = bytes({1, true, {0x65}});
    cut.resize(12);
    EXPECT_FALSE(watch.feed(cut));
    cut[0] = std::byte{0xBF}; // padding, extension and 15 sources announced
    EXPECT_FALSE(watch.feed(cut));
    EXPECT_EQ(watch.frames(), 0U);
}

} // namespace
} // namespace tplink::bench
