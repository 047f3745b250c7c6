#include "media/recording/mp4_writer.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "media/appsrc_feed.hpp"
#include "media/gst_ptr.hpp"
#include "media/plugins.hpp"

namespace tplink::media {
namespace {

constexpr GstClockTime kFinishLimit = 60 * GST_SECOND;

std::string source(const char* name, Codec codec) {
    return std::string("appsrc name=") + name + " format=time block=true max-bytes=4000000 caps=\"" + caps_text(codec, codec == Codec::pcma ? 8000 : 0) + "\" ! ";
}

constexpr const char* kQueue = "queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! ";

/// From a track to the file, and to the fragments where they are wanted.
std::string into(const std::string& track, bool fragments) {
    if (!fragments) return kQueue + std::string("m. ");
    return "tee name=" + track + " ! " + kQueue + "m. " + track + ". ! " + kQueue + "p. ";
}

class GstMp4Writer final : public Mp4Writer {
public:
    GstMp4Writer(GstElement* pipeline, std::shared_ptr<Arrival> fragments)
        : fragments_(std::move(fragments)), pipeline_(GST_ELEMENT(g_object_ref_sink(pipeline))), video_(gst_bin_get_by_name(GST_BIN(pipeline), "v")),
          audio_(gst_bin_get_by_name(GST_BIN(pipeline), "a")), bus_(gst_element_get_bus(pipeline)) {}
    ~GstMp4Writer() override { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    bool play(const std::string& file) {
        const GPtr<GstElement> sink(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "f"));
        g_object_set(sink.get(), "location", file.c_str(), nullptr);
        if (fragments_) {
            const GPtr<GstElement> out(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "o"));
            GstAppSinkCallbacks callbacks{};
            callbacks.new_sample = on_fragment;
            gst_app_sink_set_callbacks(GST_APP_SINK(out.get()), &callbacks, fragments_.get(), nullptr);
        }
        return gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
    }

    Result<void> write(const AccessUnit& unit, std::chrono::nanoseconds time) override {
        GstElement* source = is_video(unit.codec) ? video_.get() : audio_.get();
        if (source == nullptr) return {};
        GstBuffer* buffer = wrap_buffer(unit);
        GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(std::max<std::int64_t>(0, time.count()));
        GST_BUFFER_DTS(buffer) = GST_BUFFER_PTS(buffer);
        if (is_video(unit.codec) && !unit.keyframe) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
        if (gst_app_src_push_buffer(GST_APP_SRC(source), buffer) != GST_FLOW_OK) return failure();
        return {};
    }

    Result<void> finish() override {
        gst_app_src_end_of_stream(GST_APP_SRC(video_.get()));
        if (audio_) gst_app_src_end_of_stream(GST_APP_SRC(audio_.get()));
        const MiniPtr<GstMessage> message(gst_bus_timed_pop_filtered(bus_.get(), kFinishLimit, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
        if (message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return {};
        return fail(Errc::refused, "the recording cannot be written: " + (message ? words(message.get()) : "it takes too long"));
    }

private:
    /// On the muxer's thread, which the pipeline's end joins.
    static GstFlowReturn on_fragment(GstAppSink* sink, gpointer fragments) {
        const MiniPtr<GstSample> sample(gst_app_sink_pull_sample(sink));
        GstBuffer* buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
        if (buffer == nullptr) return GST_FLOW_EOS;
        Buffer bytes(gst_buffer_get_size(buffer));
        gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
        return static_cast<Arrival*>(fragments)->append(bytes) ? GST_FLOW_OK : GST_FLOW_ERROR;
    }

    static std::string words(GstMessage* message) {
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        return take_message(error);
    }
    Result<void> failure() const {
        const MiniPtr<GstMessage> message(gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR));
        return fail(Errc::refused, "the recording cannot be written: " + (message ? words(message.get()) : "no reason given"));
    }

    const std::shared_ptr<Arrival> fragments_;
    GPtr<GstElement> pipeline_, video_, audio_;
    GPtr<GstBus> bus_;
};

}  // namespace

Result<std::unique_ptr<Mp4Writer>> make_mp4_writer(Codec video, bool sound, const std::string& file, std::shared_ptr<Arrival> fragments) {
    TRY_VOID(start_gstreamer(Use::mp4));
    std::string launch = "mp4mux name=m faststart=true ! filesink name=f sync=false ";
    if (fragments) launch += "mp4mux name=p streamable=true fragment-duration=1000 ! appsink name=o sync=false ";
    launch += source("v", video) + (video == Codec::h265 ? "h265parse ! video/x-h265,stream-format=hvc1,alignment=au ! " : "h264parse ! video/x-h264,stream-format=avc,alignment=au ! ") +
              into("tv", fragments != nullptr);
    if (sound)
        launch += source("a", Codec::pcma) + "alawdec ! audioconvert ! audioresample ! audio/x-raw,rate=16000 ! voaacenc bitrate=32000 ! aacparse ! " +
                  into("ta", fragments != nullptr);
    GError* error = nullptr;
    GstElement* pipeline = gst_parse_launch(launch.c_str(), &error);
    if (error != nullptr) {
        if (pipeline != nullptr) gst_object_unref(pipeline);
        return fail(Errc::refused, "recording: " + take_message(error));
    }
    auto writer = std::make_unique<GstMp4Writer>(pipeline, std::move(fragments));
    if (!writer->play(file)) return fail(Errc::refused, "the recording cannot be written to " + file);
    return std::unique_ptr<Mp4Writer>(std::move(writer));
}

}  // namespace tplink::media
