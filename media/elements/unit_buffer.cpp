#include "media/elements/unit_buffer.hpp"

namespace tplink::media {
namespace {

GQuark unit_quark() { return g_quark_from_static_string("tplink-access-unit"); }

void release_unit(gpointer unit) { delete static_cast<AccessUnit*>(unit); }

}  // namespace

GstBuffer* buffer_of(const AccessUnit& unit) {
    auto* kept = new AccessUnit(unit);
    const Buffer& bytes = *kept->data;
    // The memory and the remembered unit may part (a tee, a copy): each holds the bytes by itself.
    auto* handle = new std::shared_ptr<const Buffer>(kept->data);
    GstBuffer* buffer = gst_buffer_new_wrapped_full(
        GST_MEMORY_FLAG_READONLY, const_cast<std::byte*>(bytes.data()), bytes.size(), 0, bytes.size(), handle,
        [](gpointer owned) { delete static_cast<std::shared_ptr<const Buffer>*>(owned); });
    gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(buffer), unit_quark(), kept, release_unit);
    if (is_video(unit.codec) && !unit.keyframe) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return buffer;
}

const AccessUnit* unit_of(GstBuffer* buffer) {
    return static_cast<const AccessUnit*>(gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(buffer), unit_quark()));
}

}  // namespace tplink::media
