#include "media/elements/tplink_demux.hpp"

#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <string>

#include "media/appsrc_feed.hpp"
#include "media/elements/unit_buffer.hpp"
#include "media/gst_ptr.hpp"
#include "media/ingest/part_demuxer.hpp"

namespace {

using tplink::media::AccessUnit;
using tplink::media::Codec;
using tplink::media::PartDemuxer;
using tplink::stream::PartType;

constexpr unsigned kMaxLenses = 2;

struct Output {
    GstPad* pad = nullptr;  // owned by the element
    Codec codec{};
    std::uint32_t rate = 0;
};

struct State {
    std::optional<PartDemuxer> demuxer;
    std::array<Output, kMaxLenses> video;
    Output audio;
    GstFlowReturn flow = GST_FLOW_OK;
    std::atomic<unsigned> lenses = 0;
    std::atomic<bool> silent = false;
    std::mutex mutex;  // guards damage
    tplink::media::TsStats damage;
};

struct TplinkDemux {
    GstElement parent;
    State* state;
};
struct TplinkDemuxClass {
    GstElementClass parent;
};

G_DEFINE_TYPE(TplinkDemux, tplink_demux, GST_TYPE_ELEMENT)

GstStaticPadTemplate kSink = GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/mpegts;application/x-tplink-parts"));
GstStaticPadTemplate kVideo = GST_STATIC_PAD_TEMPLATE(
    "video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS("video/x-h264,stream-format=byte-stream,alignment=au;video/x-h265,stream-format=byte-stream,alignment=au"));
GstStaticPadTemplate kAudio = GST_STATIC_PAD_TEMPLATE("audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
                                                      GST_STATIC_CAPS("audio/x-alaw,channels=1;audio/x-mulaw,channels=1;audio/mpeg,mpegversion=4,stream-format=adts"));

State& state_of(gpointer element) { return *reinterpret_cast<TplinkDemux*>(element)->state; }

void send_caps(GstPad* pad, const AccessUnit& unit) {
    const tplink::media::MiniPtr<GstCaps> caps(
        gst_caps_from_string(tplink::media::caps_text(unit.codec, unit.sample_rate).c_str()));
    gst_pad_push_event(pad, gst_event_new_caps(caps.get()));
}

void open_pad(GstElement* element, Output& output, const AccessUnit& unit, bool video) {
    const std::string name = video ? "video_" + std::to_string(unit.lens) : std::string("audio_0");
    output.pad = gst_pad_new_from_static_template(video ? &kVideo : &kAudio, name.c_str());
    gst_pad_use_fixed_caps(output.pad);
    gst_pad_set_active(output.pad, TRUE);
    const tplink::media::GText id(gst_pad_create_stream_id(output.pad, element, name.c_str()));
    gst_pad_push_event(output.pad, gst_event_new_stream_start(id.get()));
    send_caps(output.pad, unit);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(output.pad, gst_event_new_segment(&segment));
    gst_element_add_pad(element, output.pad);
}

void push_unit(GstElement* element, const AccessUnit& unit) {
    State& state = state_of(element);
    const bool video = tplink::media::is_video(unit.codec);
    if (video && unit.lens >= kMaxLenses) return;
    Output& output = video ? state.video[unit.lens] : state.audio;
    if (output.pad == nullptr)
        open_pad(element, output, unit, video);
    else if (output.codec != unit.codec || output.rate != unit.sample_rate)
        send_caps(output.pad, unit);
    output.codec = unit.codec;
    output.rate = unit.sample_rate;
    GstBuffer* buffer = tplink::media::buffer_of(unit);
    GST_BUFFER_PTS(buffer) = gst_element_get_current_running_time(element);
    const GstFlowReturn flow = gst_pad_push(output.pad, buffer);
    if (flow != GST_FLOW_OK && flow != GST_FLOW_NOT_LINKED) state.flow = flow;  // a track nobody wants is no error
}

void take_part(State& state, const tplink::stream::MediaPart* part, tplink::Bytes bytes) {
    const auto now = std::chrono::steady_clock::now();
    if (part != nullptr && part->type == PartType::h264)
        state.demuxer->take_picture(tplink::to_buffer(bytes), part->clock_ms, now);
    else if (part != nullptr && part->type == PartType::pcmu)
        state.demuxer->take_sound(tplink::to_buffer(bytes), now);
    else
        state.demuxer->take_ts(bytes, now);
    state.lenses = state.demuxer->lens_count();
    state.silent = state.demuxer->is_silent();
    const std::lock_guard lock(state.mutex);
    state.damage = state.demuxer->ts_stats();
}

// One buffer is one multipart part. Nothing of C++ may be thrown into C.
GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
    State& state = state_of(parent);
    state.flow = GST_FLOW_OK;
    GstMapInfo map;
    if (gst_buffer_map(buffer, &map, GST_MAP_READ) != FALSE) {
        try {
            if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT)) state.demuxer->lost();
            take_part(state, tplink::media::part_of(buffer), std::as_bytes(std::span(map.data, map.size)));
        } catch (const std::exception& problem) {
            GST_ELEMENT_ERROR(parent, STREAM, DEMUX, ("%s", problem.what()), (nullptr));
            state.flow = GST_FLOW_ERROR;
        }
        gst_buffer_unmap(buffer, &map);
    }
    gst_buffer_unref(buffer);
    return state.flow;
}

void forward_to_all(State& state, GstEvent* event) {
    for (Output* output : {&state.video[0], &state.video[1], &state.audio})
        if (output->pad != nullptr) gst_pad_push_event(output->pad, gst_event_ref(event));
    gst_event_unref(event);
}

// Stream start, caps and segment are our own; the rest concerns everybody behind us.
gboolean sink_event(GstPad*, GstObject* parent, GstEvent* event) {
    State& state = state_of(parent);
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_CAPS:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_TAG: gst_event_unref(event); return TRUE;
    case GST_EVENT_FLUSH_STOP: state.demuxer->lost(); break;
    default: break;
    }
    forward_to_all(state, event);
    return TRUE;
}

void reset(GstElement* element) {
    State& state = state_of(element);
    for (Output* output : {&state.video[0], &state.video[1], &state.audio}) {
        if (output->pad != nullptr) gst_element_remove_pad(element, output->pad);
        *output = {};
    }
    state.lenses = 0;
    state.silent = false;
    state.demuxer.emplace([element](const AccessUnit& unit) { push_unit(element, unit); });
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
    if (change == GST_STATE_CHANGE_READY_TO_PAUSED) reset(element);
    const auto result = GST_ELEMENT_CLASS(tplink_demux_parent_class)->change_state(element, change);
    if (change == GST_STATE_CHANGE_PAUSED_TO_READY) reset(element);
    return result;
}

void finalize(GObject* object) {
    delete reinterpret_cast<TplinkDemux*>(object)->state;
    G_OBJECT_CLASS(tplink_demux_parent_class)->finalize(object);
}

void tplink_demux_init(TplinkDemux* self) {
    self->state = new State;
    GstPad* sink = gst_pad_new_from_static_template(&kSink, "sink");
    gst_pad_set_chain_function(sink, chain);
    gst_pad_set_event_function(sink, sink_event);
    gst_element_add_pad(GST_ELEMENT(self), sink);
}

void tplink_demux_class_init(TplinkDemuxClass* klass) {
    G_OBJECT_CLASS(klass)->finalize = finalize;
    klass->parent.change_state = change_state;
    gst_element_class_add_static_pad_template(&klass->parent, &kSink);
    gst_element_class_add_static_pad_template(&klass->parent, &kVideo);
    gst_element_class_add_static_pad_template(&klass->parent, &kAudio);
    gst_element_class_set_static_metadata(&klass->parent, "TP-Link camera demuxer", "Codec/Demuxer",
                                          "MPEG-TS of Tapo and VIGI cameras, with their private audio types", "tplink2mqtt");
}

}  // namespace

namespace tplink::media {

GType tplink_demux_get_type() { return ::tplink_demux_get_type(); }

Program program_of(GstElement* demux) {
    const State& state = state_of(demux);
    return {state.lenses, state.silent};
}

TsStats damage_of(GstElement* demux) {
    State& state = state_of(demux);
    const std::lock_guard lock(state.mutex);
    return state.damage;
}

}  // namespace tplink::media
