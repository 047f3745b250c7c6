#pragma once
// GStreamer element `tplinksrc`: the video port of a camera as decrypted MPEG-TS.

#include <gst/gst.h>

#include <optional>

#include "protocols/base/result.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::media {

/// For registration; properties: location (tapo://, vigi://), user-id, user-pw, timeout (ms without media that end the
/// stream). Logs in when playing begins, in its streaming thread.
GType tplink_src_get_type();

/// Sets the endpoint without the detour over a URI. Only while the element is stopped.
void set_endpoint(GstElement* src, const stream::MediaEndpoint& endpoint);

/// Counters of the running or last session.
stream::SourceStats source_stats(GstElement* src);

/// True for the element message `tplinksrc` posts when the camera granted the stream.
bool is_opened(GstMessage* message);

/// The Error an element message of `tplinksrc` carries; nothing for other messages.
std::optional<Error> error_of(GstMessage* message);

}  // namespace tplink::media
