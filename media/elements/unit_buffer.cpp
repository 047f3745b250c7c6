#include "media/elements/unit_buffer.hpp"

#include "media/appsrc_feed.hpp"

namespace tplink::media {
namespace {

GQuark unit_quark() { return g_quark_from_static_string("tplink-access-unit"); }
GQuark part_quark() { return g_quark_from_static_string("tplink-media-part"); }

template <class T> void release(gpointer kept) { delete static_cast<T*>(kept); }

}  // namespace

GstBuffer* buffer_of(const AccessUnit& unit) {
    GstBuffer* buffer = wrap_buffer(unit);  // holds the bytes by itself: memory and unit may part at a tee
    gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(buffer), unit_quark(), new AccessUnit(unit), release<AccessUnit>);
    if (is_video(unit.codec) && !unit.keyframe) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return buffer;
}

const AccessUnit* unit_of(GstBuffer* buffer) {
    return static_cast<const AccessUnit*>(gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(buffer), unit_quark()));
}

GstBuffer* buffer_of(stream::MediaPart part) {
    auto* bytes = new Buffer(std::move(part.data));
    part.data.clear();
    GstBuffer* buffer = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, bytes->data(), bytes->size(), 0, bytes->size(),
                                                    bytes, release<Buffer>);
    gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(buffer), part_quark(), new stream::MediaPart(std::move(part)),
                              release<stream::MediaPart>);
    return buffer;
}

const stream::MediaPart* part_of(GstBuffer* buffer) {
    return static_cast<const stream::MediaPart*>(gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(buffer), part_quark()));
}

}  // namespace tplink::media
