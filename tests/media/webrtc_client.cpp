#include "tests/media/webrtc_client.hpp"

#include <gst/sdp/gstsdpmessage.h>

#include "media/webrtc/webrtc_api.hpp"
#include "tests/media/wait_until.hpp"

namespace tplink::media::test {
namespace {

constexpr int kReceiveOnly = 3;
constexpr int kTypeAnswer = 3;

struct Description {
    int type;
    GstSDPMessage* sdp;
};

GType description_type() { return g_type_from_name("GstWebRTCSessionDescription"); }

void add_transceiver(GstElement* webrtcbin, const char* caps_text) {
    GstCaps* caps = gst_caps_from_string(caps_text);
    GObject* transceiver = nullptr;
    g_signal_emit_by_name(webrtcbin, "add-transceiver", kReceiveOnly, caps, &transceiver);
    if (transceiver != nullptr) g_object_unref(transceiver);
    gst_caps_unref(caps);
}

void add_video(GstElement* webrtcbin) {
    add_transceiver(webrtcbin, "application/x-rtp,media=video,encoding-name=H264,payload=102,clock-rate=90000,packetization-mode=(string)1");
}

void add_audio(GstElement* webrtcbin) {
    add_transceiver(webrtcbin, "application/x-rtp,media=audio,encoding-name=PCMA,payload=8,clock-rate=8000");
}

}  // namespace

WebrtcClient::WebrtcClient(Tracks tracks, Taps taps) : taps_(std::move(taps)), pipeline_(gst_pipeline_new(nullptr)) {
    webrtcbin_ = gst_element_factory_make("webrtcbin", nullptr);
    gst_util_set_object_arg(G_OBJECT(webrtcbin_), "bundle-policy", "max-bundle");
    gst_bin_add(GST_BIN(pipeline_), webrtcbin_);
    GObject* ice = nullptr;
    g_object_get(webrtcbin_, "ice-agent", &ice, nullptr);
    gboolean added = FALSE;
    g_signal_emit_by_name(ice, "add-local-ip-address", "127.0.0.1", &added);
    GObject* agent = nullptr;
    g_object_get(ice, "agent", &agent, nullptr);
    g_object_set(agent, "upnp", FALSE, nullptr);
    g_object_unref(agent);
    g_object_unref(ice);
    handover_.pass();
    g_signal_connect(webrtcbin_, "pad-added", G_CALLBACK(on_pad), this);
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    if (tracks == Tracks::audio_video) add_audio(webrtcbin_);
    add_video(webrtcbin_);
    if (tracks == Tracks::video_audio) add_audio(webrtcbin_);
    if (tracks == Tracks::opus) add_transceiver(webrtcbin_, "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000");
    if (tracks == Tracks::talk) add_microphone();
    if (taps_.lose) ask_again();
}

void WebrtcClient::ask_again() {
    GArray* transceivers = nullptr;
    g_signal_emit_by_name(webrtcbin_, "get-transceivers", &transceivers);
    for (guint i = 0; i < transceivers->len; ++i) g_object_set(g_array_index(transceivers, GObject*, i), "do-nack", TRUE, nullptr);
    g_array_unref(transceivers);
    g_object_set(webrtcbin_, "latency", 1000U, nullptr);  // how long a packet may be late
}

void WebrtcClient::lose_datagrams() {
    GValue item = G_VALUE_INIT;
    GstIterator* sources = gst_bin_iterate_all_by_element_factory_name(GST_BIN(webrtcbin_), "nicesrc");
    while (gst_iterator_next(sources, &item) == GST_ITERATOR_OK) {
        GstPad* pad = gst_element_get_static_pad(GST_ELEMENT(g_value_get_object(&item)), "src");
        const auto on_datagram = +[](GstPad*, GstPadProbeInfo* info, gpointer data) {
            auto* self = static_cast<WebrtcClient*>(data);
            self->handover_.pass();
            return self->taps_.lose(GST_PAD_PROBE_INFO_BUFFER(info)) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
        };
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_datagram, this, nullptr);
        gst_object_unref(pad);
        g_value_reset(&item);
    }
    g_value_unset(&item);
    gst_iterator_free(sources);
}

void WebrtcClient::add_microphone() {
    GstElement* bin = gst_parse_bin_from_description(
        "audiotestsrc is-live=true freq=700 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay pt=8 ! "
        "application/x-rtp,media=audio,encoding-name=PCMA,payload=8,clock-rate=8000", TRUE, nullptr);
    gst_bin_add(GST_BIN(pipeline_), bin);
    gst_element_link(bin, webrtcbin_);
    gst_element_sync_state_with_parent(bin);
}

WebrtcClient::~WebrtcClient() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(pipeline_);
}

void WebrtcClient::on_pad(GstElement*, GstPad* pad, WebrtcClient* self) {
    self->handover_.pass();
    if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;  // our microphone's own
    GstCaps* caps = gst_pad_get_current_caps(pad);
    const bool video = caps != nullptr && gst_structure_has_name(gst_caps_get_structure(caps, 0), "application/x-rtp") != FALSE &&
                       g_strcmp0(gst_structure_get_string(gst_caps_get_structure(caps, 0), "media"), "video") == 0;
    const bool opus = caps != nullptr && g_strcmp0(gst_structure_get_string(gst_caps_get_structure(caps, 0), "encoding-name"), "OPUS") == 0;
    if (caps != nullptr) gst_caps_unref(caps);
    GstElement* bin = gst_parse_bin_from_description(
        video && self->taps_.unit ? "rtph264depay name=d ! video/x-h264,stream-format=byte-stream,alignment=au ! fakesink name=s signal-handoffs=true sync=false"
        : video ? "rtph264depay ! avdec_h264 max-threads=1 ! fakesink name=s signal-handoffs=true sync=false"
        : opus ? "rtpopusdepay ! opusdec ! fakesink name=s signal-handoffs=true sync=false"
               : "rtppcmadepay ! fakesink name=s signal-handoffs=true sync=false",
        TRUE, nullptr);
    GstElement* sink = gst_bin_get_by_name(GST_BIN(bin), "s");
    const auto on_picture = +[](GstElement*, GstBuffer*, GstPad*, gpointer data) { static_cast<WebrtcClient*>(data)->count(&WebrtcClient::frames_); };
    const auto on_sound = +[](GstElement*, GstBuffer*, GstPad*, gpointer data) { static_cast<WebrtcClient*>(data)->count(&WebrtcClient::audio_); };
    g_signal_connect(sink, "handoff", G_CALLBACK(video ? on_picture : on_sound), self);
    gst_object_unref(sink);
    if (video && self->taps_.unit) self->watch_units(bin);
    gst_bin_add(GST_BIN(self->pipeline_), bin);
    gst_element_sync_state_with_parent(bin);
    GstPad* in = gst_element_get_static_pad(bin, "sink");
    gst_pad_link(pad, in);
    gst_object_unref(in);
}

void WebrtcClient::watch_units(GstElement* bin) {
    GstElement* sink = gst_bin_get_by_name(GST_BIN(bin), "s");
    g_signal_connect(sink, "handoff", G_CALLBACK(+[](GstElement*, GstBuffer* unit, GstPad*, gpointer self) {
        static_cast<WebrtcClient*>(self)->handover_.pass();
        static_cast<WebrtcClient*>(self)->taps_.unit(unit);
    }), this);
    gst_object_unref(sink);
    if (!taps_.packet) return;
    GstElement* depayloader = gst_bin_get_by_name(GST_BIN(bin), "d");
    GstPad* in = gst_element_get_static_pad(depayloader, "sink");
    const auto on_packet = +[](GstPad*, GstPadProbeInfo* info, gpointer self) {
        static_cast<WebrtcClient*>(self)->handover_.pass();
        static_cast<WebrtcClient*>(self)->taps_.packet(GST_PAD_PROBE_INFO_BUFFER(info));
        return GST_PAD_PROBE_OK;
    };
    gst_pad_add_probe(in, GST_PAD_PROBE_TYPE_BUFFER, on_packet, this, nullptr);
    gst_object_unref(in);
    gst_object_unref(depayloader);
}

std::string WebrtcClient::offer() {
    GstPromise* promise = gst_promise_new();
    g_signal_emit_by_name(webrtcbin_, "create-offer", nullptr, promise);
    gst_promise_wait(promise);
    Description* made = nullptr;
    gst_structure_get(gst_promise_get_reply(promise), "offer", description_type(), &made, nullptr);
    gst_promise_unref(promise);
    promise = gst_promise_new();
    g_signal_emit_by_name(webrtcbin_, "set-local-description", made, promise);
    gst_promise_wait(promise);
    gst_promise_unref(promise);
    g_boxed_free(description_type(), made);
    wait_until([this] { return webrtc::enum_property(webrtcbin_, "ice-gathering-state") == 2; });
    return webrtc::local_sdp(webrtcbin_).value_or("");
}

bool WebrtcClient::accept(const std::string& answer) {
    if (taps_.lose) lose_datagrams();
    Description description{kTypeAnswer, nullptr};
    if (gst_sdp_message_new_from_text(answer.c_str(), &description.sdp) != GST_SDP_OK) return false;
    GstPromise* promise = gst_promise_new();
    g_signal_emit_by_name(webrtcbin_, "set-remote-description", &description, promise);
    const bool replied = gst_promise_wait(promise) == GST_PROMISE_RESULT_REPLIED;
    const GstStructure* reply = gst_promise_get_reply(promise);
    const bool good = replied && (reply == nullptr || !gst_structure_has_field(reply, "error"));
    gst_promise_unref(promise);
    gst_sdp_message_free(description.sdp);
    return good;
}

}  // namespace tplink::media::test
