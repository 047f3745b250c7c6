#pragma once
// Starts GStreamer and checks that everything we use is installed.

#include "protocols/base/result.hpp"

namespace tplink::media {

/// errors: refused, naming the missing element and the Debian package that has it.
Result<void> start_gstreamer();

}  // namespace tplink::media
