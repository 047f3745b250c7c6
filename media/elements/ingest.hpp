#pragma once
// One running camera session: a GStreamer pipeline tplinksrc ! tplinkdemux ! hub, in one thread.

#include <chrono>
#include <functional>
#include <memory>

#include "media/hub.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::media {

/// Called on the pipeline's thread; may only take a note.
struct IngestEvents {
    std::function<void()> opened;       ///< the camera granted the stream
    std::function<void()> began;        ///< the first keyframe, and the first sound
    std::function<void(Error)> ended;   ///< once, when the session is over by itself
};

/// Runs from start() until destroyed or until it ended by itself.
class Ingest {
public:
    /// errors: refused when GStreamer does not start.
    static Result<std::unique_ptr<Ingest>> start(const stream::MediaEndpoint& endpoint, std::chrono::milliseconds timeout,
                                                 std::shared_ptr<Hub> hub, IngestEvents events);
    /// Closes the camera session and joins the thread.
    ~Ingest();
    Ingest(const Ingest&) = delete;
    Ingest& operator=(const Ingest&) = delete;

    stream::SourceStats stats() const;
    /// When the last picture or sound came; the start before the first one.
    SteadyTime last_media() const;
    /// True when the stream announces no sound, so that nobody need wait for it.
    bool is_silent() const;

private:
    struct Impl;
    explicit Ingest(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tplink::media
