#include "media/rtp/rtp_packet.hpp"

#include <gtest/gtest.h>

#include "media/ingest/arrival_clock.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;
using rtp::Payload;

AccessUnit unit_of(Codec codec, Buffer bytes) {
    AccessUnit unit;
    unit.codec = codec;
    unit.data = std::make_shared<const Buffer>(std::move(bytes));
    return unit;
}

Buffer nal(std::string_view head_hex, std::size_t size) {
    Buffer bytes = *from_hex("00000001");
    append(bytes, *from_hex(head_hex));
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(1 + i % 255));
    return bytes;
}

/// What a receiver makes of the payloads: NAL units behind start codes. source: RFC 6184 5.8, RFC 7798 4.4.3
Buffer reassemble(Codec codec, const std::vector<Payload>& payloads) {
    Buffer out;
    for (const Payload& payload : payloads) {
        Buffer bytes(payload.head.begin(), payload.head.begin() + payload.head_size);
        append(bytes, payload.body);
        EXPECT_LE(bytes.size(), rtp::kMaxPacket - rtp::kHeaderSize);
        const bool h265 = codec == Codec::h265;
        const unsigned type = h265 ? u8(bytes[0]) >> 1U & 0x3FU : u8(bytes[0]) & 0x1FU;
        const bool fragment = h265 ? type == 49 : type == 28;
        const std::size_t at = h265 ? 2 : 1;
        const bool first = !fragment || (u8(bytes[at]) & 0x80U) != 0;
        if (first) append(out, *from_hex("00000001"));
        if (fragment && first) {
            if (h265) {
                out.push_back((bytes[0] & std::byte{0x81}) | static_cast<std::byte>((u8(bytes[2]) & 0x3FU) << 1U));
                out.push_back(bytes[1]);
            } else {
                out.push_back((bytes[0] & std::byte{0xE0}) | (bytes[1] & std::byte{0x1F}));
            }
        }
        append(out, Bytes(bytes).subspan(fragment ? at + 1 : 0));
    }
    return out;
}

TEST(RtpPayloads, CutNalUnitsComeTogetherAgain) {
    for (const Codec codec : {Codec::h264, Codec::h265}) {
        const bool h265 = codec == Codec::h265;
        for (const std::size_t size : {10U, 1386U, 1387U, 1388U, 1389U, 5000U, 100000U}) {
            Buffer bytes = nal(h265 ? "4201" : "67", 20);
            append(bytes, nal(h265 ? "2601" : "65", size));
            std::vector<Payload> payloads;
            const AccessUnit unit = unit_of(codec, bytes);
            rtp::cut_payloads(unit, payloads);
            EXPECT_EQ(reassemble(codec, payloads), bytes) << h265 << size;
            EXPECT_TRUE(payloads.back().marker);
            EXPECT_FALSE(payloads.front().marker);
        }
    }
}

TEST(RtpPayloads, LeavesDelimitersOutAndCutsSoundInPackets) {
    Buffer bytes = *from_hex("0000000109f0");
    append(bytes, nal("41", 10));
    std::vector<Payload> payloads;
    const AccessUnit picture = unit_of(Codec::h264, bytes);
    rtp::cut_payloads(picture, payloads);
    ASSERT_EQ(payloads.size(), 1U);
    EXPECT_EQ(u8(payloads[0].body[0]), 0x41);
    payloads.clear();
    const AccessUnit sound = unit_of(Codec::pcma, Buffer(2000));
    rtp::cut_payloads(sound, payloads);
    ASSERT_EQ(payloads.size(), 2U);
    EXPECT_EQ(payloads[0].size() + payloads[1].size(), 2000U);
}

TEST(RtpPacket, ReadsWhatItWroteAndRefusesLies) {
    Buffer bytes(rtp::kHeaderSize);
    rtp::write_header(std::span(bytes).first<rtp::kHeaderSize>(), {8, true, 0xABCD, 0x01020304, 0x0A0B0C0D});
    append(bytes, "sound");
    const auto packet = rtp::parse_packet(bytes);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->payload_type, 8);
    EXPECT_TRUE(packet->marker);
    EXPECT_EQ(packet->sequence, 0xABCD);
    EXPECT_EQ(packet->timestamp, 0x01020304U);
    EXPECT_EQ(packet->ssrc, 0x0A0B0C0DU);
    EXPECT_EQ(as_text(packet->payload), "sound");
    // CSRC, extension and padding are taken off.
    const auto received = from_hex("b1080001000000020000000399999999" "bede0001aabbccdd" "73" "000003");
    const auto full = rtp::parse_packet(*received);  // points into what was received
    ASSERT_TRUE(full);
    EXPECT_EQ(as_text(full->payload), "s");
    for (const char* bad : {"", "80", "4008000100000002000000", "8f08000100000002000000030000", "900800010000000200000003", "90080001000000020000000300000004",
                            "a0080001000000020000000300", "a00800010000000200000003ff"})
        EXPECT_FALSE(rtp::parse_packet(*from_hex(bad))) << bad;
}

TEST(RtpPacket, SenderReportNamesTheWallClock) {
    EXPECT_EQ(rtp::ntp_of(WallTime(500ms)), 2208988800ULL << 32U | 0x80000000U);
    EXPECT_EQ(hex_lower(rtp::write_sender_report({1, 0x0102030405060708, 9, 10, 11})), "80c8000600000001010203040506070800000009" "0000000a0000000b");
}

SteadyTime at(std::chrono::milliseconds time) { return SteadyTime(time + 100s); }

TEST(ArrivalClock, SpacesUnitsAsStampedWhileArrivalJitters) {
    ArrivalClock clock;
    SteadyTime last = clock.time_of(0, at(0ms));
    for (int i = 1; i < 100; ++i) {
        const auto jitter = std::chrono::milliseconds(i % 7 * 20);
        const SteadyTime now = clock.time_of(i * 6000, at(std::chrono::milliseconds(i * 66 + i * 2 / 3) + jitter));
        EXPECT_LT(now - last, 75ms) << i;
        EXPECT_GT(now - last, 58ms) << i;
        last = now;
    }
}

TEST(ArrivalClock, StartsAnewWhenStampsJumpAndNeverGoesBack) {
    ArrivalClock clock;
    clock.time_of(1'000'000, at(0ms));
    EXPECT_EQ(clock.time_of(500, at(66ms)), at(66ms));               // the camera's clock began anew
    EXPECT_EQ(clock.time_of(900'000'000'000, at(132ms)), at(132ms)); // or leapt
    EXPECT_GT(clock.time_of(900'000'000'000, at(132ms)), at(132ms)); // or stands still
    EXPECT_GT(clock.time_of(INT64_MIN, at(140ms)), at(132ms));
}

}  // namespace
}  // namespace tplink::media
