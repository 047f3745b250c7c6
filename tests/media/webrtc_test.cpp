#include <gst/gst.h>
#include <gtest/gtest.h>

#include <array>
#include <mutex>
#include <set>
#include <sstream>
#include <string>

#include "media/webrtc/offer.hpp"
#include "media/webrtc/peers.hpp"
#include "tests/media/test_feed.hpp"
#include "tests/media/wait_until.hpp"
#include "tests/media/webrtc_client.hpp"

namespace tplink::media {
namespace {

using test::Tracks;
using test::WebrtcClient;
using test::wait_until;

// The shape of a Chromium offer: one bundle, many payload types, mDNS candidates only.
std::string browser_offer(const std::string& media) {
    return "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
           "a=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n" +
           media;
}

std::string transport(const char* mid) {
    return std::string("c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
                       "a=candidate:1 1 udp 2113937151 3b1dcb30-7d3c-4bd4-9d4b-0a0e7a8dbd9b.local 51234 typ host generation 0\r\n"
                       "a=ice-ufrag:Kx3R\r\na=ice-pwd:W0wY5hD8m4bJx2rTfQz7VnUe\r\na=ice-options:trickle\r\n"
                       "a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:"
                       "A1:2C:19:08\r\na=setup:actpass\r\na=mid:") +
           mid + "\r\na=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n";
}

std::string h264(const char* pt, const char* mode, const char* profile) {
    return std::string("a=rtpmap:") + pt + " H264/90000\r\na=rtcp-fb:" + pt + " nack\r\na=rtcp-fb:" + pt + " nack pli\r\na=fmtp:" + pt +
           " level-asymmetry-allowed=1;packetization-mode=" + mode + ";profile-level-id=" + profile + "\r\n";
}

std::string video_line() {
    return "m=video 9 UDP/TLS/RTP/SAVPF 96 97 104 102 103 108\r\n" + transport("0") +
           "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" + h264("104", "0", "42001f") +
           h264("102", "1", "42001f") + "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n" + h264("108", "1", "42e01f");
}

std::string audio_line() {
    return "m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 13\r\n" + transport("1") +
           "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:9 G722/8000\r\n"
           "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\n";
}

TEST(WebrtcOffer, TakesThePayloadTypesTheBrowserNames) {
    const auto offer = webrtc::parse_offer(browser_offer(video_line() + audio_line()));
    ASSERT_TRUE(offer) << offer.error().what;
    EXPECT_EQ(offer->video_payload, 102);
    ASSERT_TRUE(offer->pcma);
    EXPECT_EQ(offer->pcma->payload, 8);
    ASSERT_TRUE(offer->pcmu);
    EXPECT_EQ(offer->pcmu->payload, 0);
}

TEST(WebrtcOffer, RefusesWhatCannotBeServed) {
    struct Case {
        const char* name;
        std::string sdp;
        Errc code;
    };
    const std::array cases{
        Case{"empty", "", Errc::malformed},
        Case{"not sdp", "{\"type\":\"offer\"}", Errc::malformed},
        Case{"no media", browser_offer(""), Errc::unsupported},
        Case{"audio only", browser_offer(audio_line()), Errc::unsupported},
        Case{"mode 0 only", browser_offer("m=video 9 UDP/TLS/RTP/SAVPF 104\r\n" + transport("0") + h264("104", "0", "42001f")), Errc::unsupported},
        Case{"VP8 only", browser_offer("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + transport("0") + "a=rtpmap:96 VP8/90000\r\n"), Errc::unsupported},
        Case{"rejected line", browser_offer("m=video 0 UDP/TLS/RTP/SAVPF 102\r\n" + transport("0") + h264("102", "1", "42e01f")), Errc::unsupported},
        Case{"odd numbers", browser_offer("m=video 9 UDP/TLS/RTP/SAVPF 999\r\n" + transport("0") + h264("999", "1", "42e01f")), Errc::unsupported},
        Case{"too long", "v=0\r\n" + std::string(1U << 20, 'a'), Errc::malformed},
    };
    for (const Case& c : cases) {
        const auto offer = webrtc::parse_offer(c.sdp);
        ASSERT_FALSE(offer) << c.name;
        EXPECT_EQ(offer.error().code, c.code) << c.name << ": " << offer.error().what;
    }
}

class Webrtc : public ::testing::Test {
protected:
    void SetUp() override { gst_init(nullptr, nullptr); }

    void feed(const test::FeedOptions& options) {
        feed_ = std::make_unique<test::TestFeed>(hub_, options);
        ASSERT_TRUE(feed_->wait_live());
        viewing_ = std::make_shared<Viewing>(hub_, hub_->format());
    }

    Result<webrtc::OpenedPeer> open(const std::string& sdp) {
        auto offer = webrtc::parse_offer(sdp);
        if (!offer) return tl::unexpected(offer.error());
        return peers_.open(viewing_, *offer);
    }

    void expect_plays(Tracks tracks, bool audio) {
        WebrtcClient client(tracks);
        const auto opened = open(client.offer());
        ASSERT_TRUE(opened) << opened.error().what;
        ASSERT_TRUE(client.accept(opened->answer)) << opened->answer;
        EXPECT_TRUE(wait_until([&] { return client.frames() > 20; })) << client.frames() << opened->answer;
        if (audio) {
            EXPECT_TRUE(wait_until([&] { return client.audio_buffers() > 10; })) << opened->answer;
        }
        EXPECT_EQ(hub_->stats().consumers, 1U);
        EXPECT_TRUE(peers_.close(opened->session));
        EXPECT_FALSE(peers_.close(opened->session));
        EXPECT_EQ(hub_->stats().consumers, 0U);
        EXPECT_EQ(viewing_.use_count(), 1);
    }

    std::shared_ptr<Hub> hub_ = std::make_shared<Hub>();
    std::unique_ptr<test::TestFeed> feed_;
    std::shared_ptr<Viewing> viewing_;
    webrtc::Peers peers_{{.port_min = 42000, .port_max = 42999, .candidates = {"127.0.0.1"}}};
};

TEST_F(Webrtc, BrowserOfferIsAnswered) {
    feed({});
    const auto opened = open(browser_offer(video_line() + audio_line()));
    ASSERT_TRUE(opened) << opened.error().what;
    const std::string& answer = opened->answer;
    EXPECT_NE(answer.find("a=rtpmap:102 H264/90000"), std::string::npos) << answer;
    EXPECT_NE(answer.find("a=rtpmap:8 PCMA/8000"), std::string::npos) << answer;
    EXPECT_NE(answer.find("a=sendonly"), std::string::npos) << answer;
    EXPECT_NE(answer.find("a=candidate:"), std::string::npos) << answer;
    EXPECT_NE(answer.find("127.0.0.1 42"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("FID 0 "), std::string::npos) << answer;
    EXPECT_EQ(opened->session.size(), 32U);
}

TEST_F(Webrtc, PlaysVideoAndSound) {
    feed({});
    expect_plays(Tracks::video_audio, true);
}

TEST_F(Webrtc, PlaysWithAudioFirstInTheOffer) {
    feed({});
    expect_plays(Tracks::audio_video, true);
}

TEST_F(Webrtc, PlaysToAnOfferWithoutAudio) {
    feed({});
    expect_plays(Tracks::video, false);
}

TEST_F(Webrtc, PlaysACameraWithoutMicrophone) {
    feed({.audio = false});
    expect_plays(Tracks::video_audio, false);
    expect_plays(Tracks::audio_video, false);
}

// 1 in 10 packets of the picture is lost on the way; what is sent again is not.
TEST_F(Webrtc, LostPacketsComeAgain) {
    feed({.audio = false, .width = 160, .height = 120, .noise = true});
    std::mutex mutex;  // the taps are called by several threads
    std::set<std::uint16_t> lost;
    std::atomic<int> datagrams = 0, came_again = 0;
    std::atomic<unsigned> video_type = 128;
    const auto head_of = [](GstBuffer* packet) {
        std::array<std::byte, 4> head{};
        gst_buffer_extract(packet, 0, head.data(), head.size());
        return head;
    };
    const auto sequence_of = [](const std::array<std::byte, 4>& head) { return load_be16(std::span(head).last<2>()); };
    test::Taps taps;
    taps.unit = [](GstBuffer*) {};
    taps.packet = [&](GstBuffer* packet) {
        const std::lock_guard lock(mutex);
        came_again += static_cast<int>(lost.erase(sequence_of(head_of(packet))));
    };
    taps.lose = [&](GstBuffer* datagram) {
        const auto head = head_of(datagram);
        if (u8(head[0]) >> 6U != 2 || (u8(head[1]) & 0x7FU) != video_type || ++datagrams % 10 != 5) return false;
        const std::lock_guard lock(mutex);
        lost.insert(sequence_of(head));
        return true;
    };
    WebrtcClient client(Tracks::video, taps);
    const std::string offer = client.offer();
    video_type = static_cast<unsigned>(webrtc::parse_offer(offer).value_or(webrtc::Offer{}).video_payload);
    const auto opened = open(offer);
    ASSERT_TRUE(opened) << opened.error().what;
    ASSERT_NE(opened->answer.find("rtx/90000"), std::string::npos) << opened->answer;
    ASSERT_TRUE(client.accept(opened->answer));
    EXPECT_TRUE(wait_until([&] { return came_again > 20; }, std::chrono::seconds(30))) << came_again << " of " << datagrams << " datagrams";
    peers_.close(opened->session);
}

std::string without_udp(const std::string& sdp) {
    std::istringstream lines(sdp);
    std::string out;
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with("a=candidate:") || line.find(" UDP ") == line.npos) out += line + "\n";
    return out;
}

TEST_F(Webrtc, PlaysOverTcpWhereUdpIsShut) {
    feed({});
    WebrtcClient client(Tracks::video_audio);
    const auto opened = open(without_udp(client.offer()));
    ASSERT_TRUE(opened) << opened.error().what;
    ASSERT_TRUE(client.accept(without_udp(opened->answer))) << opened->answer;
    EXPECT_TRUE(wait_until([&] { return client.frames() > 20 && client.audio_buffers() > 10; }, std::chrono::seconds(30)))
        << client.frames() << " pictures, " << client.audio_buffers() << " of sound";
    peers_.close(opened->session);
}

TEST_F(Webrtc, PlaysOpusToWhoTakesNothingElse) {
    feed({});
    expect_plays(Tracks::opus, true);
}

TEST(TrickleFragment, GivesCandidatesThatCanBeReached) {
    const auto candidates = webrtc::parse_fragment("a=ice-ufrag:x\r\na=ice-pwd:y\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
                                                   "a=candidate:1 1 udp 2113937151 192.0.2.7 5000 typ host\r\n"
                                                   "a=candidate:2 1 udp 2113937151 8a6c.local 5001 typ host\r\na=end-of-candidates\r\n");
    ASSERT_TRUE(candidates);
    ASSERT_EQ(candidates->size(), 1U);
    EXPECT_EQ(candidates->front().text, "candidate:1 1 udp 2113937151 192.0.2.7 5000 typ host");
    EXPECT_TRUE(webrtc::parse_fragment("a=ice-ufrag:x\r\n"));
    EXPECT_FALSE(webrtc::parse_fragment("{}"));
    std::string many;
    for (int i = 0; i < 100; ++i) many += "a=candidate:1 1 udp 1 192.0.2.7 5000 typ host\r\n";
    EXPECT_FALSE(webrtc::parse_fragment(many));
}

TEST(AnswerCandidates, NameTheAddressesGivenByTheUser) {
    const std::string answer = "v=0\r\na=candidate:1 1 UDP 2015363327 10.0.0.2 8660 typ host\r\na=candidate:2 1 TCP 1015021823 10.0.0.2 8661 typ host tcptype passive\r\n";
    EXPECT_EQ(webrtc::add_candidates(answer, {"192.0.2.1", "10.0.0.2"}),
              "v=0\r\na=candidate:1 1 UDP 2015363327 10.0.0.2 8660 typ host\r\na=candidate:x1 1 UDP 2015363327 192.0.2.1 8660 typ host\r\n"
              "a=candidate:2 1 TCP 1015021823 10.0.0.2 8661 typ host tcptype passive\r\n");
    EXPECT_EQ(webrtc::add_candidates("no line end", {"192.0.2.1"}), "no line end");
}

TEST_F(Webrtc, RefusesH265) {
    feed({.h265 = true, .audio = false});
    const auto opened = open(browser_offer(video_line()));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::unsupported);
}

TEST_F(Webrtc, ARevokedViewerIsEnded) {
    feed({});
    WebrtcClient client(Tracks::video);
    const auto opened = open(client.offer());
    ASSERT_TRUE(opened) << opened.error().what;
    ASSERT_TRUE(client.accept(opened->answer));
    ASSERT_TRUE(wait_until([&] { return client.frames() > 0; }));
    viewing_->revoke();
    EXPECT_TRUE(wait_until([&] { return peers_.size() == 0; }));
    EXPECT_EQ(hub_->stats().consumers, 0U);
}

TEST_F(Webrtc, AVanishedViewerIsNoticedByItsSilence) {
    feed({});
    std::optional<WebrtcClient> client(Tracks::video);
    const auto opened = open(client->offer());
    ASSERT_TRUE(opened) << opened.error().what;
    ASSERT_TRUE(client->accept(opened->answer));
    ASSERT_TRUE(wait_until([&] { return client->frames() > 0; }));
    client.reset();
    EXPECT_TRUE(wait_until([&] { return peers_.size() == 0; }, std::chrono::seconds(20)));
}

}  // namespace
}  // namespace tplink::media
