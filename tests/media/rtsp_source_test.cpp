// A camera's own RTSP server as the source: GStreamer's server stands for port 554.
#include <gst/rtsp-server/rtsp-server.h>
#include <gtest/gtest.h>

#include <thread>

#include "media/service.hpp"
#include "tests/media/rtsp_client.hpp"
#include "tests/media/run_command.hpp"
#include "tests/media/wait_until.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;
using test::RtspClient;
using test::wait_until;

/// rtsp://127.0.0.1:port/stream1 with Digest.
class RtspCamera {
public:
    RtspCamera(const std::string& video, std::uint16_t port = 0)
        : context_(g_main_context_new()), loop_(g_main_loop_new(context_, FALSE)), server_(gst_rtsp_server_new()) {
        gst_rtsp_server_set_address(server_, "127.0.0.1");
        gst_rtsp_server_set_service(server_, std::to_string(port).c_str());
        GstRTSPAuth* auth = gst_rtsp_auth_new();
        gst_rtsp_auth_set_supported_methods(auth, GST_RTSP_AUTH_DIGEST);
        GstRTSPToken* token = gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "user", nullptr);
        gst_rtsp_auth_add_digest(auth, "camera", "pass word", token);
        gst_rtsp_token_unref(token);
        gst_rtsp_server_set_auth(server_, auth);
        g_object_unref(auth);
        GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
        const std::string launch = "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1 ! " + video +
                                   " name=pay0 pt=96 audiotestsrc is-live=true samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8 )";
        gst_rtsp_media_factory_set_launch(factory, launch.c_str());
        gst_rtsp_media_factory_set_shared(factory, TRUE);
        gst_rtsp_media_factory_add_role(factory, "user", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
                                        GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, nullptr);
        GstRTSPMountPoints* mounts = gst_rtsp_server_get_mount_points(server_);
        for (const char* path : {"/stream1", "/stream6"})
            gst_rtsp_mount_points_add_factory(mounts, path, GST_RTSP_MEDIA_FACTORY(g_object_ref(factory)));
        g_object_unref(factory);
        g_object_unref(mounts);
        source_ = gst_rtsp_server_create_source(server_, nullptr, nullptr);
        if (source_ != nullptr) g_source_attach(source_, context_);
        thread_ = std::thread([this] { g_main_loop_run(loop_); });
    }
    ~RtspCamera() {
        if (source_ != nullptr) {
            g_source_destroy(source_);
            g_source_unref(source_);
        }
        gst_rtsp_server_client_filter(server_, [](GstRTSPServer*, GstRTSPClient*, gpointer) { return GST_RTSP_FILTER_REMOVE; }, nullptr);
        wait_until([this] { return g_main_loop_is_running(loop_) != FALSE; });
        g_main_loop_quit(loop_);
        thread_.join();
        g_object_unref(server_);
        g_main_loop_unref(loop_);
        g_main_context_unref(context_);
    }
    std::uint16_t port() const { return static_cast<std::uint16_t>(gst_rtsp_server_get_bound_port(server_)); }

private:
    GMainContext* context_;
    GMainLoop* loop_;
    GstRTSPServer* server_;
    GSource* source_ = nullptr;
    std::thread thread_;
};

constexpr const char* kH264 = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay";
constexpr const char* kH265 = "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 option-string=pools=1 ! rtph265pay";

class RtspSource : public ::testing::Test {
protected:
    void SetUp() override { gst_init(nullptr, nullptr); }

    void serve(std::uint16_t camera_port, const std::string& password = "pass word") {
        ServiceOptions options;
        options.rtsp_address = "127.0.0.1";
        options.rtsp_port = 0;
        options.linger = 200ms;
        options.stall_timeout = 1500ms;
        auto started = Service::start(options, {});
        ASSERT_TRUE(started) << started.error().what;
        service_ = std::move(*started);
        CameraSpec spec;
        spec.id = "a842a1001122";
        StreamSpec stream;
        stream.rtsp = RtspEndpoint{"127.0.0.1", camera_port, "/stream1", {"camera", Secret(password)}};
        spec.streams.push_back(stream);
        stream.name = "2";  // a second lens has a path of its own there
        stream.rtsp->path = "/stream6";
        spec.streams.push_back(stream);
        service_->set_camera(spec);
    }

    std::string probe(const std::string& path = "") {
        return test::run_command("ffprobe -v error -rtsp_transport tcp -show_entries stream=codec_name,width -of csv=p=0 rtsp://127.0.0.1:" +
                                 std::to_string(service_->rtsp_port()) + "/a842a1001122" + path);
    }

    std::unique_ptr<Service> service_;
};

TEST_F(RtspSource, BothCodecsAndSoundPassThrough) {
    for (const auto& [launch, name] : {std::pair{kH264, "h264,320"}, std::pair{kH265, "hevc,320"}}) {
        RtspCamera camera(launch);
        serve(camera.port());
        const std::string out = probe();
        EXPECT_NE(out.find(name), std::string::npos) << out;
        EXPECT_NE(out.find("pcm_alaw"), std::string::npos) << out;
        EXPECT_EQ(service_->status("a842a1001122").at(0).lenses, 1U);
        EXPECT_NE(probe("/2").find(name), std::string::npos) << "the second lens";
    }
}

TEST_F(RtspSource, AWrongAccountIsTriedOnceAndNamed) {
    RtspCamera camera(kH264);
    serve(camera.port(), "wrong");
    const auto reply = RtspClient(service_->rtsp_port()).request("DESCRIBE", "/a842a1001122");
    EXPECT_EQ(reply.code, 503);
    EXPECT_NE(reply.reason.find("camera account"), std::string::npos) << reply.reason;
    EXPECT_EQ(service_->status("a842a1001122").at(0).error->code, Errc::auth_failed);
}

TEST_F(RtspSource, ViewersLiveThroughAReboot) {
    auto camera = std::make_unique<RtspCamera>(kH264);
    const std::uint16_t port = camera->port();
    serve(port);
    RtspClient viewer(service_->rtsp_port());
    ASSERT_EQ(viewer.play("/a842a1001122"), 200);
    ASSERT_TRUE(viewer.wait_keyframe(5s));
    camera.reset();
    ASSERT_TRUE(wait_until([&] { return service_->status("a842a1001122").at(0).state == StreamState::failed; }));
    camera = std::make_unique<RtspCamera>(kH264, port);
    ASSERT_TRUE(wait_until([&] { return service_->status("a842a1001122").at(0).state == StreamState::live; }, 15s));
    while (viewer.packet(0ms)) {}
    EXPECT_TRUE(viewer.wait_keyframe(5s));
    EXPECT_FALSE(viewer.closed());
}

}  // namespace
}  // namespace tplink::media
