#pragma once
// Access units of a recording into an MP4 file.

#include <memory>
#include <string>

#include "media/access_unit.hpp"
#include "media/recording/arrival.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

/// One thread.
class Mp4Writer {
public:
    virtual ~Mp4Writer() = default;
    /// time: from the beginning of the file. errors: refused when GStreamer gave up (disk full).
    virtual Result<void> write(const AccessUnit& unit, std::chrono::nanoseconds time) = 0;
    /// Completes the file. errors: as above.
    virtual Result<void> finish() = 0;
};

/// sound: the recording has some (A-law at 8 kHz); it becomes AAC. fragments: the same as it comes, in fragments that play
/// at once; null: not wanted. errors: refused.
Result<std::unique_ptr<Mp4Writer>> make_mp4_writer(Codec video, bool sound, const std::string& file, std::shared_ptr<Arrival> fragments);

}  // namespace tplink::media
