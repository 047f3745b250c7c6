// The gateway reads no list of all plugins: what is loaded by name must be all that its pipelines are made of.
#include "media/plugins.hpp"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "media/gst_ptr.hpp"

namespace tplink::media {
namespace {

bool is_there(const std::string& element) { return GPtr<GstElementFactory>(gst_element_factory_find(element.c_str())) != nullptr; }

const std::map<Use, std::vector<std::string>> kElements{
    {Use::ingest, {"tplinksrc", "tplinkdemux"}},
    {Use::still, {"appsrc", "appsink", "capsfilter", "avdec_h264", "avdec_h265", "videoscale", "videoconvert", "jpegenc"}},
    {Use::mjpeg, {"appsrc", "appsink", "capsfilter", "avdec_h264", "avdec_h265", "videorate", "videoscale", "videoconvert", "jpegenc"}},
    {Use::mp4, {"appsrc", "appsink", "h264parse", "h265parse", "mp4mux", "alawdec", "audioconvert", "audioresample", "voaacenc", "aacparse", "queue", "filesink"}},
    {Use::aac, {"appsrc", "appsink", "aacparse", "faad", "audioconvert", "audioresample", "alawenc"}},
    {Use::transcode, {"appsrc", "appsink", "avdec_h265", "videoconvert", "h264parse"}},
    {Use::speech, {"appsrc", "appsink", "decodebin", "alawdec", "mulawdec", "alawenc", "audioconvert", "audioresample"}},
    {Use::rtsp_source, {"rtspsrc", "rtpbin", "rtpjitterbuffer", "udpsrc", "udpsink", "rtph264depay", "rtph265depay", "rtpmp4gdepay", "h264parse", "h265parse", "aacparse", "identity", "fakesink", "appsink"}},
    {Use::webrtc, {"webrtcbin", "rtpbin", "rtprtxsend", "rtpstorage", "nicesrc", "nicesink", "dtlssrtpenc", "dtlssrtpdec", "srtpenc", "srtpdec", "sctpenc", "rtph264pay", "rtph265pay",
                   "rtppcmapay", "rtppcmupay", "rtpopuspay", "rtppcmadepay", "rtppcmudepay", "rtpopusdepay", "opusenc", "opusdec", "alawenc", "alawdec", "mulawenc", "mulawdec",
                   "audioconvert", "audioresample", "appsrc", "appsink", "queue", "funnel", "tee", "clocksync", "fakesink", "capsfilter", "rtpulpfecenc", "rtpreddec"}}};

TEST(PluginsTest, EveryUseHasItsElementsAndNoOtherPluginIsRead) {
    prepare_gstreamer();
    for (const auto& [use, elements] : kElements) {
        const auto started = start_gstreamer(use);
        ASSERT_TRUE(started) << started.error().what;
        for (const std::string& element : elements) EXPECT_TRUE(is_there(element)) << element;
    }
    EXPECT_FALSE(is_there("videotestsrc")) << "the whole list was read";
}

}  // namespace
}  // namespace tplink::media
