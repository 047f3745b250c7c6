#pragma once
// The gateway's side of video, so that the rest builds with and without the media folder.

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "gateway/app/registry.hpp"

namespace tplink::gateway {

struct VideoPicture {
    std::string jpeg;
    WallTime taken{};
};
struct VideoAnswer {
    std::string session, sdp;
};

/// Endless bytes of an HTTP body. next: the next piece; errors: timeout (call again), anything else ends it.
struct VideoFeed {
    std::string content_type;
    std::function<Result<std::string>(std::chrono::milliseconds timeout)> next;
};
/// A recording as a file that stays while `owner` does; or `arriving`, whose `next` gives an empty piece at the end.
struct VideoRecording {
    std::string path;
    std::size_t size = 0;
    std::shared_ptr<const void> owner;
    std::optional<VideoFeed> arriving{};
};
/// Seconds since 1970; client_id: whom the camera wants named.
struct VideoSpan {
    std::int64_t start_s = 0, end_s = 0, client_id = 1;
};
struct LiveWish {
    bool mjpeg = false;      ///< else fragmented MP4
    std::string stream;      ///< empty: what suits
    bool h265 = false;       ///< MP4: the viewer takes H.265
    unsigned width = 640, fps = 5;  ///< MJPEG
};

struct VideoEvents {
    std::function<void(const std::string& id, const json::object& stream)> stream_changed;
    std::function<void(const std::string& level, const std::string& id, const std::string& line)> log;
};

/// Thread-safe.
class Video {
public:
    virtual ~Video() = default;
    /// Takes over what differs; only viewers of what changed notice. Afterwards every device is to be set again.
    /// errors: refused when the RTSP address is taken.
    virtual Result<void> configure(const Config& config, const Credentials& rtsp_user) = 0;
    /// Keeps the served cameras in step with the devices.
    virtual void set_device(const DeviceView& view, const Registry::Access& access) = 0;
    virtual void remove_device(const std::string& id) = 0;
    /// A human acted: what the camera refused may be tried again. Takes effect with the next set_device().
    virtual void forgive(const std::string& id) = 0;
    /// Value of `media` in the API; null for a device without video.
    virtual json::value facts(const std::string& id) const = 0;
    virtual Result<VideoPicture> picture(const std::string& id, std::chrono::milliseconds max_age, unsigned width, bool allow_stale) = 0;
    virtual Result<VideoAnswer> whep_open(const std::string& id, const std::string& stream, const std::string& offer) = 0;
    virtual bool whep_close(const std::string& session) = 0;
    /// "main", "sub", "2", "2/sub".
    virtual bool has_stream(const std::string& id, const std::string& stream) const = 0;
    virtual Result<VideoFeed> live(const std::string& id, const LiveWish& wish) = 0;
    /// Times in seconds since 1970, as the camera lists them. Blocks until the file is there; `early`: until it begins to arrive.
    virtual Result<VideoRecording> recording(const std::string& id, const VideoSpan& span, bool early) = 0;
    virtual Result<std::string> thumbnail(const std::string& id, const VideoSpan& span) = 0;  ///< JPEG
    /// Plays a sound file on the camera; blocks until it was.
    virtual Result<void> speak(const std::string& id, std::string_view sound, const std::string& content_type) = 0;
    /// Candidates that come later (RFC 8840). errors: refused when there is no such session, malformed.
    virtual Result<void> whep_trickle(const std::string& session, const std::string& fragment) = 0;
    /// Calls that wait for a camera return at once, with a refusal; later ones too.
    virtual void release() = 0;
    virtual unsigned viewers() const = 0;
    virtual std::uint16_t rtsp_port() const = 0;
};

/// errors: refused (RTSP address taken, plugin missing). A build without media gives null.
/// `rtsp_user`: what viewers log in with; empty user name: nobody has to.
Result<std::unique_ptr<Video>> make_video(const Config& config, const Credentials& rtsp_user, VideoEvents events);

/// To be called at the start of the program, before there are threads.
void prepare_video();

/// The other half of how pictures are made: the process that the gateway starts from its own executable. Reads requests
/// from standard input until that ends; returns the exit code.
int decode_pictures();

}  // namespace tplink::gateway
