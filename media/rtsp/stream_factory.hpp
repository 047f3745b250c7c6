#pragma once
// The RTSP server's media factory for one stream path: each viewer gets a pipeline of its own on the hub.

#include <gst/rtsp-server/rtsp-server.h>

#include "media/viewing.hpp"

namespace tplink::media::rtsp {

/// A factory that opens viewings with `open`. Floating as GObject constructors are: the caller owns the reference.
GstRTSPMediaFactory* make_stream_factory(OpenViewing open);

/// Opens a viewing for this client and keeps it until its media is built; on denial keeps that, for the response.
/// True when the client may go on. Blocks as `open` does.
bool admit(GstRTSPClient* client, const OpenViewing& open);

/// The denial kept for the client, which is forgotten by asking.
std::optional<Denial> take_denial(GstRTSPClient* client);

/// What the factory opens viewings with.
const OpenViewing& opener_of(GstRTSPMediaFactory* factory);

/// The client plays: lets the cached GOP and live units go out over its transport.
void start_playing(GstRTSPContext* context);

}  // namespace tplink::media::rtsp
