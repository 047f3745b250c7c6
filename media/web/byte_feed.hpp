#pragma once
// A running stream as endless bytes of an HTTP body: fragmented MP4 or a row of JPEGs.

#include <chrono>
#include <memory>
#include <string>

#include "media/viewing.hpp"

namespace tplink::media {

/// One viewer; one thread reads. Letting it go is leaving.
class ByteFeed {
public:
    virtual ~ByteFeed() = default;
    /// For the response, e.g. `video/mp4; codecs="avc1.640028,mp4a.40.2"`.
    virtual std::string content_type() const = 0;
    /// The next piece. errors: timeout when none came (call again); refused, cancelled: it is over.
    virtual Result<Buffer> next(std::chrono::milliseconds timeout) = 0;
};

/// Fragments of one picture each, beginning with a keyframe at once; sound as AAC. errors: refused, unsupported.
Result<std::unique_ptr<ByteFeed>> make_mp4_feed(std::shared_ptr<Viewing> viewing);

struct MjpegOptions {
    unsigned width = 640;  ///< pixels; 0: as it is
    unsigned fps = 5;
};
/// `multipart/x-mixed-replace` of JPEGs.
Result<std::unique_ptr<ByteFeed>> make_mjpeg_feed(std::shared_ptr<Viewing> viewing, const MjpegOptions& options);

}  // namespace tplink::media
