#pragma once
// GStreamer element `tplinkdemux`: the parts of a camera (MPEG-TS with its private audio types, or Kasa's own) to access
// units.

#include <gst/gst.h>

#include "media/ts/ts_demuxer.hpp"

namespace tplink::media {

/// For registration. Sometimes pads: video_%u (lens), audio_%u. Buffers are whole access units, stamped with the
/// running time of their arrival: the camera's own clock jumps at each reconnect.
GType tplink_demux_get_type();

/// What the running or last session's stream announces.
struct Program {
    unsigned lenses = 0;  ///< 0: not known yet
    bool silent = false;  ///< no sound is announced
};
Program program_of(GstElement* demux);
/// From any thread.
TsStats damage_of(GstElement* demux);

}  // namespace tplink::media
