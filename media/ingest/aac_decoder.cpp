#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "media/appsrc_feed.hpp"
#include "media/gst_ptr.hpp"
#include "media/ingest/rtsp_ingest.hpp"
#include "media/plugins.hpp"

namespace tplink::media {
namespace {

constexpr const char* kLaunch =
    "appsrc name=in is-live=true format=time max-bytes=65536 block=false caps=audio/mpeg,mpegversion=(int)4,stream-format=adts ! "
    "aacparse ! faad ! audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1 ! alawenc ! appsink name=out sync=false";

class AacDecoder final : public SoundDecoder {
public:
    AacDecoder(GstElement* pipeline, std::function<void(Buffer)> give)
        : give_(std::move(give)), pipeline_(GST_ELEMENT(g_object_ref_sink(pipeline))),
          in_(gst_bin_get_by_name(GST_BIN(pipeline), "in")) {
        const GPtr<GstElement> out(gst_bin_get_by_name(GST_BIN(pipeline), "out"));
        GstAppSinkCallbacks callbacks{};
        callbacks.new_sample = on_sample;
        gst_app_sink_set_callbacks(GST_APP_SINK(out.get()), &callbacks, this, nullptr);
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    ~AacDecoder() override { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    void push(const AccessUnit& unit) override {
        GstBuffer* buffer = wrap_buffer(unit);
        GST_BUFFER_PTS(buffer) = gst_element_get_current_running_time(pipeline_.get());
        gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer);
    }

private:
    static GstFlowReturn on_sample(GstAppSink* sink, gpointer self) try {
        const MiniPtr<GstSample> sample(gst_app_sink_pull_sample(sink));
        GstBuffer* buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
        if (buffer == nullptr) return GST_FLOW_EOS;
        Buffer bytes(gst_buffer_get_size(buffer));
        gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
        static_cast<AacDecoder*>(self)->give_(std::move(bytes));
        return GST_FLOW_OK;
    } catch (const std::exception&) {
        return GST_FLOW_ERROR;
    }

    const std::function<void(Buffer)> give_;
    GPtr<GstElement> pipeline_;
    GPtr<GstElement> in_;
};

}  // namespace

std::unique_ptr<SoundDecoder> make_aac_decoder(std::function<void(Buffer alaw)> give) {
    if (!start_gstreamer(Use::aac)) return nullptr;
    GError* error = nullptr;
    GstElement* pipeline = gst_parse_launch(kLaunch, &error);
    if (error != nullptr) {
        g_error_free(error);
        if (pipeline != nullptr) gst_object_unref(pipeline);
        return nullptr;
    }
    return std::make_unique<AacDecoder>(pipeline, std::move(give));
}

}  // namespace tplink::media
