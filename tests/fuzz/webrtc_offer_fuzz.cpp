// A browser's offer: whatever is posted must come back as an offer or an error.
#include <gst/gst.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "media/webrtc/offer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto offer = tplink::media::webrtc::parse_offer(std::string(reinterpret_cast<const char*>(data), size));
    if (offer && ((offer->video_payload < 0 && !offer->h265) || offer->video_payload > 127)) std::abort();
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto candidates = tplink::media::webrtc::parse_fragment(text); candidates && candidates->size() > 32) std::abort();
    if (!tplink::media::webrtc::add_candidates(text, {"192.0.2.1"}).starts_with(text.substr(0, text.find('\n')))) std::abort();
    return 0;
}
