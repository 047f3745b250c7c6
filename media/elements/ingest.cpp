#include "media/elements/ingest.hpp"

#include <atomic>

#include "media/elements/hub_sink.hpp"
#include "media/elements/tplink_demux.hpp"
#include "media/elements/tplink_src.hpp"
#include "media/gst_ptr.hpp"

namespace tplink::media {
namespace {

void link_to_sink(GstElement*, GstPad* pad, gpointer sink) {
    const GPtr<GstPad> in(gst_element_request_pad_simple(GST_ELEMENT(sink), "sink_%u"));
    gst_pad_link(pad, in.get());
}

}  // namespace

struct Ingest::Impl {
    std::shared_ptr<Hub> hub;
    IngestEvents events;
    GPtr<GstElement> pipeline;
    GPtr<GstElement> source;
    GPtr<GstElement> demux;
    std::atomic<SteadyTime::rep> last_media{std::chrono::steady_clock::now().time_since_epoch().count()};
    std::atomic<bool> over = false;
    bool had_keyframe = false, had_sound = false;  // streaming thread only

    ~Impl() {
        over = true;
        if (!pipeline) return;
        gst_element_set_state(pipeline.get(), GST_STATE_NULL);
        const GPtr<GstBus> bus(gst_element_get_bus(pipeline.get()));
        gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    }

    void take(const AccessUnit& unit) {
        hub->push(unit);
        const bool video = is_video(unit.codec);
        last_media = unit.arrival.time_since_epoch().count();
        bool& had = video ? had_keyframe : had_sound;
        if (had || (video && !unit.keyframe)) return;
        had = true;
        if (events.began) events.began();
    }

    void end(Error error) {
        if (!over.exchange(true) && events.ended) events.ended(std::move(error));
    }

    // No bus thread: messages are looked at where they are posted and dropped.
    static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer self) {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) static_cast<Impl*>(self)->on_error(message);
        if (is_opened(message) && static_cast<Impl*>(self)->events.opened) static_cast<Impl*>(self)->events.opened();
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
            static_cast<Impl*>(self)->end(Error{Errc::unreachable, "the camera ended the stream", 0, {}});
        gst_message_unref(message);
        return GST_BUS_DROP;
    }

    void on_error(GstMessage* message) {
        if (auto error = error_of(message)) return end(std::move(*error));
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        end(Error{Errc::malformed, take_message(error), 0, {}});
    }

    Result<void> build(const stream::MediaEndpoint& endpoint, std::chrono::milliseconds timeout) {
        pipeline.reset(GST_ELEMENT(g_object_ref_sink(gst_pipeline_new(nullptr))));
        source.reset(GST_ELEMENT(g_object_ref_sink(g_object_new(tplink_src_get_type(), nullptr))));
        demux.reset(GST_ELEMENT(g_object_ref_sink(g_object_new(tplink_demux_get_type(), nullptr))));
        GstElement* sink = make_hub_sink([this](const AccessUnit& unit) { take(unit); });
        gst_bin_add_many(GST_BIN(pipeline.get()), source.get(), demux.get(), sink, nullptr);
        set_endpoint(source.get(), endpoint);
        g_object_set(source.get(), "timeout", static_cast<guint>(timeout.count()), nullptr);
        g_signal_connect(demux.get(), "pad-added", G_CALLBACK(link_to_sink), sink);
        const GPtr<GstBus> bus(gst_element_get_bus(pipeline.get()));
        gst_bus_set_sync_handler(bus.get(), on_message, this, nullptr);
        if (!gst_element_link(source.get(), demux.get()) ||
            gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
            return fail(Errc::refused, "the camera pipeline does not start");
        return {};
    }
};

Ingest::Ingest(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ingest::~Ingest() = default;

Result<std::unique_ptr<Ingest>> Ingest::start(const stream::MediaEndpoint& endpoint, std::chrono::milliseconds timeout,
                                              std::shared_ptr<Hub> hub, IngestEvents events) {
    auto impl = std::make_unique<Impl>();
    impl->hub = std::move(hub);
    impl->events = std::move(events);
    TRY_VOID(impl->build(endpoint, timeout));
    return std::unique_ptr<Ingest>(new Ingest(std::move(impl)));
}

stream::SourceStats Ingest::stats() const { return source_stats(impl_->source.get()); }
SteadyTime Ingest::last_media() const { return SteadyTime(SteadyTime::duration(impl_->last_media.load())); }
bool Ingest::is_silent() const { return is_silent_stream(impl_->demux.get()); }

}  // namespace tplink::media
