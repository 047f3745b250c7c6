// A gateway without media: no video part.

#include "gateway/app/video.hpp"

namespace tplink::gateway {

void prepare_video() {}

int decode_pictures() { return 1; }

Result<std::unique_ptr<Video>> make_video(const Config&, const Credentials&, VideoEvents) { return std::unique_ptr<Video>(); }

}  // namespace tplink::gateway
