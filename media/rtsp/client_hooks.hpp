#pragma once
// What we add to the RTSP server's handling of one connection: waiting for the camera, and true status lines.

#include <gst/rtsp-server/rtsp-server.h>

namespace tplink::media::rtsp {

/// Connects to the signals of a new client.
void hook_client(GstRTSPClient* client);

}  // namespace tplink::media::rtsp
