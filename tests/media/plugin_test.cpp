// The loadable plugin, as a stranger uses it: by gst-launch-1.0 and an address.
#include <gtest/gtest.h>

#include "tests/media/run_command.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::media {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // a sanitized plugin cannot be loaded by a program that is not
#else
constexpr bool kSanitized = false;
#endif

class Plugin : public ::testing::Test {
protected:
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "gst-launch-1.0 is not sanitized";
    }
    static std::string launch(const std::string& pipeline) {
        return test::run_command("GST_PLUGIN_PATH='" PLUGIN_DIR "' GST_REGISTRY='" PLUGIN_DIR "/test-registry.bin' "
                                 "timeout 30 gst-launch-1.0 " + pipeline);
    }
};

TEST_F(Plugin, PlaysACameraByItsAddress) {
    sim::MediaServerOptions options;
    options.password = "pass word";
    sim::MediaServer camera(options);
    const std::string address = "127.0.0.1:" + std::to_string(camera.port());
    const std::string out = launch("-v tplinksrc location='tapo://" + address + "/hd' user-pw='pass word' num-buffers=40 ! tplinkdemux name=d "
                                   "d.video_0 ! queue ! avdec_h264 max-threads=1 ! fakesink d.audio_0 ! queue ! alawdec ! fakesink");
    EXPECT_NE(out.find("video/x-raw"), std::string::npos) << out;
    EXPECT_NE(out.find("audio/x-raw"), std::string::npos) << out;
    EXPECT_NE(out.find("Got EOS"), std::string::npos) << out;
    EXPECT_EQ(camera.counters().sessions_total, 1U);
}

TEST_F(Plugin, SaysWhatIsWrong) {
    sim::MediaServer camera({});
    const std::string address = "127.0.0.1:" + std::to_string(camera.port());
    const std::string refused = launch("tplinksrc location=tapo://admin:wrong@" + address + " ! fakesink");
    EXPECT_NE(refused.find("ERROR"), std::string::npos) << refused;
    EXPECT_EQ(refused.find("wrong@"), std::string::npos) << "the password is nobody's business: " << refused;
    const std::string nowhere = launch("tplinksrc ! fakesink");
    EXPECT_NE(nowhere.find("No camera address"), std::string::npos) << nowhere;
}

}  // namespace
}  // namespace tplink::media
