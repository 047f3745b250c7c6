#pragma once
// GStreamer element `tplinkhubsink`: the end of the gateway's ingest pipeline.

#include <gst/gst.h>

#include <functional>

#include "media/access_unit.hpp"

namespace tplink::media {

GType hub_sink_get_type();

/// A sink whose request pads "sink_%u" hand every access unit to `take`, on the streaming thread. Only buffers made by
/// `tplinkdemux` are understood; others end the stream with an error.
GstElement* make_hub_sink(std::function<void(const AccessUnit&)> take);

}  // namespace tplink::media
