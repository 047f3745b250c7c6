#include "tests/media/test_feed.hpp"

#include <gst/app/gstappsink.h>

#include <stdexcept>

#include "tests/media/wait_until.hpp"

namespace tplink::media::test {
namespace {

AccessUnit to_unit(GstSample* sample, Codec codec) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    AccessUnit unit;
    unit.codec = codec;
    unit.keyframe = is_video(codec) && !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    unit.pts_90k = static_cast<std::int64_t>(GST_BUFFER_PTS(buffer) * 9 / 100'000);
    unit.arrival = std::chrono::steady_clock::now();
    unit.sample_rate = is_video(codec) ? 0 : 8000;
    Buffer bytes(gst_buffer_get_size(buffer));
    gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
    unit.data = std::make_shared<const Buffer>(std::move(bytes));
    return unit;
}

template <Codec codec> GstFlowReturn push(GstAppSink* sink, gpointer hub) {
    GstSample* sample = gst_app_sink_pull_sample(sink);
    if (sample == nullptr) return GST_FLOW_EOS;
    static_cast<Hub*>(hub)->push(to_unit(sample, codec));
    gst_sample_unref(sample);
    return GST_FLOW_OK;
}

template <Codec codec> void connect(GstElement* pipeline, const char* name, Hub* hub) {
    GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), name);
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = push<codec>;
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, hub, nullptr);
    gst_object_unref(sink);
}

std::string launch(const FeedOptions& o) {
    const std::string n = std::to_string(o.keyframe_every);
    std::string text = std::string("videotestsrc is-live=true pattern=") + (o.noise ? "snow" : "ball") + " ! video/x-raw,format=I420,width=" + std::to_string(o.width) +
                       ",height=" + std::to_string(o.height) + ",framerate=" + std::to_string(o.fps) + "/1 ! ";
    text += o.h265 ? "x265enc speed-preset=ultrafast tune=zerolatency key-int-max=" + n +
                         " option-string=repeat-headers=1:pools=1 ! video/x-h265,stream-format=byte-stream,alignment=au"
                   : "x264enc speed-preset=ultrafast tune=zerolatency threads=1 bitrate=12000 key-int-max=" + n +
                         " ! video/x-h264,stream-format=byte-stream,alignment=au,profile=constrained-baseline";
    text += " ! appsink name=v sync=false";
    if (o.audio)
        text += " audiotestsrc is-live=true samplesperbuffer=320 ! audio/x-raw,rate=8000,channels=1 ! alawenc ! appsink name=a sync=false";
    return text;
}

}  // namespace

TestFeed::TestFeed(std::shared_ptr<Hub> hub, const FeedOptions& options) : hub_(std::move(hub)), audio_(options.audio) {
    GError* error = nullptr;
    pipeline_ = gst_parse_launch(launch(options).c_str(), &error);
    if (error != nullptr) throw std::runtime_error(error->message);
    if (options.h265)
        connect<Codec::h265>(pipeline_, "v", hub_.get());
    else
        connect<Codec::h264>(pipeline_, "v", hub_.get());
    if (options.audio) connect<Codec::pcma>(pipeline_, "a", hub_.get());
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
}

TestFeed::~TestFeed() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(pipeline_);
}

bool TestFeed::wait_live() const {
    return wait_until([this] { return hub_->has_keyframe() && (!audio_ || hub_->format().audio.has_value()); });
}

}  // namespace tplink::media::test
