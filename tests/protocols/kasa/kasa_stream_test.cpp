// Live video of 19443 in its three styles, and speech to 18443.

#include <gmock/gmock.h>

#include "protocols/stream/kasa_body.hpp"
#include "protocols/stream/kasa_source.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_tcp.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;
using test::closed;
using test::expect;
using test::reply;
using test::silence;
using test::TcpScript;

constexpr const char* kPassword = "s3cret;";
constexpr const char* kMail = "user@example.com";
constexpr const char* kMultipart = "Content-Type: multipart/x-mixed-replace;boundary=data-boundary--\r\n";

MediaEndpoint endpoint_of(std::uint16_t port = 19443) {
    MediaEndpoint endpoint;
    endpoint.scheme = Scheme::kasa;
    endpoint.host = "192.168.1.20";
    endpoint.port = port;
    endpoint.credentials = {kMail, Secret(kPassword)};
    return endpoint;
}

std::string request_with(const std::string& secret) {
    return "GET /https/stream/mixed?video=h264&audio=g711&resolution=hd HTTP/1.1\r\nHost: 192.168.1.20:19443\r\nAuthorization: Basic " +
           base64_encode(as_bytes(std::string(kMail) + ":" + secret)) +
           "\r\nUser-Agent: Kasa/1752 CFNetwork/3860.500.112 Darwin/25.4.0\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n";
}
std::string usual_request() { return request_with(base64_encode(as_bytes(kPassword))); }

std::string picture(const std::string& stamp, const std::string& data, bool key = true, const std::string& eol = "\r\n") {
    std::string head = "--data-boundary--" + eol + "Content-Type: video/x-h264" + eol + "Content-Length: " + std::to_string(data.size()) + eol;
    if (!stamp.empty()) head += "X-Timestamp: " + stamp + eol;
    return head + "X-FrameType: " + (key ? "0" : "1") + eol + "X-FrameRate: 15.0" + eol + eol + data + eol;
}
std::string sound(const std::string& data) {
    return "--data-boundary--\r\nX-Audio: 1\r\nContent-Length: " + std::to_string(data.size()) + "\r\nContent-Type: audio/g711u\r\n\r\n" + data + "\r\n";
}
std::string other() { return "--data-boundary--\r\nContent-Type: text/x-new\r\nContent-Length: 3\r\n\r\nabc\r\n"; }

/// In chunks of `size` bytes, which need not align with anything.
std::string chunked(const std::string& text, std::size_t size) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += size) {
        const std::string piece = text.substr(at, size);
        char head[16];
        std::snprintf(head, sizeof head, "%zX\r\n", piece.size());
        out += head + piece + "\r\n";
    }
    return out;
}

std::unique_ptr<MediaSource> source_with(std::deque<TcpScript> scripts) {
    return make_kasa_source(endpoint_of(), std::make_unique<test::ScriptedConnector>(std::move(scripts), std::uint16_t{19443}));
}

std::vector<MediaPart> read_all(MediaSource& source) {
    std::vector<MediaPart> parts;
    for (;;) {
        auto part = source.read(100ms);
        if (!part) {
            EXPECT_EQ(part.error().code, Errc::unreachable) << part.error().what;
            return parts;
        }
        parts.push_back(std::move(*part));
    }
}

void expect_stream(const std::vector<MediaPart>& parts) {
    ASSERT_EQ(parts.size(), 4U);
    EXPECT_EQ(parts[0].type, PartType::h264);
    EXPECT_TRUE(parts[0].keyframe);
    EXPECT_EQ(as_text(parts[0].data), "key");
    EXPECT_EQ(parts[0].clock_ms, 1234567);
    EXPECT_EQ(parts[1].type, PartType::pcmu);
    EXPECT_EQ(as_text(parts[1].data), "uuuu");
    EXPECT_FALSE(parts[2].keyframe);
    EXPECT_EQ(parts[2].clock_ms, 1234633);
    EXPECT_EQ(as_text(parts[3].data), "last");
}

const std::string kStream = picture("1234.567", "key") + sound("uuuu") + other() + "\r\n\r\n" + picture("1234.633", "p", false) + picture("1234.700", "last", false);

TEST(KasaStream, PlaysEveryStyleOfHead) {
    const std::string style_a = std::string("HTTP/1.0 200 OK\r\n") + kMultipart + "\r\n";
    const std::string style_b = std::string("HTTP/1.0 200 OK\r\nContent-Length: -1\r\n") + kMultipart + "\r\n";
    const std::string style_c = std::string("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n") + kMultipart + "\r\n";
    for (const std::string& answer : {style_a + kStream, style_b + kStream, style_c + chunked(kStream, 7), style_c + chunked(kStream, 100000),
                                      style_c + kStream, style_a + chunked(kStream, 33), style_a + "\r\n" + kStream,
                                      std::string("HTTP/1.0 200 OK\n\n") + kStream}) {
        auto source = source_with({{expect(usual_request()), reply(answer), closed()}});
        ASSERT_TRUE(source->open());
        expect_stream(read_all(*source));
    }
}

TEST(KasaStream, LineFeedsAloneEndLinesToo) {
    const std::string lf = "HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace;boundary=data-boundary--\n\n" + picture("1.5", "a", true, "\n") + picture("1.6", "b", false, "\n");
    auto source = source_with({{expect(usual_request()), reply(lf), closed()}});
    ASSERT_TRUE(source->open());
    const auto parts = read_all(*source);
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[1].clock_ms, 1600);
}

TEST(KasaStream, BytesMayArriveOneByOne) {
    for (const std::string& body : {kStream, chunked(kStream, 13)}) {
        KasaUnwrapper unwrapper;
        KasaParts parts("data-boundary--");
        std::vector<MediaPart> all;
        for (const char c : body) {
            Buffer payload;
            ASSERT_TRUE(unwrapper.feed(as_bytes(std::string_view(&c, 1)), payload));
            parts.feed(payload);
            while (auto part = parts.next(0)) all.push_back(std::move(*part));
        }
        expect_stream(all);
    }
}

TEST(KasaStream, MissingStampsAreSmoothedByTheFrameRate) {
    KasaParts parts("data-boundary--");
    std::vector<std::int64_t> clocks;
    for (const std::int64_t arrival : {1000, 1110, 1115, 1190, 9000}) {
        parts.feed(as_bytes(picture("", "x")));
        clocks.push_back(parts.next(arrival)->clock_ms.value());
    }
    EXPECT_THAT(clocks, testing::ElementsAre(1000, 1067, 1133, 1200, 9000)) << "evenly, until the arrival says otherwise";
}

TEST(KasaStream, LongRunningStampsKeepTheirMilliseconds) {
    KasaParts parts("data-boundary--");
    parts.feed(as_bytes(picture("8640000.001", "x") + picture("8640000.067", "y")));
    EXPECT_EQ(parts.next(0)->clock_ms, 8640000001);
    EXPECT_EQ(parts.next(0)->clock_ms, 8640000067);
}

TEST(KasaStream, TriesEachFormOfThePasswordOnce) {
    const auto known = test::load_vectors("camera_media.json").at("kasa_basic").as_array().at(0);
    const auto secrets = kasa_video_secrets(Secret(test::text(known, "/password")));
    EXPECT_EQ(kasa_basic(test::text(known, "/user"), secrets.at(0)), test::text(known, "/stream_19443"));
    const std::string refused = "HTTP/1.0 401 Unauthorized\r\n\r\n";
    const std::string md5 = "40027f3723f9ea9cb5fd3bf9c15c798e";
    {
        auto source = source_with({{expect(usual_request()), reply(refused)},
                                   {expect(request_with(kPassword)), reply(refused)},
                                   {expect(request_with(md5)), reply("HTTP/1.0 200 OK\r\n\r\n" + picture("1", "x")), closed()}});
        ASSERT_TRUE(source->open());
        EXPECT_EQ(read_all(*source).size(), 1U);
    }
    auto source = source_with({{expect(usual_request()), reply(refused)}, {expect(request_with(kPassword)), reply(refused)}, {expect(request_with(md5)), reply(refused)}});
    EXPECT_EQ(source->open().error().code, Errc::auth_failed);
}

TEST(KasaStream, ACameraThatIsOffSaysSo) {
    auto source = source_with({{expect(usual_request()), reply("HTTP/1.0 503 Service Unavailable\r\n\r\n")}});
    const auto opened = source->open();
    EXPECT_EQ(opened.error().code, Errc::refused);
    EXPECT_THAT(opened.error().what, testing::HasSubstr("switched off"));
}

TEST(KasaStream, WithoutSoundAndWithoutBytes) {
    auto source = source_with({{expect(usual_request()), reply("HTTP/1.0 200 OK\r\n\r\n" + picture("1", "x")), silence()}});
    ASSERT_TRUE(source->open());
    EXPECT_EQ(source->read(100ms)->type, PartType::h264);
    EXPECT_EQ(source->read(10ms).error().code, Errc::timeout);
    EXPECT_EQ(source->stats().parts, 1U);
}

TEST(KasaStream, NonsenseEndsInAnError) {
    for (const std::string& body : {std::string("4\r\nabcdXXXX\r\n"), std::string("FFFFFFFFFFFFFFFF\r\n"), "5\r\nabcde\r\n" + std::string(100, '0') + "\r\n"}) {
        KasaUnwrapper unwrapper;
        Buffer payload;
        EXPECT_FALSE(unwrapper.feed(as_bytes(body), payload)) << body;
    }
    KasaUnwrapper ended;
    Buffer payload;
    EXPECT_EQ(ended.feed(as_bytes("1\r\nx\r\n0\r\n"), payload).error().code, Errc::unreachable);
}

std::string talk_part(const std::string& type, const std::string& body) {
    const std::string part = "--audio-boundary--\r\nContent-Length: " + std::to_string(body.size()) + "\r\nContent-Type: " + type + "\r\n\r\n" + body + "\r\n";
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    return size + part + "\r\n";
}

std::string talk_head() {
    const auto known = test::load_vectors("camera_media.json").at("kasa_basic").as_array().at(0);
    const std::string player = "tty.000102030405060708090a0b0c0d0e0f";
    return "POST /https/speaker/audio/g711block?playerId=" + player + " HTTP/1.1\r\nHost: 192.168.1.20:18443\r\nAuthorization: " + test::text(known, "/talk_18443") +
           "\r\nX-APP-ID: " + player +
           "\r\nUser-Agent: Kasa/1752 CFNetwork/3860.500.112 Darwin/25.4.0\r\nContent-Type: multipart/x-mixed-replace;boundary=audio-boundary--\r\n"
           "Transfer-Encoding: chunked\r\n\r\n" +
           talk_part("audio/heartbeat", "");
}

std::unique_ptr<TalkSession> talk_with(TcpScript script) {
    test::CountingRandom random;
    return make_kasa_talk(endpoint_of(), std::make_unique<test::ScriptedConnector>(std::deque<TcpScript>{std::move(script)}, std::uint16_t{18443}), random);
}

TEST(KasaTalk, SpeaksULawInChunkedParts) {
    const std::string frame(160, '\x7f');
    auto talk = talk_with({expect(talk_head()), reply("HTTP/1.1 200 OK\r\n\r\n"), expect(talk_part("audio/g711u", frame)), expect(talk_part("audio/g711u", frame)),
                           expect("0\r\n\r\n")});
    ASSERT_TRUE(talk->open());
    EXPECT_EQ(talk->codec(), SpeechCodec::ulaw);
    EXPECT_TRUE(talk->send(as_bytes(frame)));
    EXPECT_TRUE(talk->send(as_bytes(frame)));
}

TEST(KasaTalk, ACameraThatListensNeedNotAnswer) {
    auto talk = talk_with({expect(talk_head()), silence()});
    EXPECT_TRUE(talk->open());
    EXPECT_TRUE(talk->listen_until(std::chrono::steady_clock::now() + 5ms));
}

TEST(KasaTalk, RefusalsAreTold) {
    for (const auto& [status, code] : {std::pair{"401 Unauthorized", Errc::auth_failed}, std::pair{"503 Busy", Errc::refused}}) {
        auto talk = talk_with({expect(talk_head()), reply(std::string("HTTP/1.1 ") + status + "\r\n\r\n")});
        EXPECT_EQ(talk->open().error().code, code);
        EXPECT_EQ(talk->send(as_bytes(std::string(160, 'x'))).error().code, Errc::unreachable);
    }
    auto gone = talk_with({expect(talk_head()), closed()});
    EXPECT_EQ(gone->open().error().code, Errc::unreachable);
}

}  // namespace
}  // namespace tplink::stream
