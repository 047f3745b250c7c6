#include "media/elements/register.hpp"

#include "media/elements/tplink_demux.hpp"
#include "media/elements/tplink_src.hpp"

namespace tplink::media {

bool register_elements(GstPlugin* plugin) {
    return gst_element_register(plugin, "tplinksrc", GST_RANK_PRIMARY, tplink_src_get_type()) != FALSE &&
           gst_element_register(plugin, "tplinkdemux", GST_RANK_NONE, tplink_demux_get_type()) != FALSE;
}

}  // namespace tplink::media
