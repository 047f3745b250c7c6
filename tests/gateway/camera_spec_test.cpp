// Which port and path each of a camera's streams is fetched from, and by whose name.
#include "gateway/app/camera_spec.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace tplink::gateway {
namespace {

DeviceView camera(Family family = Family::tapo_camera) {
    DeviceView view;
    view.id = "0200000000c2";
    view.name = "Hall camera";
    view.host = "127.0.0.9";
    view.family = family;
    view.identity.mac = "0200000000c2";
    view.identity.device_type = "SMART.IPCAMERA";
    return view;
}

Registry::Access with_account() {
    Registry::Access access;
    access.credentials = {"me@example.com", Secret("cloud password")};
    access.config.camera_account = {"viewer", Secret("camera password")};
    return access;
}

/// Stream name -> path on port 554; empty: not from there.
std::map<std::string, std::string> paths(const media::CameraSpec& spec) {
    std::map<std::string, std::string> out;
    for (const auto& stream : spec.streams) out[stream.name] = stream.rtsp ? stream.rtsp->path : "";
    return out;
}

using Paths = std::map<std::string, std::string>;

TEST(CameraSpec, OneLensIsFetchedFromTwoPathsOfPort554) {
    const auto spec = camera_spec(camera(), with_account(), {});
    EXPECT_EQ(paths(spec), (Paths{{"main", "/stream1"}, {"sub", "/stream2"}}));
    const auto& rtsp = *spec.streams.front().rtsp;
    EXPECT_EQ(rtsp.port, 554);
    EXPECT_EQ(rtsp.host, "127.0.0.9");
    EXPECT_EQ(rtsp.credentials, with_account().config.camera_account) << "the vendor's account does not work there";
}

TEST(CameraSpec, ASecondLensHasPathsOfItsOwnOnPort554) {
    DeviceView view = camera();
    view.state["lenses"] = 2;
    const auto spec = camera_spec(view, with_account(), {});
    EXPECT_EQ(paths(spec), (Paths{{"main", "/stream1"}, {"sub", "/stream2"}, {"2", "/stream6"}, {"2/sub", "/stream7"}}));
    for (const auto& stream : spec.streams) EXPECT_EQ(stream.rtsp->credentials, with_account().config.camera_account) << stream.name;
    view.state["lenses"] = 1;
    EXPECT_EQ(camera_spec(view, with_account(), {}).streams.size(), 2U);
}

TEST(CameraSpec, OnPort8800TheSecondLensComesAlongWithTheFirst) {
    DeviceView view = camera();
    view.state["lenses"] = 2;
    Registry::Access access = with_account();
    access.config.video_source = VideoSource::native;
    EXPECT_EQ(paths(camera_spec(view, access, {})), (Paths{{"main", ""}, {"sub", ""}}));
}

TEST(CameraSpec, TheLesserPictureOfBothLensesWhenTheUserWantsIt) {
    DeviceView view = camera();
    view.state["lenses"] = 2;
    Registry::Access access = with_account();
    access.config.stream = StreamChoice::sd;
    EXPECT_EQ(paths(camera_spec(view, access, {})), (Paths{{"main", "/stream2"}, {"sub", "/stream2"}, {"2", "/stream7"}, {"2/sub", "/stream7"}}));
}

TEST(CameraSpec, MediaPortIsThatOfTheSourceAndSpeechKeepsItsOwn) {
    Registry::Access access = with_account();
    access.config.media_port = 10554;
    const auto spec = camera_spec(camera(), access, {});
    EXPECT_EQ(spec.streams.front().rtsp->port, 10554);
    EXPECT_EQ(spec.talk->port, 8800);
    access.config.camera_account = {};
    EXPECT_EQ(camera_spec(camera(), access, {}).talk->port, 10554);
}

TEST(CameraSpec, BatteryAndHubCamerasHaveNoPort554) {
    DeviceView battery = camera();
    battery.identity.components = {{"battery", 1}};
    EXPECT_EQ(paths(camera_spec(battery, with_account(), {})), (Paths{{"main", ""}, {"sub", ""}}));
    DeviceView child = camera();
    child.via = "0200000000c1";
    child.identity.device_id = "CHILD1";
    const auto spec = camera_spec(child, with_account(), {});
    EXPECT_EQ(paths(spec), (Paths{{"main", ""}, {"sub", ""}}));
    EXPECT_EQ(spec.streams.front().endpoint.device_id, "CHILD1");
}

TEST(CameraSpec, AVigiCameraTakesItsOwnUserOnPort554) {
    Registry::Access access;
    access.credentials = {"admin", Secret("local password")};
    access.config.video_source = VideoSource::rtsp;
    const auto spec = camera_spec(camera(Family::vigi_camera), access, {});
    EXPECT_EQ(spec.streams.front().rtsp->credentials, (Credentials{"admin", Secret("local password")}));
}

TEST(CameraSpec, AKasaCameraIsNeverAskedOnPort554) {
    Registry::Access access = with_account();
    access.config.video_source = VideoSource::rtsp;
    const auto spec = camera_spec(camera(Family::kasa_camera), access, {});
    EXPECT_EQ(paths(spec), (Paths{{"main", ""}, {"sub", ""}}));
    EXPECT_EQ(spec.streams.front().endpoint.port, 19443);
}

} // namespace
} // namespace tplink::gateway
