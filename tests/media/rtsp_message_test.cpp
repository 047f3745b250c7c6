#include "media/rtsp/message.hpp"

#include <gtest/gtest.h>

#include "media/rtsp/auth.hpp"
#include "media/rtsp/sdp.hpp"
#include "protocols/base/crypto.hpp"

namespace tplink::media::rtsp {
namespace {

std::optional<std::variant<Request, Frame>> read_one(std::string_view text) {
    RequestReader reader;
    reader.feed(as_bytes(text));
    return reader.next();
}

TEST(RtspRequestReader, ReadsRequestsAndFramesCutAnywhere) {
    const std::string all = "SETUP rtsp://h/cam/stream=1 RTSP/1.0\r\nCSeq: 3\r\nTransport:  RTP/AVP \r\nContent-Length: 2\r\n\r\nhi" +
                            std::string("$\x02\0\x03" "abc", 7) + "\r\nOPTIONS * RTSP/1.0\r\n\r\n";
    for (std::size_t cut = 0; cut <= all.size(); ++cut) {
        RequestReader reader;
        std::vector<std::string> seen;
        for (const std::string_view piece : {std::string_view(all).substr(0, cut), std::string_view(all).substr(cut)}) {
            reader.feed(as_bytes(piece));
            while (const auto message = reader.next()) {
                if (const auto* frame = std::get_if<Frame>(&*message))
                    seen.push_back(std::to_string(frame->channel) + std::string(as_text(frame->bytes)));
                else
                    seen.push_back(std::get<Request>(*message).method + std::get<Request>(*message).body +
                                   std::string(std::get<Request>(*message).header("transport")));
            }
        }
        ASSERT_EQ(seen, (std::vector<std::string>{"SETUPhiRTP/AVP", "2abc", "OPTIONS"})) << cut;
        EXPECT_FALSE(reader.is_broken());
    }
}

TEST(RtspRequestReader, RefusesWhatIsNoRtsp) {
    for (const std::string& text : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("X\r\n\r\n"), std::string(20000, 'x'),
                                    std::string("PLAY rtsp://h/ RTSP/1.0\r\nContent-Length: -1\r\n\r\n"),
                                    std::string("PLAY rtsp://h/ RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n")}) {
        RequestReader reader;
        reader.feed(as_bytes(text));
        EXPECT_FALSE(reader.next());
        EXPECT_TRUE(reader.is_broken()) << text.substr(0, 40);
    }
    EXPECT_FALSE(read_one("PLAY rtsp://h/ RTSP/1.0\r\n"));
}

TEST(RtspTarget, FindsPathAndTrack) {
    const auto is = [](std::string_view url, std::string_view path, std::optional<unsigned> track) {
        const Target target = parse_target(url);
        EXPECT_EQ(target.path, path) << url;
        EXPECT_EQ(target.track, track) << url;
    };
    is("rtsp://host:8654/a842a1001122", "/a842a1001122", std::nullopt);
    is("rtsp://host:8654/cam/2/sub/stream=1", "/cam/2/sub", 1);
    is("rtsp://host/cam//stream=0/", "/cam", 0);
    is("rtsp://u:p@host/front%2Ddoor?x=1", "/front-door", std::nullopt);
    is("rtsp://host", "/", std::nullopt);
    is("*", "/*", std::nullopt);
    is("rtsp://host/cam/stream=x", "/cam/stream=x", std::nullopt);
}

TEST(RtspTransport, TakesTheFirstThatFits) {
    const auto tcp = parse_transport("RTP/AVP/TCP;unicast;interleaved=4-5");
    ASSERT_TRUE(tcp);
    EXPECT_TRUE(tcp->tcp);
    EXPECT_EQ(tcp->channel, 4U);
    const auto udp = parse_transport("RTP/AVP;multicast,RTP/AVP/UDP;unicast;client_port=5000-5001;mode=\"RECORD\"");
    ASSERT_TRUE(udp);
    EXPECT_FALSE(udp->tcp);
    EXPECT_EQ(udp->client_port, 5000);
    EXPECT_EQ(udp->client_rtcp_port, 5001);
    EXPECT_TRUE(udp->record);
    EXPECT_EQ(parse_transport("RTP/AVP;unicast;client_port=5000")->client_rtcp_port, 5001);
    for (const char* bad : {"", "RTP/SAVP;unicast;client_port=1-2", "RTP/AVP;unicast", "RTP/AVP;unicast;client_port=0-1",
                            "RTP/AVP;unicast;client_port=70000-70001", "RTP/AVP/TCP;interleaved=255-256", "RTP/AVP/TCP;interleaved=x",
                            "RTP/AVP;multicast;client_port=5000-5001"})
        EXPECT_FALSE(parse_transport(bad)) << bad;
}

TEST(RtspReply, IsOneStatusLineWhateverTheReason) {
    EXPECT_EQ(format_response(503, reason_phrase("asleep\r\nX-Evil: 1"), "7", {{"A", "b"}}),
              "RTSP/1.0 503 asleep  X-Evil: 1\r\nCSeq: 7\r\nA: b\r\n\r\n");
    EXPECT_EQ(format_response(200, {}, "1", {}, "body"), "RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 4\r\n\r\nbody");
}

TEST(RtspAuth, TakesDigestWithAndWithoutQopAndBasic) {
    const Auth auth({"Mufasa", Secret("Circle Of Life")}, "abc");
    const std::string ha1 = crypto::md5_hex_lower("Mufasa:tplink2mqtt:Circle Of Life"), ha2 = crypto::md5_hex_lower("DESCRIBE:rtsp://h/cam");
    const std::string base = R"(Digest username="Mufasa", realm="tplink2mqtt", nonce="abc", uri="rtsp://h/cam", )";
    EXPECT_TRUE(auth.admits("DESCRIBE", base + "response=\"" + crypto::md5_hex_lower(ha1 + ":abc:" + ha2) + "\""));
    EXPECT_TRUE(auth.admits("DESCRIBE", base + "qop=auth, nc=00000001, cnonce=\"x\", response=\"" +
                                            crypto::md5_hex_lower(ha1 + ":abc:00000001:x:auth:" + ha2) + "\""));
    EXPECT_FALSE(auth.admits("SETUP", base + "response=\"" + crypto::md5_hex_lower(ha1 + ":abc:" + ha2) + "\""));
    EXPECT_TRUE(auth.admits("SETUP", "Basic " + base64_encode(as_bytes("Mufasa:Circle Of Life"))));
    for (const char* bad : {"", "Basic", "Basic !!!", "Digest", "Digest username=\"Mufasa", "Bearer x", "Digest =,=\"", "Basic TXVmYXNhOng="})
        EXPECT_FALSE(auth.admits("DESCRIBE", bad)) << bad;
    EXPECT_TRUE(Auth({}, "n").admits("DESCRIBE", ""));
}

TEST(RtspSdp, NamesTracksAndTheWayBack) {
    Description description{"cam", "127.0.0.1", {Codec::h264, Codec::pcma, 8000}, {}, true};
    AccessUnit keyframe;
    keyframe.codec = Codec::h264;
    keyframe.data = std::make_shared<const Buffer>(*from_hex("0000000167640029aabb0000000168ee3c800000000165888040"));
    description.keyframe = keyframe;
    const std::string sdp = format_sdp(description);
    EXPECT_NE(sdp.find("a=fmtp:96 packetization-mode=1;profile-level-id=640029;sprop-parameter-sets=Z2QAKaq7,aO48gA=="), std::string::npos) << sdp;
    EXPECT_NE(sdp.find("m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:stream=1\r\na=recvonly"), std::string::npos) << sdp;
    EXPECT_NE(sdp.find("a=control:stream=2\r\na=sendonly"), std::string::npos) << sdp;
    description.backchannel = false;
    EXPECT_EQ(format_sdp(description).find("stream=2"), std::string::npos);
}

}  // namespace
}  // namespace tplink::media::rtsp
