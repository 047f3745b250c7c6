#include "media/rtsp/server.hpp"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <mutex>

#include <atomic>
#include <cstdio>
#include <thread>

#include "tests/media/rtsp_client.hpp"
#include "tests/media/run_command.hpp"
#include "tests/media/test_feed.hpp"
#include "tests/media/wait_until.hpp"

namespace tplink::media {
namespace {

using test::RtspClient;

using test::run_command;

class RtspServer : public ::testing::Test {
protected:
    ~RtspServer() override {
        server_.reset();
        const std::lock_guard lock(mutex_);
        last_.reset();
    }

    void SetUp() override {
        gst_init(nullptr, nullptr);
        start({});
    }

    void start(const Credentials& user) {
        server_.reset();
        auto started = rtsp::Server::start({.address = "127.0.0.1", .port = 0, .user = user});
        ASSERT_TRUE(started) << started.error().what;
        server_ = std::move(*started);
        ASSERT_NE(server_->port(), 0);
    }

    void feed(const test::FeedOptions& options) {
        feed_ = std::make_unique<test::TestFeed>(hub_, options);
        ASSERT_TRUE(feed_->wait_live());
    }

    OpenViewing opener() {
        return [this]() -> tl::expected<std::shared_ptr<Viewing>, Denial> {
            ++opened_;
            const std::lock_guard lock(mutex_);
            last_ = std::make_shared<Viewing>(hub_, hub_->format());
            return last_;
        };
    }

    std::shared_ptr<Viewing> last() {
        const std::lock_guard lock(mutex_);
        return last_;
    }

    std::string probe(const std::string& transport, const std::string& path) {
        return run_command("ffprobe -v error -rtsp_transport " + transport +
                   " -show_entries stream=codec_name,width,height,sample_rate -of csv=p=0 rtsp://127.0.0.1:" +
                   std::to_string(server_->port()) + path);
    }

    std::shared_ptr<Hub> hub_ = std::make_shared<Hub>();
    std::unique_ptr<test::TestFeed> feed_;
    std::atomic<int> opened_ = 0;
    std::mutex mutex_;
    std::shared_ptr<Viewing> last_;  // written by the server's threads
    std::unique_ptr<rtsp::Server> server_;
};

TEST_F(RtspServer, PlayerReadsBothTracksOverTcpAndUdp) {
    feed({});
    server_->mount("/cam", opener());
    for (const char* transport : {"tcp", "udp"}) {
        const std::string out = probe(transport, "/cam");
        EXPECT_NE(out.find("h264,320,240"), std::string::npos) << transport << ": " << out;
        EXPECT_NE(out.find("pcm_alaw,8000"), std::string::npos) << transport << ": " << out;
    }
}

TEST_F(RtspServer, PlayerReadsH265WithoutAudio) {
    feed({.h265 = true, .audio = false});
    server_->mount("/cam/sub", opener());
    const std::string out = probe("tcp", "/cam/sub");
    EXPECT_NE(out.find("hevc,320,240"), std::string::npos) << out;
    EXPECT_EQ(out.find("pcm"), std::string::npos) << out;
}

TEST_F(RtspServer, SecondViewerNeedNotWaitForAKeyframe) {
    feed({.keyframe_every = 600});
    server_->mount("/cam", opener());
    RtspClient first(server_->port());
    ASSERT_EQ(first.play("/cam"), 200);
    ASSERT_TRUE(first.wait_keyframe(std::chrono::seconds(5)));
    const auto begin = std::chrono::steady_clock::now();
    RtspClient second(server_->port());
    ASSERT_EQ(second.play("/cam"), 200);
    ASSERT_TRUE(second.wait_keyframe(std::chrono::seconds(5)));
    const auto took = std::chrono::steady_clock::now() - begin;
    RecordProperty("second_viewer_us", static_cast<int>(took / std::chrono::microseconds(1)));
    std::printf("second viewer, connect to keyframe: %.1f ms\n", std::chrono::duration<double, std::milli>(took).count());
}

TEST_F(RtspServer, UnknownPathsAreNotFound) {
    feed({});
    server_->mount("/cam", opener());
    for (const char* path : {"/", "/nobody", "/camera", "/cam/sub", "/cam/2/sub"}) {
        RtspClient client(server_->port());
        EXPECT_EQ(client.request("DESCRIBE", path).code, 404) << path;
    }
    server_->unmount("/cam");
    RtspClient client(server_->port());
    EXPECT_EQ(client.request("DESCRIBE", "/cam").code, 404);
    EXPECT_EQ(opened_, 0);
}

TEST_F(RtspServer, DenialsBecomeStatusLines) {
    server_->mount("/asleep", [] {
        return tl::unexpected(Denial{false, Error{Errc::timeout, "camera is asleep\r\nX-Evil: 1", 0, {}}});
    });
    server_->mount("/full", [] { return tl::unexpected(Denial{true, Error{Errc::refused, "32 viewers already", 0, {}}}); });
    for (const char* method : {"DESCRIBE", "SETUP"}) {
        const std::string headers = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        RtspClient asleep(server_->port());
        const auto unavailable = asleep.request(method, "/asleep", headers);
        EXPECT_EQ(unavailable.code, 503) << method;
        EXPECT_EQ(unavailable.reason, "camera is asleep  X-Evil: 1");
        RtspClient full(server_->port());
        const auto limited = full.request(method, "/full", headers);
        EXPECT_EQ(limited.code, 453) << method;
        EXPECT_EQ(limited.reason, "32 viewers already");
        EXPECT_EQ(full.request("DESCRIBE", "/nobody").reason, "Not Found");
    }
}

TEST_F(RtspServer, OneSlowCameraDoesNotStallAnother) {
    feed({});
    std::atomic<bool> release = false;
    server_->mount("/slow", [&]() -> tl::expected<std::shared_ptr<Viewing>, Denial> {
        test::wait_until([&] { return release.load(); }, std::chrono::seconds(20));
        return tl::unexpected(Denial{false, Error{Errc::timeout, "late", 0, {}}});
    });
    server_->mount("/cam", opener());
    std::thread waiting([&] {
        RtspClient client(server_->port());
        EXPECT_EQ(client.request("DESCRIBE", "/slow").code, 503);
    });
    RtspClient quick(server_->port());
    EXPECT_EQ(quick.play("/cam"), 200);
    EXPECT_TRUE(quick.wait_keyframe(std::chrono::seconds(5)));
    release = true;
    waiting.join();
}

TEST_F(RtspServer, AsksForDigestOrBasicAndWakesNobodyBefore) {
    feed({});
    start({"viewer", Secret("pass word")});
    server_->mount("/cam", opener());
    RtspClient stranger(server_->port());
    const auto reply = stranger.request("DESCRIBE", "/cam");
    EXPECT_EQ(reply.code, 401);
    EXPECT_NE(reply.head.find("WWW-Authenticate: Digest realm=\"tplink2mqtt\""), std::string::npos) << reply.head;
    EXPECT_NE(reply.head.find("WWW-Authenticate: Basic realm=\"tplink2mqtt\""), std::string::npos) << reply.head;
    EXPECT_EQ(stranger.request("DESCRIBE", "/cam", "Authorization: Basic dmlld2VyOndyb25n\r\n").code, 401);
    EXPECT_EQ(stranger.request("SETUP", "/cam/stream=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n").code, 401);
    EXPECT_EQ(opened_, 0);
    RtspClient basic(server_->port());
    EXPECT_EQ(basic.request("DESCRIBE", "/cam", "Authorization: Basic dmlld2VyOnBhc3Mgd29yZA==\r\n").code, 200);
    const std::string out = run_command("ffprobe -v error -rtsp_transport tcp -show_entries stream=codec_name -of csv=p=0 'rtsp://viewer:pass%20word@127.0.0.1:" +
                                std::to_string(server_->port()) + "/cam'");
    EXPECT_NE(out.find("h264"), std::string::npos) << out;
    EXPECT_EQ(opened_, 2);
}

TEST_F(RtspServer, ViewerLivesThroughAnInterruptionAndLeavesNoSeat) {
    feed({.keyframe_every = 15});
    server_->mount("/cam", opener());
    {
        RtspClient viewer(server_->port());
        ASSERT_EQ(viewer.play("/cam"), 200);
        ASSERT_TRUE(viewer.wait_keyframe(std::chrono::seconds(5)));
        feed_.reset();
        hub_->interrupt();
        while (viewer.packet(std::chrono::milliseconds(300))) {}
        EXPECT_FALSE(viewer.closed());
        feed({.keyframe_every = 15});
        EXPECT_TRUE(viewer.wait_keyframe(std::chrono::seconds(5)));
        EXPECT_EQ(hub_->stats().consumers, 1U);
    }
    EXPECT_TRUE(test::wait_until([&] { return hub_->stats().consumers == 0; }));
    EXPECT_TRUE(test::wait_until([&] { return last().use_count() == 2; }));
}

// Its socket is full for some seconds; nobody else may notice, and it must get a picture again.
TEST_F(RtspServer, ASlowReaderSkipsAheadAndDisturbsNobody) {
    feed({.width = 1280, .height = 720, .fps = 30, .keyframe_every = 15, .noise = true});
    server_->mount("/cam", opener());
    RtspClient slow(server_->port(), 65536);
    ASSERT_EQ(slow.play("/cam"), 200);
    ASSERT_TRUE(slow.wait_keyframe(std::chrono::seconds(5)));
    RtspClient quick(server_->port());
    ASSERT_EQ(quick.play("/cam"), 200);
    // Until its share is dropped, which takes the longer the slower this machine encodes, and 2 s more.
    auto until = std::chrono::steady_clock::now() + std::chrono::seconds(40);
    auto longest = std::chrono::steady_clock::duration::zero();
    for (bool full = false; std::chrono::steady_clock::now() < until;) {
        const auto begin = std::chrono::steady_clock::now();
        ASSERT_TRUE(quick.packet(std::chrono::seconds(2)));
        longest = std::max(longest, std::chrono::steady_clock::now() - begin);
        if (!full && hub_->stats().skipped > 0) {
            full = true;
            until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        }
    }
    ASSERT_GT(hub_->stats().skipped, 0U);
    EXPECT_LT(longest, std::chrono::seconds(1));
    const auto resumed = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - resumed < std::chrono::seconds(3) && slow.packet(std::chrono::seconds(2))) {}
    EXPECT_FALSE(slow.closed());
    EXPECT_TRUE(slow.wait_keyframe(std::chrono::seconds(5)));
}

TEST_F(RtspServer, RevokedViewersAreClosed) {
    feed({});
    server_->mount("/cam", opener());
    RtspClient viewer(server_->port());
    ASSERT_EQ(viewer.play("/cam"), 200);
    last()->revoke();
    while (viewer.packet(std::chrono::seconds(5))) {}
    EXPECT_TRUE(viewer.closed());
    EXPECT_TRUE(test::wait_until([&] { return hub_->stats().consumers == 0; }));
}

TEST_F(RtspServer, ATakenAddressIsOneSentence) {
    const auto second = rtsp::Server::start({.address = "127.0.0.1", .port = server_->port(), .user = {}});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::refused);
    EXPECT_NE(second.error().what.find("127.0.0.1:" + std::to_string(server_->port())), std::string::npos);
    EXPECT_NE(second.error().what.find("in use"), std::string::npos) << second.error().what;
}

}  // namespace
}  // namespace tplink::media
