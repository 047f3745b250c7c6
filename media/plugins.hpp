#pragma once
// Starts GStreamer and loads the plugins that are needed, no others.

#include "protocols/base/result.hpp"

namespace tplink::media {

/// What GStreamer is wanted for.
enum class Use { ingest, rtsp_source, webrtc, still, mjpeg, mp4, aac, transcode, speech };

/// To be called at the start of a program that is GStreamer's only user, before there are threads: GStreamer then reads
/// no list of all plugins of the machine, which costs 3 MB, and start_gstreamer() loads the few by their files.
void prepare_gstreamer();

/// Thread-safe; cheap from the second time on. errors: refused, naming the missing plugin and the Debian package that has it.
Result<void> start_gstreamer(Use use);

}  // namespace tplink::media
