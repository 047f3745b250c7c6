#pragma once
// The one door from the gateway to video: cameras in, viewers out.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/hub.hpp"
#include "media/ingest/rtsp_ingest.hpp"
#include "media/recording/shelf.hpp"
#include "media/stream_state.hpp"
#include "media/ts/ts_demuxer.hpp"
#include "media/web/byte_feed.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::media {

struct ServiceOptions {
    bool rtsp_enabled = true;
    std::string rtsp_address = "0.0.0.0";
    std::uint16_t rtsp_port = 8654;  ///< 0: any free port (tests)
    Credentials rtsp_user;           ///< empty user name: open to everybody
    std::uint16_t webrtc_port_min = 8660, webrtc_port_max = 8759;
    std::vector<std::string> webrtc_candidates;  ///< local addresses to offer; empty: all but loopback
    bool transcode = false;  ///< H.265 may be made H.264 for viewers that take nothing else
    unsigned viewers_max = 32;
    /// Executable whose command "decode-pictures" makes JPEGs (see PictureProcess); empty: they are made in this process.
    std::string picture_program;
    std::chrono::milliseconds linger{15000};       ///< camera session kept after the last viewer
    std::chrono::milliseconds stall_timeout{4000}; ///< no media that long: reconnect, so that viewers have a picture again within 5 s
};

/// One stream of a camera: "main" or "sub". A second lens comes with them and is asked for as "2" and "2/sub", unless
/// streams of these names are given (port 554 has paths of their own for it).
struct StreamSpec {
    std::string name = "main";
    stream::MediaEndpoint endpoint;
    std::optional<RtspEndpoint> rtsp{};  ///< the camera's own RTSP server instead of `endpoint`
    bool operator==(const StreamSpec&) const = default;
};

struct CameraSpec {
    std::string id;                    ///< topic id, first path element
    std::vector<std::string> aliases;  ///< slugs that work instead of the id
    std::vector<StreamSpec> streams;
    std::optional<stream::MediaEndpoint> talk{};  ///< where it can be talked to; none: it has no speaker
    std::chrono::seconds view_limit{0};  ///< hard limit of one camera session (battery), 0: none
    std::chrono::seconds day_limit{0};   ///< of all its sessions within 24 hours, 0: none
};

struct StreamStatus {
    std::string name;
    StreamState state = StreamState::idle;
    unsigned viewers = 0;
    unsigned lenses = 0;  ///< of the running or last session; 0: never seen
    StreamFormat format;
    HubStats hub;
    stream::SourceStats source;  ///< of all sessions so far
    TsStats damage;              ///< likewise
    unsigned reconnects = 0;
    std::optional<Error> error;  ///< why the last attempt failed; cleared when live
};

struct WhepSession {
    std::string session;  ///< opaque, unguessable; names the session for whep_close
    std::string answer;   ///< SDP
};

struct Still {
    Buffer jpeg;
    WallTime taken{};  ///< when the picture came from the camera
};

enum class LogLevel { debug, info, warning, error };

/// Called on any of the service's threads; must not block and must not call back.
struct ServiceEvents {
    std::function<void(const std::string& camera, const StreamStatus&)> stream_changed;
    std::function<void(LogLevel, const std::string& camera, const std::string& line)> log;
};

/// Thread-safe. Destroying it ends every viewer and camera session within 2 s.
class Service {
public:
    /// errors: refused when the RTSP address is taken or a GStreamer plugin is missing (the sentence names it and its package).
    static Result<std::unique_ptr<Service>> start(const ServiceOptions& options, ServiceEvents events);
    virtual ~Service() = default;

    /// Takes over what differs. Only RTSP viewers notice, and only when RTSP's address or user changed; ports, candidates
    /// and limits count for whoever comes from now on. errors: refused when the RTSP address is taken (RTSP is off then).
    virtual Result<void> configure(const ServiceOptions& options) = 0;

    /// Adds the camera or replaces it; running sessions go on when endpoint and streams stay the same.
    virtual void set_camera(const CameraSpec& camera) = 0;
    virtual void remove_camera(const std::string& id) = 0;
    /// A reason (privacy, asleep, offline): new viewers get 503 with it, running sessions are closed. None: available.
    virtual void set_unavailable(const std::string& id, std::optional<std::string> reason) = 0;

    /// Answers a WHEP offer; blocks until the camera is live (at most 10 s) and ICE candidates are gathered.
    /// errors: unsupported (no common codec: 406), malformed (offer: 400), refused (busy, privacy, viewer limit: 503),
    ///         those of MediaSource::open.
    virtual Result<WhepSession> whep_open(const std::string& id, const std::string& stream, const std::string& offer) = 0;
    /// False when there is no such session.
    virtual bool whep_close(const std::string& session) = 0;

    /// JPEG not older than `max_age`, from the cached keyframe or by opening the lesser stream; the older cached
    /// picture when the camera cannot be had and `allow_stale`. `width` 0: as the camera sends it.
    virtual Result<Still> still(const std::string& id, std::chrono::milliseconds max_age, unsigned width, bool allow_stale) = 0;

    /// Candidates that come after the answer, as an SDP fragment. errors: refused (no such session), malformed.
    virtual Result<void> whep_trickle(const std::string& session, const std::string& fragment) = 0;
    virtual bool has_stream(const std::string& id, const std::string& stream) const = 0;

    /// The stream as an endless HTTP body, without WebRTC. errors: as whep_open().
    virtual Result<std::unique_ptr<ByteFeed>> live_mp4(const std::string& id, const std::string& stream, bool h265_is_fine) = 0;
    virtual Result<std::unique_ptr<ByteFeed>> live_mjpeg(const std::string& id, const std::string& stream, const MjpegOptions& options) = 0;

    /// A recording of the camera's card as a file; blocks until it is there. errors: those of fetch_recording.
    virtual Result<std::shared_ptr<const RecordingFile>> recording(const std::string& id, const stream::Recording& recording) = 0;
    /// The same as it arrives; blocks until its beginning is there.
    virtual Result<WatchedRecording> watch_recording(const std::string& id, const stream::Recording& recording) = 0;

    /// The gateway is stopping: whoever waits for a recording returns at once with `cancelled`, later ones too.
    virtual void stop_recordings() = 0;

    /// A small JPEG of it, as the camera keeps one. errors: those of fetch_picture.
    virtual Result<std::shared_ptr<const Buffer>> thumbnail(const std::string& id, const stream::Recording& recording) = 0;

    /// Plays a sound file on the camera's speaker; blocks until it was. `content_type`: of the file, see decode_speech().
    /// errors: malformed (the file), unsupported (no speaker), refused (somebody else is talking; privacy), those of
    /// MediaSource::open.
    virtual Result<void> speak(const std::string& id, Bytes file, const std::string& content_type) = 0;

    virtual std::vector<StreamStatus> status(const std::string& id) const = 0;
    /// The port RTSP really listens on; 0 when it is off.
    virtual std::uint16_t rtsp_port() const = 0;
};

}  // namespace tplink::media
