#include "media/rtsp/stream_factory.hpp"

#include "media/appsrc_feed.hpp"
#include "media/rtsp/launch.hpp"

namespace {

using tplink::media::OpenViewing;

struct StreamFactory {
    GstRTSPMediaFactory parent;
    OpenViewing* open;
};
struct StreamFactoryClass {
    GstRTSPMediaFactoryClass parent;
};

G_DEFINE_TYPE(StreamFactory, stream_factory, GST_TYPE_RTSP_MEDIA_FACTORY)

}  // namespace

namespace tplink::media::rtsp {
namespace {

constexpr const char* kViewing = "tplink-viewing";
constexpr const char* kDenial = "tplink-denial";
constexpr const char* kSeat = "tplink-seat";

// One viewer's place at the hub; gone when its media is.
struct Seat {
    std::shared_ptr<Viewing> viewing;
    std::shared_ptr<AppsrcFeed> feed;
    Seat(std::shared_ptr<Viewing> v, std::shared_ptr<AppsrcFeed> f) : viewing(std::move(v)), feed(std::move(f)) {}
    ~Seat() { viewing->hub().detach(feed); }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
};

template <class T> void delete_as(gpointer object) { delete static_cast<T*>(object); }

using Held = std::shared_ptr<Viewing>;

GPtr<GstAppSrc> find_source(GstElement* bin, const char* name) {
    return GPtr<GstAppSrc>(reinterpret_cast<GstAppSrc*>(gst_bin_get_by_name_recurse_up(GST_BIN(bin), name)));
}

// The client is closed through a weak reference: it may be gone by itself at the same moment.
std::function<void()> closer(GstRTSPClient* client) {
    const auto weak = std::shared_ptr<GWeakRef>(new GWeakRef, [](GWeakRef* ref) {
        g_weak_ref_clear(ref);
        delete ref;
    });
    g_weak_ref_init(weak.get(), client);
    return [weak] {
        const GPtr<GstRTSPClient> alive(static_cast<GstRTSPClient*>(g_weak_ref_get(weak.get())));
        if (alive) gst_rtsp_client_close(alive.get());
    };
}

Held held_viewing(GstRTSPClient* client, GstRTSPMediaFactory* factory) {
    if (g_object_get_data(G_OBJECT(client), kViewing) == nullptr && !admit(client, opener_of(factory))) return nullptr;
    return *static_cast<Held*>(g_object_get_data(G_OBJECT(client), kViewing));
}

// Called for DESCRIBE (the viewing is already there) and for a SETUP without one (it is opened here).
GstRTSPMedia* construct(GstRTSPMediaFactory* factory, const GstRTSPUrl* url) {
    const GstRTSPContext* context = gst_rtsp_context_get_current();
    if (context == nullptr || context->client == nullptr || !held_viewing(context->client, factory)) return nullptr;
    return GST_RTSP_MEDIA_FACTORY_CLASS(stream_factory_parent_class)->construct(factory, url);
}

GstElement* create_element(GstRTSPMediaFactory* factory, const GstRTSPUrl*) {
    const GstRTSPContext* context = gst_rtsp_context_get_current();
    const Held viewing = context == nullptr ? nullptr : held_viewing(context->client, factory);
    if (!viewing) return nullptr;
    GError* error = nullptr;
    GstElement* bin = gst_parse_launch(launch_text(viewing->format()).c_str(), &error);
    if (error != nullptr) g_error_free(error);
    return bin;
}

void leave(GstRTSPMedia* media, gpointer) { g_object_set_data(G_OBJECT(media), kSeat, nullptr); }

void configure(GstRTSPMediaFactory* factory, GstRTSPMedia* media) {
    GST_RTSP_MEDIA_FACTORY_CLASS(stream_factory_parent_class)->configure(factory, media);
    const GstRTSPContext* context = gst_rtsp_context_get_current();
    if (context == nullptr || context->client == nullptr) return;
    auto* held = static_cast<Held*>(g_object_get_data(G_OBJECT(context->client), kViewing));
    if (held == nullptr) return;
    const Held viewing = *held;
    g_object_set_data(G_OBJECT(context->client), kViewing, nullptr);

    const GPtr<GstElement> bin(gst_rtsp_media_get_element(media));
    const auto feed = std::make_shared<AppsrcFeed>(find_source(bin.get(), "v"), find_source(bin.get(), "a"));
    g_object_set_data_full(G_OBJECT(media), kSeat, new Seat(viewing, feed), delete_as<Seat>);
    g_signal_connect(media, "unprepared", G_CALLBACK(leave), nullptr);
    viewing->on_revoked(closer(context->client));
    viewing->hub().attach(feed);
}

}  // namespace

bool admit(GstRTSPClient* client, const OpenViewing& open) {
    auto viewing = open();
    if (!viewing) {
        g_object_set_data_full(G_OBJECT(client), kDenial, new Denial(std::move(viewing).error()), delete_as<Denial>);
        return false;
    }
    g_object_set_data_full(G_OBJECT(client), kViewing, new Held(std::move(viewing).value()), delete_as<Held>);
    return true;
}

std::optional<Denial> take_denial(GstRTSPClient* client) {
    const auto* kept = static_cast<Denial*>(g_object_get_data(G_OBJECT(client), kDenial));
    if (kept == nullptr) return std::nullopt;
    std::optional<Denial> denial(*kept);
    g_object_set_data(G_OBJECT(client), kDenial, nullptr);
    return denial;
}

const OpenViewing& opener_of(GstRTSPMediaFactory* factory) {
    return *reinterpret_cast<StreamFactory*>(factory)->open;
}

void start_playing(GstRTSPContext* context) {
    if (context->sessmedia == nullptr) return;
    GstRTSPMedia* media = gst_rtsp_session_media_get_media(context->sessmedia);
    const auto* seat = media == nullptr ? nullptr : static_cast<Seat*>(g_object_get_data(G_OBJECT(media), kSeat));
    if (seat == nullptr) return;
    GstRTSPStreamTransport* transport = gst_rtsp_session_media_get_transport(context->sessmedia, 0);
    const GstRTSPTransport* chosen = transport == nullptr ? nullptr : gst_rtsp_stream_transport_get_transport(transport);
    const bool tcp = chosen != nullptr && chosen->lower_transport == GST_RTSP_LOWER_TRANS_TCP;
    seat->feed->start(tcp ? Pacing::burst : Pacing::paced);
}

GstRTSPMediaFactory* make_stream_factory(OpenViewing open) {
    auto* factory = static_cast<GstRTSPMediaFactory*>(g_object_new(stream_factory_get_type(), nullptr));
    reinterpret_cast<StreamFactory*>(factory)->open = new OpenViewing(std::move(open));
    gst_rtsp_media_factory_set_shared(factory, FALSE);
    gst_rtsp_media_factory_set_suspend_mode(factory, GST_RTSP_SUSPEND_MODE_NONE);
    gst_rtsp_media_factory_set_latency(factory, 0);
    gst_rtsp_media_factory_set_protocols(
        factory, static_cast<GstRTSPLowerTrans>(GST_RTSP_LOWER_TRANS_TCP | GST_RTSP_LOWER_TRANS_UDP));
    return factory;
}

}  // namespace tplink::media::rtsp

namespace {

void stream_factory_finalize(GObject* object) {
    delete reinterpret_cast<StreamFactory*>(object)->open;
    G_OBJECT_CLASS(stream_factory_parent_class)->finalize(object);
}

void stream_factory_init(StreamFactory*) {}

void stream_factory_class_init(StreamFactoryClass* klass) {
    G_OBJECT_CLASS(klass)->finalize = stream_factory_finalize;
    klass->parent.construct = tplink::media::rtsp::construct;
    klass->parent.create_element = tplink::media::rtsp::create_element;
    klass->parent.configure = tplink::media::rtsp::configure;
}

}  // namespace
