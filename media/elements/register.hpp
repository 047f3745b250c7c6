#pragma once
// Makes our elements known to GStreamer.

#include <gst/gst.h>

namespace tplink::media {

/// `plugin`: the loadable plugin, or null inside the gateway. False when GStreamer refuses.
bool register_elements(GstPlugin* plugin);

}  // namespace tplink::media
