// The simulated video port seen from its client's side, over loopback.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "tests/simulators/media/media_server.hpp"
#include "tests/simulators/media/ts_mux.hpp"
#include "tests/simulators/media_viewer.hpp"

namespace tplink::sim {
namespace {

using namespace std::chrono_literals;

MediaServerOptions options_with(const std::function<void(MediaServerOptions&)>& change) {
    MediaServerOptions options{.password = "s3cret;"};
    change(options);
    return options;
}

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (std::chrono::steady_clock::now() < deadline) {
        if (condition()) return true;
        std::this_thread::yield();
    }
    return condition();
}

unsigned pid_at(Bytes packets, std::size_t index) {
    const std::size_t at = index * ts::kPacketSize;
    return (u8(packets[at + 1]) & 0x1FU) << 8U | u8(packets[at + 2]);
}

/// Logged in and past the reply to `preview`.
std::unique_ptr<MediaViewer> watch(const MediaServer& server, MediaHash hash = MediaHash::sha256,
                                   std::string_view resolution = "HD", std::string_view audio = "default") {
    auto viewer = std::make_unique<MediaViewer>(server.port());
    EXPECT_EQ(viewer->log_in("s3cret;", hash), "HTTP/1.0 200 OK");
    EXPECT_TRUE(viewer->ask_preview(resolution, audio));
    const auto reply = viewer->read_part();
    EXPECT_TRUE(reply && reply->body.find("\"error_code\":0") != std::string::npos);
    return viewer;
}

/// The next media part, decrypted.
Buffer next_ts(MediaViewer& viewer) {
    const auto part = viewer.read_part();
    return part ? viewer.open(*part).value_or(Buffer{}) : Buffer{};
}

void expect_keyframe_start(Bytes packets) {
    ASSERT_GE(packets.size(), 5 * ts::kPacketSize);
    EXPECT_EQ(packets.size() % ts::kPacketSize, 0U);
    EXPECT_LE(packets.size(), ts::kMaxPartPackets * ts::kPacketSize);
    EXPECT_EQ(pid_at(packets, 0), ts::kNullPid);
    EXPECT_EQ(pid_at(packets, 1), ts::kNullPid);
    EXPECT_EQ(pid_at(packets, 2), ts::kPatPid);
    EXPECT_EQ(pid_at(packets, 3), ts::kPmtPid);
    EXPECT_EQ(pid_at(packets, 4), ts::kVideoPid);
}

struct Variant {
    MediaHash hash;
    MediaKeyExchange exchange;
    MediaCodec codec;
};

class MediaServerVariant : public testing::TestWithParam<Variant> {};

TEST_P(MediaServerVariant, SendsAKeyframeRightAfterTheReply) {
    const MediaServer server(options_with([](MediaServerOptions& options) {
        options.hash = GetParam().hash;
        options.key_exchange = GetParam().exchange;
        options.codec = GetParam().codec;
    }));
    const auto viewer = watch(server, GetParam().hash);
    const Buffer packets = next_ts(*viewer);
    expect_keyframe_start(packets);
    const unsigned type = u8(packets[3 * ts::kPacketSize + 5 + 12]);
    EXPECT_EQ(type, GetParam().codec == MediaCodec::h265 ? 0x24U : 0x1BU);
    EXPECT_EQ(server.counters().sessions_open, 1U);
}

INSTANTIATE_TEST_SUITE_P(All, MediaServerVariant,
                         testing::Values(Variant{MediaHash::md5, MediaKeyExchange::md5, MediaCodec::h264},
                                         Variant{MediaHash::sha256, MediaKeyExchange::md5, MediaCodec::h265},
                                         Variant{MediaHash::sha256, MediaKeyExchange::none, MediaCodec::h264},
                                         Variant{MediaHash::md5, MediaKeyExchange::plain, MediaCodec::h264}));

TEST(MediaServer, SendsAudioOnlyWhenAskedAndOfTheKindItHas) {
    for (const std::string_view audio : {"default", "disable"}) {
        const MediaServer server(options_with([](auto& options) { options.audio = MediaAudio::ulaw_16k; }));
        const auto viewer = watch(server, MediaHash::sha256, "VGA", audio);
        bool heard = false;
        for (int i = 0; i < 12; ++i) {
            const Buffer packets = next_ts(*viewer);
            ASSERT_FALSE(packets.empty());
            heard = heard || pid_at(packets, 0) == ts::kAudioPid;
        }
        EXPECT_EQ(heard, audio == "default");
        EXPECT_EQ(server.counters().sessions_with_audio, heard ? 1U : 0U);
    }
}

TEST(MediaServer, RefusesAWrongPasswordAndCountsIt) {
    const MediaServer server(options_with([](auto&) {}));
    MediaViewer viewer(server.port());
    EXPECT_EQ(viewer.log_in("other", MediaHash::sha256), "HTTP/1.0 401 Unauthorized");
    EXPECT_EQ(viewer.log_in("s3cret;", MediaHash::md5), "HTTP/1.0 401 Unauthorized");
    EXPECT_EQ(viewer.log_in("s3cret;", MediaHash::sha256), "HTTP/1.0 200 OK");
    EXPECT_EQ(server.counters().auth_failures, 2U);
    EXPECT_EQ(server.counters().sessions_total, 0U);
}

TEST(MediaServer, AcceptsTheFullTargetOfAHubChild) {
    const MediaServer server(options_with([](auto&) {}));
    EXPECT_EQ(MediaViewer(server.port()).log_in("s3cret;", MediaHash::sha256, "/stream?deviceId=80"),
              "HTTP/1.0 200 OK");
}

TEST(MediaServer, TakesTheNonceOfAnotherConnection) {
    const MediaServer server(options_with([](auto& options) { options.faults.closes_after_401 = true; }));
    MediaViewer first(server.port());
    ASSERT_TRUE(first.send("POST /stream HTTP/1.1\r\n\r\n"));
    const std::string nonce = between(first.read_head(), "nonce=\"", "\"");
    EXPECT_TRUE(first.sees_end());
    MediaViewer second(server.port());
    const std::string secret = password_secret("s3cret;", MediaHash::sha256);
    ASSERT_TRUE(second.send("POST /stream HTTP/1.1\r\nAuthorization: Digest username=\"admin\", realm=\"" +
                            std::string(kRealm) + "\", nonce=\"" + nonce +
                            "\", uri=\"/stream\", qop=auth, nc=00000001, cnonce=\"1\", response=\"" +
                            digest_response({"admin", secret, "POST", "/stream", nonce, "00000001", "1"}) +
                            "\", opaque=\"" + std::string(kOpaque) + "\"\r\n\r\n"));
    EXPECT_TRUE(second.read_head().starts_with("HTTP/1.0 200 OK"));
}

TEST(MediaServer, PutsReplyAndFirstPartIntoOneWrite) {
    const MediaServer server(options_with([](auto&) {}));
    MediaViewer viewer(server.port());
    viewer.log_in("s3cret;", MediaHash::sha256);
    const std::uint64_t before = viewer.received();
    viewer.ask_preview("HD", "disable");
    // The count grows by whole writes; the reply alone has about 200 bytes.
    ASSERT_TRUE(eventually([&] { return server.counters().bytes > before; }));
    EXPECT_GT(server.counters().bytes, before + 10'000U);
}

TEST(MediaServer, LimitsViewersAndFreesTheSessionAtTheEnd) {
    const MediaServer server(options_with([](auto& options) { options.max_sessions = 1; }));
    auto first = watch(server);
    MediaViewer second(server.port());
    second.log_in("s3cret;", MediaHash::sha256);
    second.ask_preview("HD", "default");
    const auto refusal = second.read_part();
    ASSERT_TRUE(refusal);
    EXPECT_NE(refusal->body.find("\"error_code\":-52407"), std::string::npos);
    first.reset();
    ASSERT_TRUE(eventually([&] { return server.counters().sessions_open == 0; }));
    second.ask_preview("HD", "default");
    const auto granted = second.read_part();
    ASSERT_TRUE(granted);
    EXPECT_EQ(granted->headers.at("X-Session-Id"), "22");
    second.send_json(R"({"type":"request","seq":2,"params":{"stop":"null","method":"do"}})");
    EXPECT_TRUE(eventually([&] { return server.counters().sessions_open == 0; }));
}

TEST(MediaServer, IsSilentWhilePrivateAndGoesOnWithAKeyframe) {
    std::atomic<bool> is_private{false};
    const MediaServer server(
        options_with([&](auto& options) { options.privacy_on = [&] { return is_private.load(); }; }));
    const auto viewer = watch(server, MediaHash::sha256, "VGA", "disable");
    expect_keyframe_start(next_ts(*viewer));
    is_private = true;
    while (viewer->read_part(300ms)) {
    }
    MediaViewer other(server.port());
    other.log_in("s3cret;", MediaHash::sha256);
    other.ask_preview("HD", "default");
    const auto refusal = other.read_part();
    ASSERT_TRUE(refusal);
    EXPECT_NE(refusal->body.find("-64324"), std::string::npos);
    is_private = false;
    expect_keyframe_start(next_ts(*viewer));
}

TEST(MediaServer, RefusesConnectionsWhileUnavailableAndKeepsItsPort) {
    MediaServer server(options_with([](auto&) {}));
    const auto viewer = watch(server);
    server.set_unavailable(true);
    EXPECT_TRUE(viewer->sees_end());
    EXPECT_FALSE(MediaViewer(server.port()).is_connected());
    EXPECT_EQ(server.counters().connections_open, 0U);
    server.set_unavailable(false);
    EXPECT_FALSE(next_ts(*watch(server)).empty());
}

TEST(MediaServer, NotifiesAndEndsStreams) {
    MediaServer server(options_with([](auto&) {}));
    const auto viewer = watch(server, MediaHash::sha256, "VGA");
    server.notify(R"({"event_type":"channel_stream_status", "status":"normal"})");
    server.end_streams("grabbed");
    std::string notes;
    while (const auto part = viewer->read_part(500ms))
        if (part->headers.at("Content-Type") == "application/json") notes += part->body;
    EXPECT_LT(notes.find("channel_stream_status"), notes.find("grabbed"));
    EXPECT_NE(notes.find("grabbed"), std::string::npos);
    EXPECT_EQ(server.counters().sessions_open, 0U);
    EXPECT_EQ(server.counters().connections_open, 1U);
}

TEST(MediaServer, WaitsForTheNextKeyframeWhenToldSo) {
    const MediaServer server(options_with([](auto& options) { options.waits_for_keyframe = true; }));
    const auto viewer = watch(server);
    expect_keyframe_start(next_ts(*viewer));
}

TEST(MediaServer, PacesFramesInRealTime) {
    const MediaServer server(options_with([](auto&) {}));
    const auto viewer = watch(server, MediaHash::sha256, "VGA", "disable");
    const auto begin = std::chrono::steady_clock::now();
    for (int frames = 0; frames <= 15; ++frames) ASSERT_FALSE(next_ts(*viewer).empty());
    EXPECT_NEAR(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), 1.0, 0.4);
}

TEST(MediaServer, SurvivesAnyBytesFromAClient) {
    const MediaServer server(options_with([](auto&) {}));
    for (const std::string& text :
         {std::string("\r\n\r\n"), std::string("GET / HTTP/1.1\r\n\r\n"), std::string(20'000, 'x'),
          std::string("POST /stream HTTP/1.1\r\nAuthorization: Digest =,\"\r\n\r\nPOST\r\n\r\n")}) {
        MediaViewer viewer(server.port());
        viewer.send(text);
        EXPECT_TRUE(viewer.sees_end());
    }
    MediaViewer viewer(server.port());
    viewer.log_in("s3cret;", MediaHash::sha256);
    viewer.send_json("[1,");
    viewer.send_json(R"({"type":"request","params":{"preview":7}})");
    EXPECT_TRUE(viewer.read_part());
    viewer.send("----client-stream-boundary--\r\nContent-Length: -7\r\n\r\n");
    EXPECT_TRUE(viewer.sees_end());
}

} // namespace
} // namespace tplink::sim
