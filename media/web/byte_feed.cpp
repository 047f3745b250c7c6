#include "media/web/byte_feed.hpp"

#include <gst/app/gstappsink.h>

#include <algorithm>
#include <atomic>

#include "media/appsrc_feed.hpp"
#include "media/codec/sps.hpp"
#include "media/gst_ptr.hpp"
#include "media/plugins.hpp"

namespace tplink::media {
namespace {

constexpr const char* kBoundary = "picture";
// What waits for a slow reader before the feed skips to the next keyframe.
constexpr const char* kSink = "appsink name=out sync=false max-buffers=60 drop=false";

std::string source(const char* name, Codec codec) {
    return std::string("appsrc name=") + name + " is-live=true format=time block=false max-bytes=0 max-buffers=0 max-time=0 caps=\"" +
           caps_text(codec, codec == Codec::pcma ? 8000 : 0) + "\" ! ";
}

GPtr<GstAppSrc> find_source(GstElement* pipeline, const char* name) {
    return GPtr<GstAppSrc>(reinterpret_cast<GstAppSrc*>(gst_bin_get_by_name(GST_BIN(pipeline), name)));
}

/// What a browser's media source wants to know: "avc1.640028".
std::string video_codec_text(Hub& hub) {
    const auto keyframe = hub.last_keyframe();
    return keyframe ? mp4_codec_string(*keyframe) : "avc1.42e01f";
}

/// A pipeline between the hub and an appsink.
class GstFeed : public ByteFeed {
public:
    GstFeed(std::shared_ptr<Viewing> viewing, GstElement* pipeline, std::string content_type)
        : viewing_(std::move(viewing)), content_type_(std::move(content_type)), pipeline_(GST_ELEMENT(g_object_ref_sink(pipeline))),
          out_(gst_bin_get_by_name(GST_BIN(pipeline), "out")),
          feed_(std::make_shared<AppsrcFeed>(find_source(pipeline, "v"), find_source(pipeline, "a"))) {
        viewing_->on_revoked([over = over_] { *over = true; });
    }
    ~GstFeed() override {
        viewing_->hub().detach(feed_);
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    }

    Result<void> play() {
        if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
            return fail(Errc::refused, "the converter does not start");
        feed_->start(Pacing::burst);
        viewing_->hub().attach(feed_);
        return {};
    }

    std::string content_type() const override { return content_type_; }

    Result<Buffer> next(std::chrono::milliseconds timeout) override {
        const MiniPtr<GstSample> sample(gst_app_sink_try_pull_sample(
            GST_APP_SINK(out_.get()), static_cast<GstClockTime>(timeout.count()) * GST_MSECOND));
        if (*over_) return fail(Errc::cancelled, "the camera is not to be watched any more");
        GstBuffer* buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
        if (buffer == nullptr) {
            if (failed() || gst_app_sink_is_eos(GST_APP_SINK(out_.get())) != FALSE)
                return fail(Errc::refused, "the pictures cannot be converted");
            return fail(Errc::timeout, "no picture");
        }
        Buffer bytes(gst_buffer_get_size(buffer));
        gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
        return wrap(std::move(bytes));
    }

protected:
    virtual Buffer wrap(Buffer bytes) { return bytes; }

private:
    bool failed() const {
        const GPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
        return MiniPtr<GstMessage>(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)) != nullptr;
    }

    const std::shared_ptr<Viewing> viewing_;
    const std::shared_ptr<std::atomic<bool>> over_ = std::make_shared<std::atomic<bool>>(false);
    const std::string content_type_;
    GPtr<GstElement> pipeline_;
    GPtr<GstElement> out_;
    std::shared_ptr<AppsrcFeed> feed_;
};

class MjpegFeed final : public GstFeed {
public:
    using GstFeed::GstFeed;

private:
    Buffer wrap(Buffer jpeg) override {
        Buffer part = to_buffer("--" + std::string(kBoundary) + "\r\nContent-Type: image/jpeg\r\nContent-Length: " +
                                std::to_string(jpeg.size()) + "\r\n\r\n");
        append(part, jpeg);
        append(part, "\r\n");
        return part;
    }
};

template <class Feed> Result<std::unique_ptr<ByteFeed>> build(Use use, std::shared_ptr<Viewing> viewing, const std::string& launch, std::string type) {
    TRY_VOID(start_gstreamer(use));
    GError* error = nullptr;
    GstElement* pipeline = gst_parse_launch(launch.c_str(), &error);
    if (error != nullptr) {
        if (pipeline != nullptr) gst_object_unref(pipeline);
        return fail(Errc::refused, "live pictures over HTTP: " + take_message(error));
    }
    auto feed = std::make_unique<Feed>(std::move(viewing), pipeline, std::move(type));
    TRY_VOID(feed->play());
    return std::unique_ptr<ByteFeed>(std::move(feed));
}

}  // namespace

Result<std::unique_ptr<ByteFeed>> make_mp4_feed(std::shared_ptr<Viewing> viewing) {
    const bool h265 = viewing->format().video == Codec::h265;
    const bool sound = viewing->format().audio.has_value();
    std::string launch = "mp4mux name=m streamable=true fragment-duration=1 ! " + std::string(kSink) + " ";
    launch += source("v", h265 ? Codec::h265 : Codec::h264) +
              (h265 ? "h265parse config-interval=-1 ! video/x-h265,stream-format=hvc1,alignment=au ! m. "
                    : "h264parse config-interval=-1 ! video/x-h264,stream-format=avc,alignment=au ! m. ");
    if (sound)
        launch += source("a", Codec::pcma) + "alawdec ! audioconvert ! audioresample ! audio/x-raw,rate=16000 ! voaacenc bitrate=32000 ! aacparse ! m. ";
    std::string type = "video/mp4; codecs=\"" + video_codec_text(viewing->hub()) + (sound ? ",mp4a.40.2\"" : "\"");
    return build<GstFeed>(Use::mp4, std::move(viewing), launch, std::move(type));
}

Result<std::unique_ptr<ByteFeed>> make_mjpeg_feed(std::shared_ptr<Viewing> viewing, const MjpegOptions& options) {
    const bool h265 = viewing->format().video == Codec::h265;
    std::string launch = source("v", h265 ? Codec::h265 : Codec::h264) + (h265 ? "avdec_h265" : "avdec_h264") + " max-threads=1 ! ";
    launch += "videorate drop-only=true ! video/x-raw,framerate=(fraction)[0/1," + std::to_string(std::clamp(options.fps, 1U, 30U)) + "/1] ! ";
    if (options.width != 0)
        launch += "videoscale ! video/x-raw,width=" + std::to_string(std::clamp(options.width, 16U, 4096U)) + ",pixel-aspect-ratio=1/1 ! ";
    launch += std::string("videoconvert ! jpegenc quality=75 ! ") + kSink;
    return build<MjpegFeed>(Use::mjpeg, std::move(viewing), launch, std::string("multipart/x-mixed-replace; boundary=") + kBoundary);
}

}  // namespace tplink::media
