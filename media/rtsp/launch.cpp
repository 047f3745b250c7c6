#include "media/rtsp/launch.hpp"

#include "media/appsrc_feed.hpp"

namespace tplink::media::rtsp {
namespace {

// No limits in appsrc itself: AppsrcFeed drops whole GOPs, appsrc would drop single pictures.
std::string source(const char* name, Codec codec, std::uint32_t rate) {
    return std::string("appsrc name=") + name +
           " is-live=true format=time block=false max-bytes=0 max-buffers=0 max-time=0 caps=\"" +
           caps_text(codec, rate) + "\" ! ";
}

// RTP knows G.711 at 8 kHz only; what some cameras call PCMU at 16 kHz has to be resampled.
std::string audio_branch(Codec codec, std::uint32_t rate) {
    const std::string head = source("a", codec, rate);
    if (rate == 0 || rate == 8000)
        return head + (codec == Codec::pcma ? "rtppcmapay name=pay1 pt=8" : "rtppcmupay name=pay1 pt=0");
    return head + (codec == Codec::pcma ? "alawdec" : "mulawdec") +
           " ! audioresample ! audio/x-raw,rate=8000 ! alawenc ! rtppcmapay name=pay1 pt=8";
}

}  // namespace

std::string launch_text(const StreamFormat& format) {
    const Codec video = format.video.value_or(Codec::h264);
    std::string text = "( " + source("v", video, 0) + (video == Codec::h265 ? "rtph265pay" : "rtph264pay") +
                       " name=pay0 pt=96 config-interval=-1 aggregate-mode=zero-latency ";
    if (format.audio) text += audio_branch(*format.audio, format.audio_rate);
    return text + " )";
}

}  // namespace tplink::media::rtsp
