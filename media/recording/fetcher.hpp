#pragma once
// A recording of the card as an MP4 file, whole even when the connection breaks.

#include <functional>
#include <stop_token>
#include <string>

#include "media/recording/arrival.hpp"
#include "protocols/stream/recordings.hpp"

namespace tplink::media {

struct FetchStats {
    std::size_t frames = 0, samples = 0;  ///< pictures; sound at 8 kHz
    unsigned resumed = 0;                 ///< times the connection had to be made anew
};

struct FetchOptions {
    std::chrono::milliseconds stall{20000};   ///< no piece that long: again
    std::chrono::milliseconds pause{1000};    ///< before the next session: the camera needs it
    unsigned attempts = 6;                    ///< connections in all without any progress between them
    /// Waits that long between two sessions (0: looks only); false: the download is to end.
    std::function<bool(std::chrono::milliseconds)> wait{};
    std::stop_token stop{};              ///< asked to stop: it ends at once, whatever it waits for
    std::shared_ptr<Arrival> arrival{};  ///< where it can be seen as it comes; its end is the caller's to tell
};

/// Blocks until the file is complete. The sound is placed by the camera's clock, as its stamps are seconds off.
/// errors: those of RecordingDownload; refused when the file cannot be written; malformed when it has no picture.
Result<FetchStats> fetch_recording(const stream::MediaEndpoint& endpoint, const stream::Recording& recording, const std::string& file,
                                   const FetchOptions& options);

/// One JPEG: a thumbnail or a picture of now. errors: unsupported when the camera has no such request; cancelled by `stop`.
Result<Buffer> fetch_picture(const stream::MediaEndpoint& endpoint, const stream::Recording& recording, stream::DownloadKind kind,
                             std::chrono::milliseconds timeout, const std::stop_token& stop = {});

}  // namespace tplink::media
