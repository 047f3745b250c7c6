#include "tests/e2e/viewers.hpp"

#include <httplib.h>

#include <algorithm>

#include "tests/media/webrtc_client.hpp"

namespace tplink::e2e {
namespace {

using Clock = std::chrono::steady_clock;

std::int64_t ms(Clock::duration time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); }

class RtspViewer final : public Viewer {
public:
    RtspViewer(const std::string& url, const ClipIndex& clip) : Viewer(url, clip) {
        const std::string launch = "rtspsrc location=" + url + " protocols=tcp latency=0 ! application/x-rtp,media=video ! rtph264depay name=d ! "
                                   "video/x-h264,stream-format=byte-stream,alignment=au ! fakesink name=s signal-handoffs=true sync=false";
        pipeline_ = gst_parse_launch(launch.c_str(), nullptr);
        GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline_), "s");
        g_signal_connect(sink, "handoff", G_CALLBACK(+[](GstElement*, GstBuffer* buffer, GstPad*, gpointer self) { static_cast<RtspViewer*>(self)->take(buffer); }), this);
        gst_object_unref(sink);
        GstElement* depayloader = gst_bin_get_by_name(GST_BIN(pipeline_), "d");
        GstPad* in = gst_element_get_static_pad(depayloader, "sink");
        gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, on_packet, this, nullptr);
        gst_object_unref(in);
        gst_object_unref(depayloader);
        GstBus* bus = gst_element_get_bus(pipeline_);
        gst_bus_set_sync_handler(bus, on_message, this, nullptr);
        gst_object_unref(bus);
        gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    }
    ~RtspViewer() override {
        gst_element_set_state(pipeline_, GST_STATE_NULL);
        gst_object_unref(pipeline_);
    }

private:
    static GstPadProbeReturn on_packet(GstPad*, GstPadProbeInfo* info, gpointer self) {
        static_cast<RtspViewer*>(self)->take_packet(GST_PAD_PROBE_INFO_BUFFER(info));
        return GST_PAD_PROBE_OK;
    }
    static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer self) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) static_cast<RtspViewer*>(self)->end("end of stream");
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            GError* error = nullptr;
            gst_message_parse_error(message, &error, nullptr);
            static_cast<RtspViewer*>(self)->end(error->message);
            g_error_free(error);
        }
        gst_message_unref(message);
        return GST_BUS_DROP;
    }

    GstElement* pipeline_ = nullptr;
};

class WhepViewer final : public Viewer {
public:
    WhepViewer(const std::string& url, const ClipIndex& clip)
        : Viewer(url, clip), client_(media::test::Tracks::video_audio, {.unit = [this](GstBuffer* buffer) { take(buffer); },
                                                                        .packet = [this](GstBuffer* buffer) { take_packet(buffer); }}) {
        const std::size_t path = url.find('/', url.find("://") + 3);
        httplib::Client http(url.substr(0, path));
        http.set_read_timeout(30);
        const auto reply = http.Post(url.substr(path), client_.offer(), "application/sdp");
        if (!reply || reply->status != 201)
            end(reply ? "HTTP " + std::to_string(reply->status) + ": " + reply->body.substr(0, 200) : "no answer");
        else if (!client_.accept(reply->body))
            end("the answer is not understood");
    }

private:
    media::test::WebrtcClient client_;
};

} // namespace

void Viewer::mark() {
    const std::lock_guard lock(mutex_);
    marked_ = Clock::now();
    gap_ = {};
}

void Viewer::take(GstBuffer* access_unit) {
    GstMapInfo map;
    handover_.pass();
    if (gst_buffer_map(access_unit, &map, GST_MAP_READ) == FALSE) return;
    {
        const std::lock_guard lock(mutex_);
        check_.take(std::as_bytes(std::span(map.data, map.size)), lost_ != lost_before_);
        lost_before_ = lost_;
        const auto now = Clock::now();
        if (last_) gap_ = std::max(gap_, now - std::max(*last_, marked_));
        last_ = now;
    }
    gst_buffer_unmap(access_unit, &map);
}

void Viewer::take_packet(GstBuffer* rtp) {
    handover_.pass();
    std::array<std::uint8_t, 4> head{};
    if (gst_buffer_extract(rtp, 0, head.data(), head.size()) != head.size()) return;
    const unsigned sequence = static_cast<unsigned>(head[2]) << 8U | head[3];
    const std::lock_guard lock(mutex_);
    if (next_sequence_) lost_ += (sequence - *next_sequence_) & 0xFFFFU;
    next_sequence_ = (sequence + 1) & 0xFFFFU;
}

void Viewer::end(const std::string& why) {
    handover_.pass();
    const std::lock_guard lock(mutex_);
    if (ended_.empty()) ended_ = why;
}

boost::json::object Viewer::report() {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    const auto since = last_ ? now - *last_ : now - marked_;
    return {{"url", url_},
            {"frames", check_.frames()},
            {"broken", check_.broken()},
            {"restarts", check_.restarts()},
            {"gap_ms", ms(std::max(gap_, now - std::max(last_.value_or(marked_), marked_)))},
            {"since_ms", ms(since)},
            {"lost", lost_},
            {"ended", ended_},
            {"complaint", check_.complaint()}};
}

std::unique_ptr<Viewer> watch(const std::string& url, const ClipIndex& clip) {
    if (url.starts_with("rtsp://")) return std::make_unique<RtspViewer>(url, clip);
    return std::make_unique<WhepViewer>(url, clip);
}

} // namespace tplink::e2e
