// How long a battery camera is watched within a day.
#include <gtest/gtest.h>

#include "media/live_stream.hpp"
#include "media/service.hpp"
#include "tests/media/rtsp_client.hpp"
#include "tests/media/wait_until.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;
using test::RtspClient;
using test::wait_until;

TEST(DayBudget, BeginsAnewAfterADay) {
    const SteadyTime begin{100h};
    DayBudget budget(60s);
    EXPECT_EQ(budget.left(begin), 60s);
    budget.spend(begin, 50s);
    budget.spend(begin + 1h, 20s);
    EXPECT_EQ(budget.left(begin + 23h), -10s);
    EXPECT_EQ(budget.left(begin + 24h), 60s);
}

TEST(DayLimit, EndsTheViewAndRefusesTheNext) {
    const sim::MediaServer camera((sim::MediaServerOptions()));
    ServiceOptions options;
    options.rtsp_address = "127.0.0.1";
    options.rtsp_port = 0;
    const auto service = Service::start(options, {});
    ASSERT_TRUE(service) << service.error().what;
    CameraSpec spec;
    spec.id = "a842a1001122";
    spec.day_limit = 2s;
    for (const auto quality : {stream::Quality::hd, stream::Quality::sd}) {
        stream::MediaEndpoint endpoint;
        endpoint.host = "127.0.0.1";
        endpoint.port = camera.port();
        endpoint.credentials = {"admin", Secret("password")};
        endpoint.quality = quality;
        spec.streams.push_back({quality == stream::Quality::hd ? "main" : "sub", endpoint});
    }
    (*service)->set_camera(spec);
    RtspClient viewer((*service)->rtsp_port());
    ASSERT_EQ(viewer.play("/a842a1001122"), 200);
    EXPECT_TRUE(viewer.wait_keyframe(5s));
    EXPECT_TRUE(wait_until([&] { return camera.counters().sessions_open == 0; })) << "also while somebody watches";
    const std::uint64_t sessions = camera.counters().sessions_total;
    for (const char* path : {"/a842a1001122", "/a842a1001122/sub"}) {
        const auto refused = RtspClient((*service)->rtsp_port()).request("DESCRIBE", path);
        EXPECT_EQ(refused.code, 503) << path;
        EXPECT_NE(refused.reason.find("battery"), std::string::npos) << refused.reason;
    }
    EXPECT_EQ(camera.counters().sessions_total, sessions);
}

}  // namespace
}  // namespace tplink::media
