// The whole of media against the simulated video port: what viewers see and what the camera is asked to bear.
#include "media/service.hpp"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "tests/media/rtsp_client.hpp"
#include "tests/media/run_command.hpp"
#include "tests/media/wait_until.hpp"
#include "tests/media/webrtc_client.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;
using test::RtspClient;
using test::wait_until;

class ServiceTest : public ::testing::Test {
protected:
    void SetUp() override { gst_init(nullptr, nullptr); }  // the clients of these tests need it

    void camera(sim::MediaServerOptions options = {}) {
        options.password = "camera password";
        camera_ = std::make_unique<sim::MediaServer>(std::move(options));
    }

    void serve(unsigned viewers_max = 32, std::chrono::milliseconds linger = 300ms) {
        ServiceOptions options;
        options.rtsp_address = "127.0.0.1";
        options.rtsp_port = 0;
        options.webrtc_port_min = 43000;
        options.webrtc_port_max = 43999;
        options.webrtc_candidates = {"127.0.0.1"};
        options.viewers_max = viewers_max;
        options.linger = linger;
        options.stall_timeout = 1000ms;
        auto started = Service::start(options, {});
        ASSERT_TRUE(started) << started.error().what;
        service_ = std::move(*started);
        announce("camera password");
    }

    void announce(const std::string& password) {
        CameraSpec spec;
        spec.id = "a842a1001122";
        spec.aliases = {"hallway"};
        for (const char* name : {"main", "sub"}) {
            stream::MediaEndpoint endpoint;
            endpoint.host = "127.0.0.1";
            endpoint.port = camera_->port();
            endpoint.credentials = {"admin", Secret(password)};
            endpoint.quality = std::string(name) == "sub" ? stream::Quality::sd : stream::Quality::hd;
            endpoint.scheme = scheme_;
            endpoint.device_id = child_;
            spec.streams.push_back({name, endpoint});
        }
        service_->set_camera(spec);
    }

    std::string probe(const std::string& path, const std::string& transport = "tcp") {
        return test::run_command("ffprobe -v error -rtsp_transport " + transport +
                                 " -show_entries stream=codec_name,sample_rate -of csv=p=0 rtsp://127.0.0.1:" +
                                 std::to_string(service_->rtsp_port()) + path);
    }

    Result<Still> still(std::chrono::milliseconds max_age, bool allow_stale = false, unsigned width = 0) {
        return service_->still("a842a1001122", max_age, width, allow_stale);
    }

    bool camera_is_left_alone() {
        return wait_until([&] { return camera_->counters().sessions_open == 0 && camera_->counters().connections_open == 0; });
    }

    std::unique_ptr<sim::MediaServer> camera_;
    std::unique_ptr<Service> service_;
    stream::Scheme scheme_ = stream::Scheme::tapo;
    std::string child_;
};

TEST_F(ServiceTest, EveryKeyExchangePlays) {
    using sim::MediaKeyExchange;
    for (const auto exchange : {MediaKeyExchange::hkdf, MediaKeyExchange::hkdf_empty_nonce, MediaKeyExchange::none, MediaKeyExchange::plain}) {
        camera({.key_exchange = exchange});
        serve();
        RtspClient viewer(service_->rtsp_port());
        EXPECT_EQ(viewer.play("/hallway"), 200) << static_cast<int>(exchange);
        EXPECT_TRUE(viewer.wait_keyframe(5s)) << static_cast<int>(exchange);
    }
}

TEST_F(ServiceTest, VigiIsKeyedWithWhicheverPasswordFits) {
    scheme_ = stream::Scheme::vigi;
    for (const auto vendor : {sim::MediaVendor::vigi_plain_key, sim::MediaVendor::vigi_coded_key}) {
        camera({.vendor = vendor});
        serve();
        RtspClient viewer(service_->rtsp_port());
        EXPECT_EQ(viewer.play("/hallway"), 200);
        EXPECT_TRUE(viewer.wait_keyframe(5s));
        EXPECT_EQ(camera_->counters().auth_failures, 0U);
    }
}

TEST_F(ServiceTest, AChildOfAHubIsNamedAndItsHeartBeats) {
    child_ = "80258A/C2";
    camera({.key_exchange = sim::MediaKeyExchange::hkdf, .children = {"80258A%2FC2"}, .heartbeat = 1000ms});
    serve();
    RtspClient viewer(service_->rtsp_port());
    ASSERT_EQ(viewer.play("/hallway"), 200);
    EXPECT_TRUE(wait_until([&] { while (viewer.packet(0ms)) {} return camera_->counters().heartbeats >= 3; }));
    EXPECT_EQ(camera_->counters().sessions_total, 1U) << "without its heartbeat the hub ends the session";
}

TEST_F(ServiceTest, TheSecondLensSharesTheSession) {
    camera({.two_lenses = true});
    serve();
    RtspClient first(service_->rtsp_port());
    RtspClient second(service_->rtsp_port());
    ASSERT_EQ(first.play("/hallway"), 200);
    ASSERT_EQ(second.play("/hallway/2"), 200);
    EXPECT_TRUE(first.wait_keyframe(5s));
    EXPECT_TRUE(second.wait_keyframe(5s));
    EXPECT_EQ(camera_->counters().sessions_total, 1U);
    const auto wide = test::run_command("ffprobe -v error -rtsp_transport tcp -show_entries stream=width -of csv=p=0 rtsp://127.0.0.1:" +
                                        std::to_string(service_->rtsp_port()) + "/hallway/2");
    EXPECT_NE(wide.find("640"), std::string::npos) << wide;
    EXPECT_EQ(service_->status("a842a1001122").at(0).lenses, 2U);
}

TEST_F(ServiceTest, ACameraWithOneLensHasNoSecond) {
    camera();
    serve();
    for (int i = 0; i < 2; ++i) {
        const auto reply = RtspClient(service_->rtsp_port()).request("DESCRIBE", "/hallway/2");
        EXPECT_EQ(reply.code, 404);
        EXPECT_EQ(reply.reason, "the camera has one lens only");
        EXPECT_TRUE(camera_is_left_alone());
    }
    EXPECT_EQ(camera_->counters().sessions_total, 1U) << "known from the first time";
}

TEST_F(ServiceTest, AacBecomesG711) {
    camera({.audio = sim::MediaAudio::aac_16k});
    serve();
    const std::string out = probe("/hallway");
    EXPECT_NE(out.find("pcm_alaw,8000"), std::string::npos) << out;
}

TEST_F(ServiceTest, SoundIsAskedForOnlyWhenSomebodyListens) {
    camera();
    serve();
    ASSERT_TRUE(still(0ms));
    EXPECT_EQ(camera_->counters().sessions_total, 1U);
    EXPECT_EQ(camera_->counters().sessions_with_audio, 0U);
    RtspClient viewer(service_->rtsp_port());  // while the silent session still runs
    ASSERT_EQ(viewer.play("/hallway/sub"), 200);
    EXPECT_EQ(camera_->counters().sessions_with_audio, 1U);
    EXPECT_TRUE(viewer.wait_keyframe(5s));
}

TEST_F(ServiceTest, RtspCarriesPictureAndSoundAndLeavesTheCameraAfterwards) {
    camera();
    serve();
    for (const char* path : {"/a842a1001122", "/hallway", "/a842a1001122/sub"}) {
        const std::string out = probe(path);
        EXPECT_NE(out.find("h264"), std::string::npos) << path << ": " << out;
        EXPECT_NE(out.find("pcm_alaw,8000"), std::string::npos) << path << ": " << out;
    }
    EXPECT_NE(probe("/hallway", "udp").find("h264"), std::string::npos);
    EXPECT_TRUE(camera_is_left_alone());
    EXPECT_EQ(service_->status("a842a1001122").at(0).state, StreamState::idle);
}

TEST_F(ServiceTest, H265IsServedAsItIs) {
    camera({.codec = sim::MediaCodec::h265});
    serve();
    EXPECT_NE(probe("/hallway").find("hevc"), std::string::npos);
    EXPECT_NE(probe("/hallway/sub").find("h264"), std::string::npos);
}

TEST_F(ServiceTest, WideBandSoundBecomesG711) {
    camera({.audio = sim::MediaAudio::ulaw_16k});
    serve();
    const std::string out = probe("/hallway");
    EXPECT_NE(out.find("pcm_alaw,8000"), std::string::npos) << out;
}

TEST_F(ServiceTest, TenViewersCostTheCameraOneSession) {
    camera();
    serve();
    std::vector<std::unique_ptr<RtspClient>> viewers;
    for (int i = 0; i < 10; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        viewers.push_back(std::make_unique<RtspClient>(service_->rtsp_port()));
        ASSERT_EQ(viewers.back()->play("/hallway"), 200);
        ASSERT_TRUE(viewers.back()->wait_keyframe(5s));
        const auto took = std::chrono::steady_clock::now() - begin;
        std::printf("viewer %d, connect to keyframe: %.1f ms\n", i + 1, std::chrono::duration<double, std::milli>(took).count());
    }
    EXPECT_EQ(camera_->counters().sessions_total, 1U);
    const auto status = service_->status("a842a1001122").at(0);
    EXPECT_EQ(status.viewers, 10U);
    EXPECT_EQ(status.state, StreamState::live);
    EXPECT_GT(status.source.parts, 0U);
    viewers.clear();
    EXPECT_TRUE(camera_is_left_alone());
}

TEST_F(ServiceTest, CameraWithoutSoundIsNotWaitedFor) {
    camera({.audio = sim::MediaAudio::absent});
    serve();
    const std::string out = probe("/hallway");
    EXPECT_NE(out.find("h264"), std::string::npos) << out;
    EXPECT_EQ(out.find("pcm"), std::string::npos) << out;
}

TEST_F(ServiceTest, WhepPlaysAndFallsBackToTheH264Stream) {
    for (const auto codec : {sim::MediaCodec::h264, sim::MediaCodec::h265}) {
        camera({.codec = codec});
        serve();
        test::WebrtcClient client(test::Tracks::video_audio);
        const auto opened = service_->whep_open("a842a1001122", "main", client.offer());
        ASSERT_TRUE(opened) << opened.error().what;
        ASSERT_TRUE(client.accept(opened->answer));
        EXPECT_TRUE(wait_until([&] { return client.frames() > 20 && client.audio_buffers() > 10; })) << client.frames();
        EXPECT_TRUE(service_->whep_close(opened->session));
        EXPECT_TRUE(camera_is_left_alone());
    }
    EXPECT_FALSE(service_->whep_open("a842a1001122", "third", "v=0\r\n"));
    EXPECT_FALSE(service_->whep_open("nobody", "main", "v=0\r\n"));
}

TEST_F(ServiceTest, StillsCostOneShortSessionAndAreCached) {
    camera();
    serve();
    const auto first = still(0ms);
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(as_text(Bytes(first->jpeg).first(2)), "\xFF\xD8");
    EXPECT_LT(std::chrono::system_clock::now() - first->taken, 5s);
    const auto again = still(60s);
    ASSERT_TRUE(again);
    const auto narrow = still(60s, false, 160);
    ASSERT_TRUE(narrow) << narrow.error().what;
    EXPECT_LT(narrow->jpeg.size(), first->jpeg.size());
    EXPECT_EQ(camera_->counters().sessions_total, 1U);
    EXPECT_TRUE(camera_is_left_alone());

    camera_->set_unavailable(true);
    EXPECT_FALSE(still(0ms));
    const auto stale = still(0ms, true);
    ASSERT_TRUE(stale) << stale.error().what;
    EXPECT_EQ(stale->jpeg, again->jpeg);
}

TEST_F(ServiceTest, AStillOfARunningStreamOpensNothing) {
    camera({.codec = sim::MediaCodec::h265});
    serve();
    RtspClient viewer(service_->rtsp_port());
    ASSERT_EQ(viewer.play("/hallway"), 200);
    const auto picture = still(0ms);
    ASSERT_TRUE(picture) << picture.error().what;
    EXPECT_LT(std::chrono::system_clock::now() - picture->taken, 1s);
    EXPECT_EQ(camera_->counters().sessions_total, 1U);
}

TEST_F(ServiceTest, PrivacySendsViewersAwayWithTheReason) {
    camera();
    serve();
    RtspClient viewer(service_->rtsp_port());
    ASSERT_EQ(viewer.play("/hallway"), 200);
    service_->set_unavailable("a842a1001122", "privacy is on");
    while (viewer.packet(5s)) {}
    EXPECT_TRUE(viewer.closed());
    EXPECT_TRUE(camera_is_left_alone());
    RtspClient late(service_->rtsp_port());
    const auto reply = late.request("DESCRIBE", "/hallway");
    EXPECT_EQ(reply.code, 503);
    EXPECT_EQ(reply.reason, "privacy is on");
    EXPECT_EQ(camera_->counters().sessions_total, 1U);
    service_->set_unavailable("a842a1001122", std::nullopt);
    EXPECT_EQ(late.play("/hallway"), 200);
}

TEST_F(ServiceTest, AWrongPasswordIsTriedOnce) {
    camera();
    serve();
    announce("wrong");
    const auto ask = [&] { return RtspClient(service_->rtsp_port()).request("DESCRIBE", "/hallway").code; };
    EXPECT_EQ(ask(), 503);
    const auto failures = camera_->counters().auth_failures;
    EXPECT_LE(failures, 2U) << "one login: the password's two hashes";
    EXPECT_EQ(ask(), 503);
    EXPECT_EQ(ask(), 503);
    EXPECT_EQ(camera_->counters().auth_failures, failures);
    EXPECT_EQ(service_->status("a842a1001122").at(0).error->code, Errc::auth_failed);
    announce("camera password");
    RtspClient viewer(service_->rtsp_port());
    EXPECT_EQ(viewer.play("/hallway"), 200);
}

TEST_F(ServiceTest, AnUnreachableCameraIs503WithTheReason) {
    camera();
    serve();
    camera_->set_unavailable(true);
    RtspClient viewer(service_->rtsp_port());
    const auto begin = std::chrono::steady_clock::now();
    const auto reply = viewer.request("DESCRIBE", "/hallway");
    EXPECT_EQ(reply.code, 503);
    EXPECT_NE(reply.reason, "Service Unavailable");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_F(ServiceTest, ViewersLiveThroughStallAndReboot) {
    camera();
    serve();
    RtspClient viewer(service_->rtsp_port());
    ASSERT_EQ(viewer.play("/hallway"), 200);
    ASSERT_TRUE(viewer.wait_keyframe(5s));
    sim::MediaFaults stall;
    stall.part = sim::PartFault::stall;
    stall.after_parts = 1;
    camera_->set_faults(stall);
    ASSERT_TRUE(wait_until([&] { return service_->status("a842a1001122").at(0).reconnects > 0; }));
    camera_->set_faults({});
    ASSERT_TRUE(wait_until([&] { return service_->status("a842a1001122").at(0).state == StreamState::live; }));
    EXPECT_TRUE(viewer.wait_keyframe(5s));

    camera_->set_unavailable(true);
    ASSERT_TRUE(wait_until([&] { return service_->status("a842a1001122").at(0).state == StreamState::failed; }));
    camera_->set_unavailable(false);
    ASSERT_TRUE(wait_until([&] { return service_->status("a842a1001122").at(0).state == StreamState::live; }));
    EXPECT_TRUE(viewer.wait_keyframe(5s));
    EXPECT_FALSE(viewer.closed());
    EXPECT_EQ(service_->status("a842a1001122").at(0).viewers, 1U);
}

TEST_F(ServiceTest, OneViewerTooMany) {
    camera();
    serve(2);
    RtspClient first(service_->rtsp_port());
    RtspClient second(service_->rtsp_port());
    EXPECT_EQ(first.play("/hallway"), 200);
    EXPECT_EQ(second.play("/hallway/sub"), 200);
    RtspClient third(service_->rtsp_port());
    const auto reply = third.request("DESCRIBE", "/hallway");
    EXPECT_EQ(reply.code, 453);
    EXPECT_EQ(reply.reason, "there are already 2 viewers");
    EXPECT_TRUE(still(0ms)) << "our own looks are no viewers";
}

TEST_F(ServiceTest, RemovedCamerasAreNotFoundAndTheirViewersLeave) {
    camera();
    serve();
    RtspClient viewer(service_->rtsp_port());
    ASSERT_EQ(viewer.play("/hallway"), 200);
    service_->remove_camera("a842a1001122");
    while (viewer.packet(5s)) {}
    EXPECT_TRUE(viewer.closed());
    EXPECT_TRUE(camera_is_left_alone());
    EXPECT_EQ(RtspClient(service_->rtsp_port()).request("DESCRIBE", "/hallway").code, 404);
    EXPECT_TRUE(service_->status("a842a1001122").empty());
}

TEST_F(ServiceTest, EndsAtOnceWhateverItIsDoing) {
    sim::MediaServerOptions options;
    options.faults.head_delay = 60s;
    camera(options);
    serve();
    std::thread waiting([port = service_->rtsp_port()] {
        RtspClient viewer(port);
        viewer.request("DESCRIBE", "/hallway");
    });
    ASSERT_TRUE(wait_until([&] { return camera_->counters().connections_open > 0; }));
    const auto begin = std::chrono::steady_clock::now();
    service_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    waiting.join();
}

}  // namespace
}  // namespace tplink::media
