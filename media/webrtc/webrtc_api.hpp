#pragma once
// The part of GStreamer's WebRTC interface we use. Its headers are in a package that pulls in 600 MB; the same is
// reachable by property and signal names, with these few own declarations of its published layout.

#include <gst/gst.h>
#include <gst/sdp/gstsdpmessage.h>

#include <chrono>
#include <string>

#include "media/gst_ptr.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media::webrtc {

enum class IceGathering { fresh = 0, gathering = 1, complete = 2 };
enum class Connection { fresh = 0, connecting = 1, connected = 2, disconnected = 3, failed = 4, closed = 5 };
constexpr int kSendOnly = 2, kSendReceive = 4;  // GstWebRTCRTPTransceiverDirection

/// Calls of an element named webrtcbin; each waits for its promise until the deadline.
/// errors: malformed (webrtcbin refused it, with its words), timeout.
Result<void> set_remote_offer(GstElement* webrtcbin, const std::string& sdp, std::chrono::milliseconds limit);
/// Creates the answer and makes it the local description.
Result<void> answer_locally(GstElement* webrtcbin, std::chrono::milliseconds limit);
/// The local description with the candidates gathered so far.
Result<std::string> local_sdp(GstElement* webrtcbin);

int enum_property(gpointer object, const char* name);

}  // namespace tplink::media::webrtc
