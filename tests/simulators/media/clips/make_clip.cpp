// make_clip <kind> <file>: makes one clip of the simulated cameras. Video: Annex B with access unit
// delimiters (the simulator splits there and drops them); audio: bare G.711 samples.

#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "tests/simulators/media/clips/picture.hpp"

namespace {

using tplink::sim::Scene;
using tplink::sim::SceneSize;

constexpr int kSeconds = 24;
constexpr int kFps = 15;
constexpr const char* kX264 =
    " ! x264enc bframes=0 key-int-max=30 aud=true byte-stream=true pass=qual option-string=scenecut=0";
constexpr const char* kX264End = " ! video/x-h264,profile=high,stream-format=byte-stream,alignment=au";
constexpr const char*
    kTone = // a beep of 0.1 s each second over a soft hiss: a stuck or silent track is noticed
    "audiotestsrc wave=ticks freq=1000 sine-periods-per-tick=100 tick-interval=1000000000 volume=0.5 "
    "samplesperbuffer=800 num-buffers=";

struct Kind {
    std::string_view name;
    SceneSize size;
    std::string pipeline; ///< after the raw source; for audio all of it
};

std::array<Kind, 7> kinds() {
    const std::string x265 =
        " ! x265enc key-int-max=30 speed-preset=ultrafast option-string=" +
        std::string("crf=30:bframes=0:min-keyint=30:scenecut=0:open-gop=0:aud=1:repeat-headers=1 "
                    "! video/x-h265,stream-format=byte-stream,alignment=au");
    const std::string veryfast = std::string(kX264) + " speed-preset=veryfast quantizer=";
    return {{
        {"h264_hd", {1280, 720, kFps, 24, 60}, veryfast + "27" + kX264End},
        {"h264_sub", {640, 360, kFps, 16, 40}, veryfast + "27" + kX264End},
        {"h265_hd", {1280, 720, kFps, 24, 60}, x265},
        {"h264_bench", {2304, 1296, kFps, 14, 36}, veryfast + "31" + kX264End},
        {"alaw_8k",
         {},
         std::string(kTone) + std::to_string(kSeconds * 10) +
             " ! audio/x-raw,rate=8000,channels=1 ! alawenc"},
        {"ulaw_16k",
         {},
         std::string(kTone) + std::to_string(kSeconds * 20) +
             " ! audio/x-raw,rate=16000,channels=1 ! mulawenc"},
        {"aac_16k",
         {},
         std::string(kTone) + std::to_string(kSeconds * 20) +
             " ! audio/x-raw,rate=16000,channels=1 ! audioconvert ! avenc_aac bitrate=32000 ! aacparse ! "
             "audio/mpeg,stream-format=adts"},
    }};
}

bool is_video(const Kind& kind) { return kind.name.starts_with("h26"); }

std::string launch_line(const Kind& kind, const std::string& file) {
    std::string line;
    if (is_video(kind))
        line = "appsrc name=source format=time block=true max-bytes=20000000 "
               "caps=video/x-raw,format=I420,width=" +
               std::to_string(kind.size.width) + ",height=" + std::to_string(kind.size.height) +
               ",framerate=" + std::to_string(kFps) + "/1";
    return line + kind.pipeline + " ! filesink location=\"" + file + "\"";
}

void push_frames(GstAppSrc* source, const Kind& kind) {
    const Scene scene(kind.size);
    for (int frame = 0; frame < kSeconds * kFps; ++frame) {
        const auto picture = scene.draw(frame);
        GstBuffer* buffer = gst_buffer_new_memdup(picture.data(), picture.size());
        GST_BUFFER_PTS(buffer) = gst_util_uint64_scale_int(static_cast<guint64>(frame), GST_SECOND, kFps);
        GST_BUFFER_DURATION(buffer) = GST_SECOND / kFps;
        if (gst_app_src_push_buffer(source, buffer) != GST_FLOW_OK) return; // the bus has the reason
    }
    gst_app_src_end_of_stream(source);
}

/// True when the pipeline came to its end; prints why it did not.
bool wait_for_end(GstElement* pipeline) {
    const std::unique_ptr<GstBus, decltype(&gst_object_unref)> bus(gst_element_get_bus(pipeline),
                                                                   gst_object_unref);
    GstMessage* message = gst_bus_timed_pop_filtered(
        bus.get(), 300 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    const bool ended = message != nullptr && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
    if (message != nullptr && !ended) {
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        std::fprintf(stderr, "make_clip: %s\n", error->message);
        g_error_free(error);
    }
    if (message != nullptr) gst_message_unref(message);
    return ended;
}

bool make(const Kind& kind, const std::string& file) {
    GError* error = nullptr;
    GstElement* pipeline = gst_parse_launch(launch_line(kind, file).c_str(), &error);
    if (error != nullptr) {
        std::fprintf(stderr, "make_clip: %s (gstreamer1.0-plugins-ugly and -bad hold the encoders)\n",
                     error->message);
        g_error_free(error);
        if (pipeline != nullptr) gst_object_unref(pipeline);
        return false;
    }
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    if (is_video(kind)) {
        GstElement* source = gst_bin_get_by_name(GST_BIN(pipeline), "source");
        push_frames(GST_APP_SRC(source), kind);
        gst_object_unref(source);
    }
    const bool ended = wait_for_end(pipeline);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    return ended;
}

} // namespace

int main(int argc, char** argv) {
    gst_init(&argc, &argv);
    const auto all = kinds();
    const auto* kind = argc == 3 ? std::ranges::find(all, std::string_view(argv[1]), &Kind::name) : all.end();
    if (kind == all.end()) {
        std::fprintf(stderr,
                     "usage: make_clip h264_hd|h264_sub|h265_hd|h264_bench|alaw_8k|ulaw_16k|aac_16k <file>\n");
        return 2;
    }
    const std::string unfinished =
        std::string(argv[2]) + ".part"; // a half-made clip must not pass for a whole one
    if (!make(*kind, unfinished) || std::rename(unfinished.c_str(), argv[2]) != 0) return 1;
    return 0;
}
