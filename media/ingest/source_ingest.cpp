#include <thread>

#include "media/elements/hub_sink.hpp"
#include "media/elements/tplink_demux.hpp"
#include "media/elements/tplink_src.hpp"
#include "media/gst_ptr.hpp"
#include "media/ingest/handover.hpp"
#include "media/ingest/ingest.hpp"
#include "media/plugins.hpp"

namespace tplink::media {
namespace {

void link_to_sink(GstElement*, GstPad* pad, gpointer sink) {
    const GPtr<GstPad> in(gst_element_request_pad_simple(GST_ELEMENT(sink), "sink_%u"));
    gst_pad_link(pad, in.get());
}

/// The pipeline tplinksrc ! tplinkdemux ! hub, in one thread: the source logs in and decrypts, the demuxer cuts.
class SourceIngest final : public Ingest {
public:
    SourceIngest(const stream::MediaEndpoint& endpoint, std::chrono::milliseconds timeout, Hubs hubs, IngestEvents events,
                 MakeSoundDecoder make_decoder)
        : intake_(std::move(hubs), std::move(events), std::move(make_decoder)),
          pipeline_(GST_ELEMENT(g_object_ref_sink(gst_pipeline_new(nullptr)))),
          source_(GST_ELEMENT(g_object_ref_sink(g_object_new(tplink_src_get_type(), nullptr)))),
          demux_(GST_ELEMENT(g_object_ref_sink(g_object_new(tplink_demux_get_type(), nullptr)))) {
        GstElement* sink = make_hub_sink([this](const AccessUnit& unit) { take(unit); });
        gst_bin_add_many(GST_BIN(pipeline_.get()), source_.get(), demux_.get(), sink, nullptr);
        gst_element_link(source_.get(), demux_.get());
        set_endpoint(source_.get(), endpoint);
        g_object_set(source_.get(), "timeout", static_cast<guint>(timeout.count()), nullptr);
        g_signal_connect(demux_.get(), "pad-added", G_CALLBACK(link_to_sink), sink);
        const GPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
        gst_bus_set_sync_handler(bus.get(), on_message, this, nullptr);
    }

    ~SourceIngest() override {
        intake_.mute();
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
        const GPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
        gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    }

    bool play() {
        handover_.pass();
        return gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
    }

    stream::SourceStats stats() const override { return source_stats(source_.get()); }
    TsStats damage() const override { return damage_of(demux_.get()); }
    SteadyTime last_media() const override { return intake_.last_media(); }
    bool is_silent() const override { return intake_.is_silent(); }
    unsigned lens_count() const override { return intake_.lens_count(); }

private:
    // The hub sink's pads are fed by the one streaming thread.
    void take(const AccessUnit& unit) {
        handover_.pass();
        const Program program = program_of(demux_.get());
        intake_.take(unit);
        intake_.set_program(program.lenses, program.silent);
    }

    // No bus thread: messages are looked at where they are posted and dropped. The caller of play() holds locks that
    // the events take, but what is posted on its thread says only that a state changed, or that play() fails.
    static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer data) {
        auto& self = *static_cast<SourceIngest*>(data);
        self.handover_.pass();
        if (std::this_thread::get_id() != self.starter_) {
            if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) self.on_error(message);
            if (is_opened(message)) self.intake_.opened();
            if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
                self.intake_.end(Error{Errc::unreachable, "the camera ended the stream", 0, {}});
        }
        gst_message_unref(message);
        return GST_BUS_DROP;
    }

    void on_error(GstMessage* message) {
        if (auto error = error_of(message)) return intake_.end(std::move(*error));
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        intake_.end(Error{Errc::malformed, take_message(error), 0, {}});
    }

    Intake intake_;
    Handover handover_;
    const std::thread::id starter_ = std::this_thread::get_id();
    GPtr<GstElement> pipeline_;
    GPtr<GstElement> source_;
    GPtr<GstElement> demux_;
};

}  // namespace

Result<std::unique_ptr<Ingest>> start_source_ingest(const stream::MediaEndpoint& endpoint, std::chrono::milliseconds timeout,
                                                    Hubs hubs, IngestEvents events, MakeSoundDecoder make_decoder) {
    TRY_VOID(start_gstreamer(Use::ingest));
    auto ingest = std::make_unique<SourceIngest>(endpoint, timeout, std::move(hubs), std::move(events), std::move(make_decoder));
    if (!ingest->play()) return fail(Errc::refused, "the camera pipeline does not start");
    return std::unique_ptr<Ingest>(std::move(ingest));
}

}  // namespace tplink::media
