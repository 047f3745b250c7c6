#include "media/still/jpeg.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <algorithm>
#include <string>

#include "media/appsrc_feed.hpp"
#include "media/gst_ptr.hpp"
#include "media/plugins.hpp"

namespace tplink::media {
namespace {

constexpr GstClockTime kDecodeLimit = 5 * GST_SECOND;  // a long GOP on a slow machine
constexpr unsigned kMinWidth = 16, kMaxWidth = 8192;

// Several decoder threads would each hold back one picture: of a single keyframe nothing would come out.
std::string launch_text(Codec codec, unsigned width) {
    std::string text = "appsrc name=in format=time max-bytes=0 block=false caps=\"" + caps_text(codec, 0) + "\" ! " +
                       (codec == Codec::h265 ? "avdec_h265" : "avdec_h264") + " max-threads=1 ! ";
    if (width != 0)
        text += "videoscale ! video/x-raw,width=" + std::to_string(std::clamp(width, kMinWidth, kMaxWidth)) + ",pixel-aspect-ratio=1/1 ! ";
    return text + "videoconvert ! jpegenc quality=80 ! appsink name=out sync=false";
}

// A pipeline that is stopped when it goes.
class Pipeline {
public:
    explicit Pipeline(GstElement* element) : element_(GST_ELEMENT(g_object_ref_sink(element))) {}
    ~Pipeline() { gst_element_set_state(element_.get(), GST_STATE_NULL); }
    Pipeline(const Pipeline&) = delete;
    Pipeline& operator=(const Pipeline&) = delete;
    GstElement* get() const { return element_.get(); }
    GPtr<GstElement> find(const char* name) const { return GPtr<GstElement>(gst_bin_get_by_name(GST_BIN(element_.get()), name)); }

private:
    GPtr<GstElement> element_;
};

void push_units(GstAppSrc* source, std::span<const AccessUnit> units) {
    GstClockTime pts = 0;
    for (std::size_t i = 0; i < units.size(); ++i, pts += GST_MSECOND) {
        GstBuffer* buffer = wrap_buffer(units[i]);
        GST_BUFFER_PTS(buffer) = pts;
        if (i + 1 < units.size()) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DECODE_ONLY);  // only the last one is shown
        gst_app_src_push_buffer(source, buffer);
    }
    gst_app_src_end_of_stream(source);
}

}  // namespace

Result<Buffer> encode_jpeg(std::span<const AccessUnit> units, unsigned width) {
    if (units.empty() || !is_video(units.front().codec)) return fail(Errc::malformed, "still: no picture to decode");
    TRY_VOID(start_gstreamer(Use::still));
    GError* error = nullptr;
    GstElement* built = gst_parse_launch(launch_text(units.front().codec, width).c_str(), &error);
    if (error != nullptr) {
        if (built != nullptr) gst_object_unref(built);
        return fail(Errc::refused, "still: " + take_message(error));
    }
    const Pipeline pipeline(built);
    const auto source = pipeline.find("in");
    const auto sink = pipeline.find("out");
    if (gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return fail(Errc::refused, "still: the decoder does not start");
    push_units(GST_APP_SRC(source.get()), units);
    const MiniPtr<GstSample> sample(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), kDecodeLimit));
    GstBuffer* jpeg = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
    if (jpeg == nullptr) return fail(Errc::malformed, "still: the picture cannot be decoded");
    Buffer bytes(gst_buffer_get_size(jpeg));
    gst_buffer_extract(jpeg, 0, bytes.data(), bytes.size());
    return bytes;
}

}  // namespace tplink::media
