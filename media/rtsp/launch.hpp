#pragma once
// The pipeline of one RTSP viewer, as text.

#include <string>

#include "media/hub.hpp"

namespace tplink::media::rtsp {

/// Elements named `v` and `a` are the appsrc ends; `a` is missing when the stream has no audio. Needs format.video.
std::string launch_text(const StreamFormat& format);

}  // namespace tplink::media::rtsp
