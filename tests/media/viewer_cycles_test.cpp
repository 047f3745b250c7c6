// Viewers that come and go leave nothing behind. The bench does the same with 300 of each and looks at the memory too.
#include <dirent.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "media/service.hpp"
#include "tests/media/rtsp_client.hpp"
#include "tests/media/wait_until.hpp"
#include "tests/media/webrtc_client.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;

constexpr const char* kCamera = "a842a1001122";

std::size_t entries(const char* folder) {
    std::size_t count = 0;
    DIR* dir = ::opendir(folder);
    while (dir != nullptr && ::readdir(dir) != nullptr) ++count;
    if (dir != nullptr) ::closedir(dir);
    return count;
}
std::size_t threads() { return entries("/proc/self/task"); }
std::size_t descriptors() { return entries("/proc/self/fd"); }

class ViewerCyclesTest : public ::testing::Test {
protected:
    void SetUp() override {
        gst_init(nullptr, nullptr);
        camera_ = std::make_unique<sim::MediaServer>(sim::MediaServerOptions{});
        ServiceOptions options;
        options.rtsp_address = "127.0.0.1";
        options.rtsp_port = 0;
        options.webrtc_port_min = 44000;
        options.webrtc_port_max = 44999;
        options.webrtc_candidates = {"127.0.0.1"};
        auto started = Service::start(options, {});
        ASSERT_TRUE(started) << started.error().what;
        service_ = std::move(*started);
        CameraSpec spec;
        spec.id = kCamera;
        stream::MediaEndpoint endpoint;
        endpoint.host = "127.0.0.1";
        endpoint.port = camera_->port();
        endpoint.credentials = {"admin", Secret(sim::MediaServerOptions{}.password)};
        spec.streams.push_back({"main", endpoint});
        service_->set_camera(spec);
        keeper_ = std::make_unique<test::RtspClient>(service_->rtsp_port());  // one camera session for all
        ASSERT_EQ(keeper_->play(std::string("/") + kCamera), 200);
    }

    void repeat(int warm, int more, const std::function<void()>& view) {
        for (int i = 0; i < warm; ++i) view();
        std::size_t threads_before = threads(), descriptors_before = descriptors();
        test::wait_until([&] {  // those of the last viewers may still be going
            threads_before = std::min(threads_before, threads());
            descriptors_before = std::min(descriptors_before, descriptors());
            return false;
        }, 500ms);
        for (int i = 0; i < more && !HasFailure(); ++i) view();
        constexpr std::size_t kSlack = 2;  // GLib keeps a thread or two of its pool for half a minute
        EXPECT_TRUE(test::wait_until([&] { return threads() <= threads_before + kSlack && descriptors() <= descriptors_before + kSlack; }, 30s))
            << "threads " << threads_before << " -> " << threads() << ", descriptors " << descriptors_before << " -> " << descriptors();
    }

    std::unique_ptr<sim::MediaServer> camera_;
    std::unique_ptr<Service> service_;
    std::unique_ptr<test::RtspClient> keeper_;
};

TEST_F(ViewerCyclesTest, Rtsp) {
    repeat(3, 40, [&] {
        test::RtspClient viewer(service_->rtsp_port());
        ASSERT_EQ(viewer.play(std::string("/") + kCamera), 200);
        EXPECT_TRUE(viewer.wait_keyframe(30s));
    });
}

TEST_F(ViewerCyclesTest, Whep) {
    repeat(2, 10, [&] {
        test::WebrtcClient viewer(test::Tracks::video_audio);
        const auto opened = service_->whep_open(kCamera, "main", viewer.offer());
        ASSERT_TRUE(opened) << opened.error().what;
        ASSERT_TRUE(viewer.accept(opened->answer));
        EXPECT_TRUE(test::wait_until([&] { return viewer.frames() > 0; }, 30s));
        EXPECT_TRUE(service_->whep_close(opened->session));
    });
}

}  // namespace
}  // namespace tplink::media
