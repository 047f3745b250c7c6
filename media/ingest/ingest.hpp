#pragma once
// One running camera session: a GStreamer pipeline in a thread of its own that ends in the hubs.

#include <chrono>
#include <memory>

#include "media/ingest/intake.hpp"
#include "media/ts/ts_demuxer.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::media {

/// Runs from when it is made until destroyed or until it ended by itself.
class Ingest {
public:
    /// Closes the camera session and joins the thread.
    virtual ~Ingest() = default;

    virtual stream::SourceStats stats() const = 0;
    /// What was wrong inside the transport stream; from any thread.
    virtual TsStats damage() const { return {}; }
    /// When the last picture or sound came; the start before the first one.
    virtual SteadyTime last_media() const = 0;
    /// True when the stream announces no sound, so that nobody need wait for it.
    virtual bool is_silent() const = 0;
    /// How many lenses the stream has; 0: not known yet.
    virtual unsigned lens_count() const = 0;
};

/// A session over the camera's own video port. `timeout`: no media that long ends it.
/// errors: refused when GStreamer does not start.
Result<std::unique_ptr<Ingest>> start_source_ingest(const stream::MediaEndpoint& endpoint, std::chrono::milliseconds timeout,
                                                    Hubs hubs, IngestEvents events, MakeSoundDecoder make_decoder);

}  // namespace tplink::media
