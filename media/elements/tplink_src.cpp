#include "media/elements/tplink_src.hpp"

#include <gst/base/gstpushsrc.h>

#include <cstdlib>
#include <memory>
#include <mutex>

#include "media/elements/endpoint_uri.hpp"
#include "media/elements/unit_buffer.hpp"
#include "media/gst_ptr.hpp"
#include "protocols/base/random.hpp"

namespace {

using tplink::stream::MediaEndpoint;
using tplink::stream::MediaSource;
using tplink::stream::PartType;

constexpr const char* kOpened = "tplink-opened";
constexpr const char* kTsCaps = "video/mpegts,systemstream=(boolean)true,packetsize=(int)188";

// The element's C++ half.
struct State {
    std::mutex mutex;  // guards all: properties and unlock() come from other threads than create()
    MediaEndpoint endpoint;
    std::chrono::milliseconds timeout{5000};
    std::shared_ptr<MediaSource> source;
    bool opened = false;  // by the streaming thread only
    bool announced = false;  // likewise
    std::uint64_t bad_parts = 0;  // so far, by the streaming thread only
    tplink::stream::SourceStats last;
};

struct TplinkSrc {
    GstPushSrc parent;
    State* state;
};
struct TplinkSrcClass {
    GstPushSrcClass parent;
};

void uri_handler_init(gpointer interface, gpointer);
G_DEFINE_TYPE_WITH_CODE(TplinkSrc, tplink_src, GST_TYPE_PUSH_SRC, G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER, uri_handler_init))

enum Property : guint { kLocation = 1, kUser, kPassword, kTimeout };

State& state_of(gpointer element) { return *reinterpret_cast<TplinkSrc*>(element)->state; }

bool set_location(State& state, const char* uri, GError** error) {
    auto endpoint = tplink::media::parse_endpoint_uri(uri == nullptr ? "" : uri);
    if (!endpoint) {
        g_set_error_literal(error, GST_URI_ERROR, GST_URI_ERROR_BAD_URI, endpoint.error().what.c_str());
        return false;
    }
    const std::lock_guard lock(state.mutex);
    if (endpoint->credentials.username.empty()) endpoint->credentials.username = state.endpoint.credentials.username;
    if (endpoint->credentials.password.empty()) endpoint->credentials.password = state.endpoint.credentials.password;
    state.endpoint = std::move(*endpoint);
    return true;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) {
    State& state = state_of(object);
    const auto text = [&] { return g_value_get_string(value) == nullptr ? "" : g_value_get_string(value); };
    if (id == kLocation) {
        GError* error = nullptr;
        if (!set_location(state, text(), &error)) {
            g_warning("tplinksrc: %s", error->message);
            g_error_free(error);
        }
        return;
    }
    const std::lock_guard lock(state.mutex);
    switch (id) {
    case kUser: state.endpoint.credentials.username = text(); break;
    case kPassword: state.endpoint.credentials.password = tplink::Secret(text()); break;
    case kTimeout: state.timeout = std::chrono::milliseconds(g_value_get_uint(value)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) {
    State& state = state_of(object);
    const std::lock_guard lock(state.mutex);
    switch (id) {
    case kLocation: g_value_set_string(value, tplink::media::format_endpoint_uri(state.endpoint).c_str()); break;
    case kUser: g_value_set_string(value, state.endpoint.credentials.username.c_str()); break;
    case kTimeout: g_value_set_uint(value, static_cast<guint>(state.timeout.count())); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

// GStreamer writes addresses and what stands on a command line into its log: a password that shall stay out of it comes
// from the environment.
void complete_from_environment(tplink::Credentials& credentials) {
    if (const char* password = std::getenv("TPLINK_PASSWORD"); password != nullptr && credentials.password.empty())
        credentials.password = tplink::Secret(password);
}

// READY -> PAUSED. Only prepares: connecting here would block whoever changes the state.
gboolean start(GstBaseSrc* base) {
    State& state = state_of(base);
    const std::lock_guard lock(state.mutex);
    if (state.endpoint.host.empty()) {
        GST_ELEMENT_ERROR(base, RESOURCE, SETTINGS, ("No camera address; set location=tapo://host"), (nullptr));
        return FALSE;
    }
    complete_from_environment(state.endpoint.credentials);
    state.source = tplink::stream::make_media_source(state.endpoint, tplink::net::make_tcp_connector(), tplink::system_random());
    state.opened = false;
    return TRUE;
}

gboolean stop(GstBaseSrc* base) {
    State& state = state_of(base);
    std::shared_ptr<MediaSource> source;
    const std::lock_guard lock(state.mutex);
    source.swap(state.source);
    if (source) state.last = source->stats();
    return TRUE;
}

gboolean unlock(GstBaseSrc* base) {
    State& state = state_of(base);
    std::shared_ptr<MediaSource> source;
    {
        const std::lock_guard lock(state.mutex);
        source = state.source;
    }
    if (source) source->cancel();
    return TRUE;
}

// Cancelling is sticky: whoever flushed and goes on needs a new session.
gboolean unlock_stop(GstBaseSrc* base) {
    State& state = state_of(base);
    const std::lock_guard lock(state.mutex);
    if (state.source)
        state.source = tplink::stream::make_media_source(state.endpoint, tplink::net::make_tcp_connector(), tplink::system_random());
    state.opened = false;
    return TRUE;
}

GstResourceError resource_error(tplink::Errc code) {
    switch (code) {
    case tplink::Errc::auth_failed:
    case tplink::Errc::locked_out: return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
    case tplink::Errc::refused: return GST_RESOURCE_ERROR_BUSY;
    case tplink::Errc::malformed: return GST_RESOURCE_ERROR_READ;
    default: return GST_RESOURCE_ERROR_OPEN_READ;
    }
}

GstFlowReturn give_up(GstPushSrc* src, const tplink::Error& error) {
    if (error.code == tplink::Errc::cancelled) return GST_FLOW_FLUSHING;
    GstStructure* details = gst_structure_new("tplink-error", "code", G_TYPE_INT, static_cast<int>(error.code), "device-code",
                                              G_TYPE_INT, error.device_code, "retry-after", G_TYPE_INT64,
                                              static_cast<gint64>(error.retry_after.count()), nullptr);
    gst_element_message_full_with_details(GST_ELEMENT(src), GST_MESSAGE_ERROR, GST_RESOURCE_ERROR, resource_error(error.code),
                                          g_strdup(error.what.c_str()), nullptr, __FILE__, GST_FUNCTION, __LINE__, details);
    return GST_FLOW_ERROR;
}

// What the parts of this session are; told downstream once, before the first.
bool announce(GstPushSrc* src, PartType type) {
    State& state = state_of(src);
    const bool ts = type == PartType::mpegts;
    if (state.announced) return true;
    state.announced = true;
    const tplink::media::MiniPtr<GstCaps> caps(gst_caps_from_string(ts ? kTsCaps : tplink::media::kPartsCaps));
    return gst_base_src_set_caps(GST_BASE_SRC(src), caps.get()) != FALSE;
}

// The streaming thread: logs in first, then hands on part by part. Nothing of C++ may be thrown into C.
GstFlowReturn create(GstPushSrc* src, GstBuffer** buffer) try {
    State& state = state_of(src);
    std::shared_ptr<MediaSource> source;
    std::chrono::milliseconds timeout{};
    {
        const std::lock_guard lock(state.mutex);
        source = state.source;
        timeout = state.timeout;
    }
    if (!source) return GST_FLOW_FLUSHING;
    if (!state.opened) {
        if (const auto open = source->open(); !open) return give_up(src, open.error());
        state.opened = true;
        state.bad_parts = 0;
        state.announced = false;
        gst_element_post_message(GST_ELEMENT(src), gst_message_new_element(GST_OBJECT(src), gst_structure_new_empty(kOpened)));
    }
    for (;;) {
        auto part = source->read(timeout);
        if (!part) return give_up(src, part.error());
        if (part->type == PartType::jpeg || part->data.empty()) continue;
        if (!announce(src, part->type)) return GST_FLOW_NOT_NEGOTIATED;
        *buffer = tplink::media::buffer_of(std::move(*part));
        if (const auto bad = source->stats().bad_parts; bad != state.bad_parts) {
            state.bad_parts = bad;  // the demuxer must know that bytes are missing here
            GST_BUFFER_FLAG_SET(*buffer, GST_BUFFER_FLAG_DISCONT);
        }
        return GST_FLOW_OK;
    }
} catch (const std::exception& problem) {
    return give_up(src, tplink::Error{tplink::Errc::malformed, problem.what(), 0, {}});
}

void finalize(GObject* object) {
    delete reinterpret_cast<TplinkSrc*>(object)->state;
    G_OBJECT_CLASS(tplink_src_parent_class)->finalize(object);
}

void tplink_src_init(TplinkSrc* self) {
    self->state = new State;
    gst_base_src_set_live(GST_BASE_SRC(self), TRUE);
    gst_base_src_set_format(GST_BASE_SRC(self), GST_FORMAT_TIME);
}

void install_properties(GObjectClass* object) {
    constexpr auto kText = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
    constexpr auto kWriteOnly = static_cast<GParamFlags>(G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
    object->set_property = set_property;
    object->get_property = get_property;
    g_object_class_install_property(
        object, kLocation, g_param_spec_string("location", "Location", "tapo://host[:port][/hd|/sd][?audio=0&channel=N] or vigi://..., kasa://...", nullptr, kText));
    g_object_class_install_property(object, kUser, g_param_spec_string("user-id", "User", "User name, where the camera asks for one", nullptr, kText));
    g_object_class_install_property(object, kPassword, g_param_spec_string("user-pw", "Password", "Password of the cloud account, or its MD5 or SHA-256 in upper-case hex", nullptr, kWriteOnly));
    g_object_class_install_property(object, kTimeout, g_param_spec_uint("timeout", "Timeout", "Milliseconds without media after which the stream ends", 100, 600000, 5000, kText));
}

void tplink_src_class_init(TplinkSrcClass* klass) {
    static GstStaticPadTemplate source = GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("video/mpegts,systemstream=(boolean)true,packetsize=(int)188;application/x-tplink-parts"));
    GObjectClass* object = G_OBJECT_CLASS(klass);
    object->finalize = finalize;
    install_properties(object);
    gst_element_class_add_static_pad_template(GST_ELEMENT_CLASS(klass), &source);
    gst_element_class_set_static_metadata(GST_ELEMENT_CLASS(klass), "TP-Link camera source", "Source/Network",
                                          "Reads the encrypted video port of Tapo and VIGI cameras", "tplink2mqtt");
    GstBaseSrcClass* base = GST_BASE_SRC_CLASS(klass);
    base->start = start;
    base->stop = stop;
    base->unlock = unlock;
    base->unlock_stop = unlock_stop;
    GST_PUSH_SRC_CLASS(klass)->create = create;
}

GstURIType uri_type(GType) { return GST_URI_SRC; }

const gchar* const* uri_protocols(GType) {
    static const gchar* const protocols[] = {"tapo", "vigi", "kasa", nullptr};
    return protocols;
}

gchar* get_uri(GstURIHandler* handler) {
    State& state = state_of(handler);
    const std::lock_guard lock(state.mutex);
    return g_strdup(tplink::media::format_endpoint_uri(state.endpoint).c_str());
}

gboolean set_uri(GstURIHandler* handler, const gchar* uri, GError** error) {
    return set_location(state_of(handler), uri, error) ? TRUE : FALSE;
}

void uri_handler_init(gpointer interface, gpointer) {
    auto* handler = static_cast<GstURIHandlerInterface*>(interface);
    handler->get_type = uri_type;
    handler->get_protocols = uri_protocols;
    handler->get_uri = get_uri;
    handler->set_uri = set_uri;
}

}  // namespace

namespace tplink::media {

GType tplink_src_get_type() { return ::tplink_src_get_type(); }

void set_endpoint(GstElement* src, const stream::MediaEndpoint& endpoint) {
    State& state = state_of(src);
    const std::lock_guard lock(state.mutex);
    state.endpoint = endpoint;
}

stream::SourceStats source_stats(GstElement* src) {
    State& state = state_of(src);
    const std::lock_guard lock(state.mutex);
    return state.source ? state.source->stats() : state.last;
}

bool is_opened(GstMessage* message) {
    return GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT && gst_message_has_name(message, kOpened) != FALSE;
}

std::optional<Error> error_of(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return std::nullopt;
    const GstStructure* details = nullptr;
    gst_message_parse_error_details(message, &details);
    if (details == nullptr || gst_structure_has_name(details, "tplink-error") == FALSE) return std::nullopt;
    int code = 0;
    int device_code = 0;
    gint64 retry_after = 0;
    gst_structure_get(details, "code", G_TYPE_INT, &code, "device-code", G_TYPE_INT, &device_code, "retry-after", G_TYPE_INT64, &retry_after, nullptr);
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    const std::string what = error == nullptr ? std::string() : error->message;
    if (error != nullptr) g_error_free(error);
    return Error{static_cast<Errc>(code), what, device_code, std::chrono::seconds(retry_after)};
}

}  // namespace tplink::media
