#include "media/elements/hub_sink.hpp"

#include <exception>

#include "media/elements/unit_buffer.hpp"

namespace {

using Take = std::function<void(const tplink::media::AccessUnit&)>;

struct HubSink {
    GstElement parent;
    Take* take;
};
struct HubSinkClass {
    GstElementClass parent;
};

G_DEFINE_TYPE(HubSink, hub_sink, GST_TYPE_ELEMENT)

GstFlowReturn chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
    const tplink::media::AccessUnit* unit = tplink::media::unit_of(buffer);
    GstFlowReturn flow = GST_FLOW_OK;
    if (unit == nullptr) {
        GST_ELEMENT_ERROR(parent, STREAM, WRONG_TYPE, ("tplinkhubsink takes only what tplinkdemux makes"), (nullptr));
        flow = GST_FLOW_ERROR;
    } else {
        try {
            const auto& take = *reinterpret_cast<HubSink*>(parent)->take;
            if (take) take(*unit);
        } catch (const std::exception& problem) {
            GST_ELEMENT_ERROR(parent, RESOURCE, FAILED, ("%s", problem.what()), (nullptr));
            flow = GST_FLOW_ERROR;
        }
    }
    gst_buffer_unref(buffer);
    return flow;
}

GstPad* request_pad(GstElement* element, GstPadTemplate* pad_template, const gchar* name, const GstCaps*) {
    GstPad* pad = gst_pad_new_from_template(pad_template, name);
    gst_pad_set_chain_function(pad, chain);
    gst_pad_set_active(pad, TRUE);
    gst_element_add_pad(element, pad);
    return pad;
}

void release_pad(GstElement* element, GstPad* pad) { gst_element_remove_pad(element, pad); }

void finalize(GObject* object) {
    delete reinterpret_cast<HubSink*>(object)->take;
    G_OBJECT_CLASS(hub_sink_parent_class)->finalize(object);
}

void hub_sink_init(HubSink* self) {
    self->take = new Take;
    GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
}

void hub_sink_class_init(HubSinkClass* klass) {
    static GstStaticPadTemplate sink = GST_STATIC_PAD_TEMPLATE("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS_ANY);
    G_OBJECT_CLASS(klass)->finalize = finalize;
    gst_element_class_add_static_pad_template(&klass->parent, &sink);
    gst_element_class_set_static_metadata(&klass->parent, "Camera hub sink", "Sink", "Hands access units to the hub", "tplink2mqtt");
    klass->parent.request_new_pad = request_pad;
    klass->parent.release_pad = release_pad;
}

}  // namespace

namespace tplink::media {

GType hub_sink_get_type() { return ::hub_sink_get_type(); }

GstElement* make_hub_sink(std::function<void(const AccessUnit&)> take) {
    auto* sink = static_cast<GstElement*>(g_object_new(hub_sink_get_type(), nullptr));
    *reinterpret_cast<HubSink*>(sink)->take = std::move(take);
    return sink;
}

}  // namespace tplink::media
