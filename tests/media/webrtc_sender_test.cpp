#include "media/webrtc/sender.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "media/codec/g711.hpp"
#include "media/webrtc/answer.hpp"

namespace tplink::media::webrtc {
namespace {

using namespace std::chrono_literals;

struct Network final : PacketOut {
    std::size_t send(Bytes bytes, std::span<const std::size_t> sizes) override {
        if (full) return 0;
        for (const std::size_t size : sizes) {
            packets.push_back(to_buffer(bytes.first(size)));
            bytes = bytes.subspan(size);
        }
        return sizes.size();
    }
    bool full = false;
    std::vector<Buffer> packets;
};

bool is_report(const Buffer& packet) { return u8(packet[1]) == 200; }

/// The payload of a packet as its receiver reads it: in counter mode sealing opens.
Buffer payload_of(Buffer packet) {
    constexpr std::size_t kTag = 10;
    packet.resize(packet.size() - kTag);
    const std::size_t size = packet.size();
    packet.resize(size + rtp::SrtpSealer::kMostRtpGrowth);
    rtp::SrtpSealer(rtp::SrtpKeys{}).seal_rtp(packet, size, load_be16(Bytes(packet).subspan(2).first<2>()));
    return to_buffer(Bytes(packet).subspan(rtp::kHeaderSize, size - rtp::kHeaderSize));
}

rtp::Packet head_of(const Buffer& packet) { return rtp::parse_packet(packet).value_or(rtp::Packet{}); }

AccessUnit picture(std::size_t size, bool keyframe = true) {
    Buffer bytes = *from_hex(keyframe ? "0000000165" : "0000000141");
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(1 + i % 255));
    AccessUnit unit;
    unit.codec = Codec::h264;
    unit.keyframe = keyframe;
    unit.arrival = std::chrono::steady_clock::now();
    unit.data = std::make_shared<const Buffer>(std::move(bytes));
    return unit;
}

class WebrtcSenderTest : public ::testing::Test {
protected:
    void start(std::optional<std::uint8_t> again = 97, bool ulaw = false) {
        SenderOptions options;
        options.video = {96, kVideo, again, kAgain};
        options.sound = SentSound{8, kSound, ulaw};
        options.name = "me";
        options.wake = [this] { ++wakes_; };
        sender_ = std::make_unique<Sender>(options, rtp::SrtpKeys{}, network_);
    }

    std::vector<Buffer> sent(std::uint32_t ssrc) const {
        std::vector<Buffer> out;
        for (const Buffer& packet : network_->packets)
            if (!is_report(packet) && head_of(packet).ssrc == ssrc) out.push_back(packet);
        return out;
    }

    static constexpr std::uint32_t kVideo = 0x11111111, kAgain = 0x22222222, kSound = 0x33333333;
    std::shared_ptr<Network> network_ = std::make_shared<Network>();
    std::unique_ptr<Sender> sender_;
    int wakes_ = 0;
};

TEST_F(WebrtcSenderTest, PicturesLeaveInWholeAndInOrder) {
    start();
    for (const std::size_t size : {500U, 9000U}) ASSERT_EQ(sender_->deliver(picture(size), 0), Taken::taken);
    const auto packets = sent(kVideo);
    ASSERT_EQ(packets.size(), 1U + 8U);
    EXPECT_TRUE(is_report(network_->packets.front())) << "the report that ties sound and picture together comes first";
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const auto head = head_of(packets[i]);
        EXPECT_EQ(head.sequence, static_cast<std::uint16_t>(head_of(packets[0]).sequence + i));
        EXPECT_EQ(head.payload_type, 96);
        EXPECT_EQ(head.marker, i == 0 || i + 1 == packets.size());
        EXPECT_LE(packets[i].size(), Sender::kMaxPacket + 10);
    }
    EXPECT_EQ(payload_of(packets[0]), to_buffer(Bytes(*picture(500).data).subspan(4)));
    EXPECT_GT(static_cast<std::int32_t>(head_of(packets[1]).timestamp - head_of(packets[0]).timestamp), 0);
    EXPECT_EQ(head_of(packets[1]).timestamp, head_of(packets.back()).timestamp);
}

TEST_F(WebrtcSenderTest, WhatIsMissingIsSentAgainInItsOwnStream) {
    start();
    sender_->deliver(picture(5000), 0);
    const Buffer lost = sent(kVideo).at(2);
    Buffer nack = *from_hex("81cd0003000000011111111100000000");
    store_be16(std::span(nack).subspan(12).first<2>(), head_of(lost).sequence);
    sender_->hear(nack);
    const auto again = sent(kAgain);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(head_of(again[0]).payload_type, 97);
    EXPECT_EQ(head_of(again[0]).timestamp, head_of(lost).timestamp);
    Buffer expected(2);
    store_be16(std::span(expected).first<2>(), head_of(lost).sequence);
    append(expected, payload_of(lost));
    EXPECT_EQ(payload_of(again[0]), expected);
}

TEST_F(WebrtcSenderTest, WithoutAStreamForItThePacketIsRepeatedAsItWas) {
    start(std::nullopt);
    sender_->deliver(picture(5000), 0);
    const Buffer lost = sent(kVideo).at(1), last = sent(kVideo).back();
    Buffer nack = *from_hex("81cd0003000000011111111100000000");
    store_be16(std::span(nack).subspan(12).first<2>(), head_of(lost).sequence);
    sender_->hear(nack);
    EXPECT_EQ(network_->packets.back(), lost);
    const std::size_t before = network_->packets.size();
    for (const unsigned never_sent : {1U, 30000U}) {
        store_be16(std::span(nack).subspan(12).first<2>(), static_cast<std::uint16_t>(head_of(last).sequence + never_sent));
        sender_->hear(nack);
    }
    EXPECT_EQ(network_->packets.size(), before);
}

TEST_F(WebrtcSenderTest, ALargePictureIsSpreadOverTime) {
    start();
    sender_->deliver(picture(300'000), 0);
    const std::size_t at_once = sent(kVideo).size();
    EXPECT_LE(at_once, 2 * Sender::kAtOnce / 1000);
    EXPECT_EQ(wakes_, 1);
    auto now = std::chrono::steady_clock::now();
    int turns = 0;
    while (sender_->work(now += 5ms) && turns < 1000) ++turns;
    EXPECT_GT(turns, 5);
    EXPECT_LT(turns, 100);
    const auto packets = sent(kVideo);
    ASSERT_GT(packets.size(), at_once);
    for (std::size_t i = 1; i < packets.size(); ++i) EXPECT_EQ(head_of(packets[i]).sequence, static_cast<std::uint16_t>(head_of(packets[i - 1]).sequence + 1));
    EXPECT_TRUE(head_of(packets.back()).marker);
}

TEST_F(WebrtcSenderTest, ANetworkThatTakesNothingIsNotFedForever) {
    start();
    network_->full = true;
    int taken = 0;
    while (taken < 100 && sender_->deliver(picture(1'000'000, taken == 0), 0) == Taken::taken) ++taken;
    EXPECT_LT(taken, 20);
    network_->full = false;
    auto now = std::chrono::steady_clock::now();
    for (int turns = 0; turns < 10'000 && sender_->work(now += 5ms); ++turns) {}
    EXPECT_EQ(sender_->deliver(picture(1000), 0), Taken::taken) << "goes on when there is room";
    EXPECT_TRUE(head_of(sent(kVideo).back()).marker);
}

TEST_F(WebrtcSenderTest, SoundCountsItsSamples) {
    start(97, true);
    AccessUnit unit;
    unit.codec = Codec::pcma;
    unit.sample_rate = 8000;
    unit.data = std::make_shared<const Buffer>(160, std::byte{0xd5});
    unit.arrival = std::chrono::steady_clock::now();
    for (const auto late : {0ms, 35ms, 41ms, 3000ms}) {  // jitter, then a gap
        AccessUnit one = unit;
        one.arrival += late;
        sender_->deliver(one, 0);
    }
    const auto packets = sent(kSound);
    ASSERT_EQ(packets.size(), 4U);
    EXPECT_EQ(payload_of(packets[0]), ulaw_from_alaw(*unit.data));
    const auto step = [&](std::size_t i) { return head_of(packets[i]).timestamp - head_of(packets[i - 1]).timestamp; };
    EXPECT_EQ(step(1), 160U);
    EXPECT_EQ(step(2), 160U);
    EXPECT_EQ(step(3), 8U * 2959U);
}

TEST_F(WebrtcSenderTest, ReportsEachSecondAndEnds) {
    start();
    sender_->deliver(picture(500), 0);
    const auto reports = [&] { return std::count_if(network_->packets.begin(), network_->packets.end(), is_report); };
    const auto now = std::chrono::steady_clock::now();
    ASSERT_EQ(reports(), 1);
    sender_->work(now + 1100ms);
    sender_->work(now + 1200ms);
    EXPECT_EQ(reports(), 2);
    sender_->end();
    const std::size_t before = network_->packets.size();
    sender_->deliver(picture(500), 0);
    sender_->work(now + 5s);
    EXPECT_EQ(network_->packets.size(), before);
    EXPECT_EQ(network_.use_count(), 1);
}

TEST(WebrtcAnswer, NamesOurSources) {
    const std::string answer = "v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 102 103\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
                               "a=ssrc-group:FID 0 0\r\na=ssrc:7 cname:webrtc\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=sendonly\r\n";
    EXPECT_EQ(repeat_payload(answer, 102), 103);
    EXPECT_FALSE(repeat_payload(answer, 96));
    EXPECT_EQ(sender_name(answer), "webrtc");
    EXPECT_EQ(name_sources(answer, {1, 2, 3}, "me"),
              "v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 102 103\r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
              "a=ssrc-group:FID 1 2\r\na=ssrc:1 cname:me\r\na=ssrc:1 msid:me video\r\na=ssrc:2 cname:me\r\na=ssrc:2 msid:me video\r\n"
              "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=sendonly\r\na=ssrc:3 cname:me\r\na=ssrc:3 msid:me sound\r\n");
    EXPECT_EQ(name_sources("v=0\r\nm=video 9 x 102\r\n", {1, {}, {}}, "me"), "v=0\r\nm=video 9 x 102\r\na=ssrc:1 cname:me\r\na=ssrc:1 msid:me video\r\n");
}

}  // namespace
}  // namespace tplink::media::webrtc
