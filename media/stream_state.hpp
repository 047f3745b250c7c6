#pragma once
// Where a stream is on its way from nobody watching to a picture and back.

#include <string_view>

namespace tplink::media {

enum class StreamState {
    idle,       ///< no camera session, none wanted
    connecting, ///< session asked for, no keyframe yet
    live,       ///< somebody watches
    lingering,  ///< nobody watches any more, the session is kept for a while
    failed,     ///< wanted, but the last session failed: waits for the next try or for a human
};
/// The enumerator's name.
std::string_view to_string(StreamState state);

} // namespace tplink::media
