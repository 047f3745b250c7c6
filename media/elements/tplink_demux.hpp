#pragma once
// GStreamer element `tplinkdemux`: MPEG-TS of a camera to access units, private audio types included.

#include <gst/gst.h>

namespace tplink::media {

/// For registration. Sometimes pads: video_%u (lens), audio_%u. Buffers are whole access units, stamped with the
/// running time of their arrival: the camera's own clock jumps at each reconnect.
GType tplink_demux_get_type();

}  // namespace tplink::media
