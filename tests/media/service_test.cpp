// The whole of media against the simulated video port: what viewers see and what the camera is asked to bear.
#include "media/service.hpp"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <thread>

#include <unistd.h>

#include "media/codec/g711.hpp"
#include "media/rtp/rtp_packet.hpp"
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
        options.transcode = transcode_;
        auto started = Service::start(options, {});
        ASSERT_TRUE(started) << started.error().what;
        service_ = std::move(*started);
        announce("camera password");
    }

    void announce(const std::string& password) {
        CameraSpec spec;
        spec.id = "a842a1001122";
        spec.aliases = {"hallway"};
        spec.view_limit = view_limit_;
        for (const char* name : {"main", "sub"}) {
            if (only_main_ && std::string(name) == "sub") continue;
            stream::MediaEndpoint endpoint;
            endpoint.host = "127.0.0.1";
            endpoint.port = camera_->port();
            endpoint.credentials = {"admin", Secret(password)};
            endpoint.quality = std::string(name) == "sub" ? stream::Quality::sd : stream::Quality::hd;
            endpoint.scheme = scheme_;
            endpoint.device_id = child_;
            spec.streams.push_back({name, endpoint});
            spec.talk = endpoint;
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
    std::chrono::seconds view_limit_{0};
    bool transcode_ = false, only_main_ = false;
};

/// A sweep that is like itself at one place only.
double sweep(double time_s) { return 0.5 * std::sin(2 * M_PI * (300 + 200 * time_s) * time_s); }

/// 44.1 kHz, 16 bit, two channels.
Buffer stereo_wav(double seconds) {
    const auto frames = static_cast<std::uint32_t>(44100 * seconds);
    Buffer out = to_buffer("RIFF");
    const auto le = [&](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFFU));
    };
    le(36 + frames * 4, 4);
    append(out, "WAVEfmt ");
    for (const auto& [value, bytes] : std::initializer_list<std::pair<std::uint32_t, int>>{{16, 4}, {1, 2}, {2, 2}, {44100, 4}, {44100 * 4, 4}, {4, 2}, {16, 2}}) le(value, bytes);
    append(out, "data");
    le(frames * 4, 4);
    for (std::uint32_t i = 0; i < frames; ++i)
        for (int channel = 0; channel < 2; ++channel)
            le(static_cast<std::uint32_t>(static_cast<std::int16_t>(32767 * sweep(i / 44100.0))), 2);
    return out;
}

/// Best correlation of what was heard with the sweep, over small delays.
double likeness(Bytes alaw) {
    double best = 0;
    for (int lag = -160; lag <= 160; ++lag) {
        double ab = 0, aa = 0, bb = 0;
        for (std::size_t i = 200; i + 200 < alaw.size(); ++i) {
            const double a = decode_alaw(alaw[i]), b = sweep((static_cast<double>(i) + lag) / 8000);
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
        if (aa > 0 && bb > 0) best = std::max(best, ab / std::sqrt(aa * bb));
    }
    return best;
}

TEST_F(ServiceTest, SpeechIsHeardAndTheLineIsFreeAgain) {
    camera();
    serve();
    const auto spoken = service_->speak("a842a1001122", stereo_wav(1.5), "audio/wav");
    ASSERT_TRUE(spoken) << spoken.error().what;
    const Buffer heard = camera_->spoken();
    EXPECT_NEAR(static_cast<double>(heard.size()) / 8000, 1.5, 0.02);
    EXPECT_GT(likeness(heard), 0.95);
    EXPECT_TRUE(wait_until([&] { return camera_->counters().talks_open == 0; }));
    EXPECT_EQ(camera_->counters().sessions_total, 0U) << "speech needs no video session";
    EXPECT_EQ(service_->speak("a842a1001122", to_buffer("no sound"), "audio/wav").error().code, Errc::malformed);
}

TEST_F(ServiceTest, WhoeverTalksSecondIsTold) {
    camera();
    serve();
    std::thread first([&] { EXPECT_TRUE(service_->speak("a842a1001122", stereo_wav(2), "audio/wav")); });
    ASSERT_TRUE(wait_until([&] { return camera_->counters().talks_open == 1; }));
    const auto second = service_->speak("a842a1001122", Buffer(800, std::byte{0xD5}), "audio/PCMA");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::refused);
    EXPECT_EQ(second.error().device_code, -52411);
    EXPECT_NE(second.error().what.find("somebody else is talking"), std::string::npos) << second.error().what;
    first.join();
    EXPECT_TRUE(wait_until([&] { return camera_->counters().talks_open == 0; }));
}

TEST_F(ServiceTest, TheRtspBackchannelIsHeard) {
    camera();
    serve();
    RtspClient viewer(service_->rtsp_port());
    const auto described = viewer.request("DESCRIBE", "/hallway", "Require: www.onvif.org/ver20/backchannel\r\n");
    ASSERT_EQ(described.code, 200);
    EXPECT_NE(described.body.find("a=sendonly"), std::string::npos) << described.body;
    ASSERT_EQ(viewer.request("SETUP", "/hallway/stream=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n").code, 200);
    ASSERT_EQ(viewer.request("SETUP", "/hallway/stream=2", "Require: www.onvif.org/ver20/backchannel\r\nTransport: RTP/AVP/TCP;unicast;interleaved=4-5;mode=record\r\n").code, 200);
    ASSERT_EQ(viewer.request("PLAY", "/hallway").code, 200);
    Buffer all;
    for (std::size_t i = 0; i < 8000; ++i) all.push_back(encode_alaw(static_cast<std::int16_t>(32767 * sweep(static_cast<double>(i) / 8000))));
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned n = 0; n < 50; ++n) {  // a second of speech, as a microphone gives it
        Buffer packet(rtp::kHeaderSize);
        rtp::write_header(std::span(packet).first<rtp::kHeaderSize>(), {8, n == 0, static_cast<std::uint16_t>(n), n * 160, 7});
        append(packet, Bytes(all).subspan(n * 160, 160));
        viewer.send_frame(4, packet);
        EXPECT_TRUE(wait_until([&] { return std::chrono::steady_clock::now() >= begin + n * 20ms; }));
    }
    EXPECT_TRUE(wait_until([&] { return camera_->spoken().size() >= 7800; })) << camera_->spoken().size();
    EXPECT_GT(likeness(camera_->spoken()), 0.95);
    EXPECT_TRUE(wait_until([&] { return camera_->counters().talks_open == 0; })) << "silence frees the line";
    EXPECT_EQ(camera_->counters().talks_total, 1U);
}

TEST_F(ServiceTest, TheBrowsersMicrophoneIsHeard) {
    camera();
    serve();
    {
        test::WebrtcClient client(test::Tracks::talk);
        const std::string offer = client.offer();
        const auto opened = service_->whep_open("a842a1001122", "main", offer);
        ASSERT_TRUE(opened) << opened.error().what;
        EXPECT_NE(opened->answer.find("a=sendrecv"), std::string::npos) << opened->answer;
        ASSERT_TRUE(client.accept(opened->answer));
        EXPECT_TRUE(wait_until([&] { return camera_->spoken().size() > 8000; })) << camera_->spoken().size();
        EXPECT_TRUE(wait_until([&] { return client.frames() > 5; }));
        service_->whep_close(opened->session);
    }
    EXPECT_TRUE(wait_until([&] { return camera_->counters().talks_open == 0; }));
}

std::string probe_feed(ByteFeed& feed, const std::string& name, std::size_t pieces) {
    const std::string path = testing::TempDir() + "/feed_" + std::to_string(getpid()) + name;
    std::FILE* file = std::fopen(path.c_str(), "wb");
    for (std::size_t i = 0; i < pieces;) {
        const auto piece = feed.next(2s);
        EXPECT_TRUE(piece) << piece.error().what;
        if (!piece) break;
        std::fwrite(piece->data(), 1, piece->size(), file);
        ++i;
    }
    std::fclose(file);
    const std::string out = test::run_command("ffprobe -v error -show_entries stream=codec_name,width -of csv=p=0 " + path);
    std::remove(path.c_str());
    return out;
}

TEST_F(ServiceTest, Mp4OverHttpHasPictureAndSound) {
    camera();
    serve();
    auto feed = service_->live_mp4("a842a1001122", "main", false);
    ASSERT_TRUE(feed) << feed.error().what;
    EXPECT_EQ((*feed)->content_type().substr(0, 23), "video/mp4; codecs=\"avc1");
    EXPECT_NE((*feed)->content_type().find("mp4a.40.2"), std::string::npos);
    const std::string out = probe_feed(**feed, ".mp4", 120);
    EXPECT_NE(out.find("h264,1280"), std::string::npos) << out;
    EXPECT_NE(out.find("aac"), std::string::npos) << out;
    feed->reset();
    EXPECT_TRUE(camera_is_left_alone());
}

TEST_F(ServiceTest, MotionJpegIsSmallAndSilent) {
    camera({.codec = sim::MediaCodec::h265});
    serve();
    auto feed = service_->live_mjpeg("a842a1001122", "main", {.width = 320, .fps = 10});
    ASSERT_TRUE(feed) << feed.error().what;
    EXPECT_EQ((*feed)->content_type(), "multipart/x-mixed-replace; boundary=picture");
    const auto first = (*feed)->next(5s);
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(as_text(*first).substr(0, 36), "--picture\r\nContent-Type: image/jpeg\r");
    const std::string out = probe_feed(**feed, ".mjpeg", 5);
    EXPECT_NE(out.find("mjpeg,320"), std::string::npos) << out;
    EXPECT_EQ(camera_->counters().sessions_with_audio, 0U);
}

TEST_F(ServiceTest, ABatteryCameraIsNotWokenForATile) {
    camera({.jpeg = "\xFF\xD8now\xFF\xD9"});
    view_limit_ = 300s;
    serve();
    const auto tile = still(10s, true);
    ASSERT_FALSE(tile);
    EXPECT_NE(tile.error().what.find("battery"), std::string::npos);
    EXPECT_EQ(camera_->counters().connections_total, 0U);
    const auto wanted = still(0ms);
    ASSERT_TRUE(wanted) << wanted.error().what;
    EXPECT_EQ(as_text(wanted->jpeg), "\xFF\xD8now\xFF\xD9");
    EXPECT_EQ(camera_->counters().sessions_total, 0U) << "no video session for it";
}

TEST_F(ServiceTest, H265IsTranscodedWhereThatIsAllowed) {
    camera({.codec = sim::MediaCodec::h265});
    transcode_ = true;
    only_main_ = true;
    serve();
    {
        test::WebrtcClient first(test::Tracks::video_audio), second(test::Tracks::video);
        for (test::WebrtcClient* client : {&first, &second}) {
            const auto opened = service_->whep_open("a842a1001122", "main", client->offer());
            ASSERT_TRUE(opened) << opened.error().what;
            ASSERT_TRUE(client->accept(opened->answer));
            EXPECT_TRUE(wait_until([&] { return client->frames() > 10; })) << client->frames();
        }
        EXPECT_EQ(camera_->counters().sessions_total, 1U);
        service_->remove_camera("a842a1001122");
    }
    EXPECT_TRUE(camera_is_left_alone());
    transcode_ = false;
    serve();
    test::WebrtcClient third(test::Tracks::video);
    const auto refused = service_->whep_open("a842a1001122", "main", third.offer());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().what.find("media.transcode"), std::string::npos);
}

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
