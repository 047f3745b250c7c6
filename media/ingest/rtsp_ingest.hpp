#pragma once
// Video of a camera's port 554 (its own RTSP server) and sound in AAC: the two things of the ingest that need GStreamer.

#include "media/ingest/ingest.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::media {

struct RtspEndpoint {
    std::string host;
    std::uint16_t port = 554;
    std::string path = "/stream1";
    Credentials credentials;  ///< of the camera account; never the vendor's
    bool operator==(const RtspEndpoint&) const = default;
};

/// errors: refused when GStreamer does not start.
Result<std::unique_ptr<Ingest>> start_rtsp_ingest(const RtspEndpoint& endpoint, Hubs hubs, IngestEvents events,
                                                  MakeSoundDecoder make_decoder);

/// For Intake; null when GStreamer or its AAC decoder is missing.
std::unique_ptr<SoundDecoder> make_aac_decoder(std::function<void(Buffer alaw)> give);

}  // namespace tplink::media
