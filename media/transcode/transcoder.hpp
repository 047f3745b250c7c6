#pragma once
// H.265 to H.264 for viewers that take nothing else. Expensive: as much as 65 viewers of the stream as it is.

#include <map>
#include <memory>
#include <mutex>

#include "media/viewing.hpp"

namespace tplink::media {

/// All transcodings under way: one for each stream, however many watch it. Thread-safe.
class Transcoders {
public:
    /// At most that many streams at once; half of the processors, at least one.
    Transcoders();

    /// A viewing of the same stream in H.264. `source` is kept until the last of its viewings has gone. errors: refused when
    /// too many streams are transcoded or no encoder is installed.
    Result<std::shared_ptr<Viewing>> view(std::shared_ptr<Viewing> source);
    std::size_t running() const;
    unsigned most() const { return most_; }

private:
    class Transcoder;
    class TranscodedViewing;

    const unsigned most_;
    mutable std::mutex mutex_;
    std::map<const Hub*, std::weak_ptr<Transcoder>> running_;
};

}  // namespace tplink::media
