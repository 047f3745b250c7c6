#include "media/ingest/rtsp_ingest.hpp"

#include <gst/app/gstappsink.h>

#include <algorithm>
#include <mutex>

#include "media/codec/video_track.hpp"
#include "media/gst_ptr.hpp"
#include "media/ingest/handover.hpp"
#include "media/plugins.hpp"
#include "media/rtp/rtp_packet.hpp"

namespace tplink::media {
namespace {

constexpr guint kTcpOnly = 4;                    // UDP drops on Wi-Fi
constexpr guint64 kConnectTimeoutUs = 8'000'000;

std::string text_of(const GstStructure* caps, const char* field) {
    const char* text = gst_structure_get_string(caps, field);
    return text == nullptr ? std::string() : ascii_lower(text);
}

/// rtspsrc for the wire, GStreamer's depayloaders for pictures; G.711 is taken out of RTP here, because 16 kHz is no
/// payload GStreamer knows.
class RtspIngest final : public Ingest {
public:
    RtspIngest(const RtspEndpoint& endpoint, Hubs hubs, IngestEvents events, MakeSoundDecoder make_decoder)
        : intake_(std::move(hubs), std::move(events), std::move(make_decoder)), host_(endpoint.host) {
        pipeline_.reset(GST_ELEMENT(g_object_ref_sink(gst_pipeline_new(nullptr))));
        GstElement* source = gst_element_factory_make("rtspsrc", nullptr);
        if (source == nullptr) return;
        const bool v6 = endpoint.host.find(':') != std::string::npos;
        const std::string url = "rtsp://" + (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" +
                                std::to_string(endpoint.port) + endpoint.path;
        // The account goes by property: GStreamer prints addresses into its log.
        g_object_set(source, "location", url.c_str(), "protocols", kTcpOnly, "latency", 0U, "tcp-timeout",
                     kConnectTimeoutUs, "timeout", guint64{0}, nullptr);
        if (!endpoint.credentials.username.empty())
            g_object_set(source, "user-id", endpoint.credentials.username.c_str(), "user-pw",
                         endpoint.credentials.password.reveal().c_str(), nullptr);
        g_signal_connect(source, "pad-added", G_CALLBACK(on_pad), this);
        g_signal_connect(source, "no-more-pads", G_CALLBACK(on_all_pads), this);
        gst_bin_add(GST_BIN(pipeline_.get()), source);
        const GPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
        gst_bus_set_sync_handler(bus.get(), on_message, this, nullptr);
    }

    ~RtspIngest() override {
        intake_.mute();
        gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
        const GPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
        gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    }

    bool play() {
        handover_.pass();
        return gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
    }

    stream::SourceStats stats() const override {
        stream::SourceStats stats;
        stats.parts = units_;
        stats.bytes = bytes_;
        return stats;
    }
    SteadyTime last_media() const override { return intake_.last_media(); }
    bool is_silent() const override { return intake_.is_silent(); }
    unsigned lens_count() const override { return intake_.lens_count(); }

private:
    struct Branch {
        RtspIngest* owner;
        Codec codec;
        std::uint32_t rate;
        std::optional<VideoTrack> track;
        Handover handover{};  ///< from the thread that found the track to the one that carries it
    };

    static GstBusSyncReply on_message(GstBus*, GstMessage* message, gpointer self) {
        static_cast<RtspIngest*>(self)->handover_.pass();
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) static_cast<RtspIngest*>(self)->on_error(message);
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS)
            static_cast<RtspIngest*>(self)->intake_.end(Error{Errc::unreachable, "the camera ended the stream", 0, {}});
        gst_message_unref(message);
        return GST_BUS_DROP;
    }

    void on_error(GstMessage* message) {
        GError* raw = nullptr;
        gst_message_parse_error(message, &raw, nullptr);
        const bool known = raw != nullptr && raw->domain == GST_RESOURCE_ERROR;
        const int code = known ? raw->code : 0;
        const std::string words = take_message(raw);
        const std::string where = "video by RTSP from " + host_ + ": ";
        if (code == GST_RESOURCE_ERROR_NOT_AUTHORIZED)
            return intake_.end(Error{Errc::auth_failed, where + "the camera refuses the camera account; it is the one made in the Tapo app under "
                                                                "Advanced Settings, not the TP-Link account", 0, {}});
        if (code == GST_RESOURCE_ERROR_NOT_FOUND) return intake_.end(Error{Errc::unsupported, where + "the camera has no such stream", 0, {}});
        intake_.end(Error{Errc::unreachable, where + words, 0, {}});
    }

    static void on_all_pads(GstElement*, gpointer self) {
        auto& ingest = *static_cast<RtspIngest*>(self);
        ingest.handover_.pass();
        const std::lock_guard lock(ingest.mutex_);
        const auto has = [&](bool video) {
            return std::any_of(ingest.branches_.begin(), ingest.branches_.end(),
                               [&](const auto& branch) { return is_video(branch->codec) == video; });
        };
        if (has(true)) ingest.intake_.set_program(1, !has(false));
    }

    static void on_pad(GstElement*, GstPad* pad, gpointer self) {
        const MiniPtr<GstCaps> caps(gst_pad_get_current_caps(pad));
        if (!caps || gst_caps_is_empty(caps.get())) return;
        static_cast<RtspIngest*>(self)->handover_.pass();
        static_cast<RtspIngest*>(self)->add_branch(pad, gst_caps_get_structure(caps.get(), 0));
    }

    void add_branch(GstPad* pad, const GstStructure* caps) {
        const std::string encoding = text_of(caps, "encoding-name");
        int rate = 8000;
        gst_structure_get_int(caps, "clock-rate", &rate);
        const char* chain = nullptr;
        auto branch = std::unique_ptr<Branch>(new Branch{this, Codec::h264, static_cast<std::uint32_t>(std::max(rate, 0)), {}});
        if (encoding == "h264") {
            chain = "rtph264depay ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au";
            branch->track.emplace(Codec::h264);
        } else if (encoding == "h265") {
            chain = "rtph265depay ! h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au";
            branch->codec = Codec::h265;
            branch->track.emplace(Codec::h265);
        } else if (encoding == "pcma" || encoding == "pcmu") {
            chain = "identity";
            branch->codec = encoding == "pcma" ? Codec::pcma : Codec::pcmu;
        } else if (encoding == "mpeg4-generic") {
            chain = "rtpmp4gdepay ! aacparse ! audio/mpeg,stream-format=adts";
            branch->codec = Codec::aac;
        }
        attach(pad, chain == nullptr ? "fakesink async=false" : std::string(chain) + " ! appsink name=out sync=false async=false",
               chain == nullptr ? nullptr : std::move(branch));
        intake_.opened();
    }

    void attach(GstPad* pad, const std::string& text, std::unique_ptr<Branch> branch) {
        GError* error = nullptr;
        GstElement* bin = gst_parse_bin_from_description(text.c_str(), TRUE, &error);
        if (error != nullptr) {
            intake_.end(Error{Errc::refused, "video by RTSP: " + take_message(error), 0, {}});
            if (bin != nullptr) gst_object_unref(bin);
            return;
        }
        if (branch) {
            const GPtr<GstElement> out(gst_bin_get_by_name(GST_BIN(bin), "out"));
            GstAppSinkCallbacks callbacks{};
            callbacks.new_sample = on_sample;
            branch->handover.pass();
            gst_app_sink_set_callbacks(GST_APP_SINK(out.get()), &callbacks, branch.get(), nullptr);
            const std::lock_guard lock(mutex_);
            branches_.push_back(std::move(branch));
        }
        gst_bin_add(GST_BIN(pipeline_.get()), bin);
        gst_element_sync_state_with_parent(bin);
        const GPtr<GstPad> sink(gst_element_get_static_pad(bin, "sink"));
        gst_pad_link(pad, sink.get());
    }

    static GstFlowReturn on_sample(GstAppSink* sink, gpointer data) try {
        auto& branch = *static_cast<Branch*>(data);
        branch.handover.pass();
        const MiniPtr<GstSample> sample(gst_app_sink_pull_sample(sink));
        GstBuffer* buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
        if (buffer == nullptr) return GST_FLOW_EOS;
        Buffer bytes(gst_buffer_get_size(buffer));
        gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
        branch.owner->take(branch, std::move(bytes), GST_BUFFER_PTS(buffer));
        return GST_FLOW_OK;
    } catch (const std::exception&) {
        return GST_FLOW_ERROR;
    }

    void take(Branch& branch, Buffer bytes, GstClockTime pts) {
        AccessUnit unit;
        unit.codec = branch.codec;
        unit.arrival = std::chrono::steady_clock::now();
        unit.pts_90k = GST_CLOCK_TIME_IS_VALID(pts) ? static_cast<std::int64_t>(pts / 1000 * 9 / 100) : 0;
        if (branch.track) {
            const UnitKind kind = branch.track->take(bytes);
            if (kind == UnitKind::none) return;
            unit.keyframe = kind == UnitKind::keyframe;
        } else if (branch.codec != Codec::aac) {
            const auto packet = rtp::parse_packet(bytes);
            if (!packet) return;
            unit.sample_rate = branch.rate;
            bytes = to_buffer(packet->payload);
        }
        ++units_;
        bytes_ += bytes.size();
        unit.data = std::make_shared<const Buffer>(std::move(bytes));
        const std::lock_guard lock(mutex_);  // picture and sound come on threads of their own
        intake_.take(std::move(unit));
    }

    Intake intake_;
    Handover handover_;
    const std::string host_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Branch>> branches_;
    std::atomic<std::uint64_t> units_ = 0, bytes_ = 0;
    GPtr<GstElement> pipeline_;
};

}  // namespace

Result<std::unique_ptr<Ingest>> start_rtsp_ingest(const RtspEndpoint& endpoint, Hubs hubs, IngestEvents events,
                                                  MakeSoundDecoder make_decoder) {
    TRY_VOID(start_gstreamer(Use::rtsp_source));
    auto ingest = std::make_unique<RtspIngest>(endpoint, std::move(hubs), std::move(events), std::move(make_decoder));
    if (!ingest->play()) return fail(Errc::refused, "video by RTSP does not start; install the package gstreamer1.0-plugins-good");
    return std::unique_ptr<Ingest>(std::move(ingest));
}

}  // namespace tplink::media
