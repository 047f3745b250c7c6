#pragma once
// What the HTTP side needs from the gateway: answers as JSON, pictures, WHEP sessions. The gateway implements
// it.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/result.hpp"

namespace tplink::gateway {

class EventBus;

/// An answer that is not 2xx: {"error":{code,message,hint}}.
struct WebError {
    int status = 500;    ///< HTTP
    std::string code;    ///< stable, lower case: "not_found", "auth_failed"
    std::string message; ///< one sentence: what happened
    std::string hint;    ///< one sentence: what to do next; may be empty
};
template <class T> using WebResult = tl::expected<T, WebError>;

/// The HTTP status that tells a caller what an error of the gateway means: unreachable and refused 503,
/// timeout 504, auth_failed and locked_out 502, unsupported 406, malformed 422, session_expired 502,
/// cancelled 503.
WebError to_web_error(const Error& error, std::string hint = {});
/// 404: "There is no <what> '<name>'."
WebError not_found(std::string_view what, std::string_view name);
/// 409: it cannot be done as things stand.
WebError conflict(std::string message, std::string hint);
/// 400 with the sentence.
WebError bad_request(std::string message, std::string hint = {});

struct Picture {
    std::string jpeg;
    std::chrono::system_clock::time_point taken{}; ///< when it came from the camera
};

struct PictureRequest {
    std::optional<std::chrono::milliseconds> max_age; ///< none: the gateway's own idea
    unsigned width = 0;                               ///< pixels, 0: as the camera sends it
};

struct WhepAnswer {
    std::string session; ///< opaque, safe in a path
    std::string sdp;
};

struct LiveRequest {
    bool mjpeg = false; ///< else fragmented MP4
    std::string stream; ///< empty: what suits
    bool h265 = false;  ///< MP4: the viewer takes H.265
    unsigned width = 640, fps = 5;
};

/// An endless body. next: the next piece; a timeout is no end, any other error is.
struct LiveBody {
    std::string content_type;
    std::function<Result<std::string>(std::chrono::milliseconds timeout)> next;
};

/// One recording of a camera's card: {"id","start","end","duration_s","type"}; and its file.
struct RecordingFileInfo {
    std::string path;
    std::size_t size = 0;
    std::shared_ptr<const void> owner; ///< keeps the file
    std::optional<LiveBody> arriving{}; ///< instead of a file: `next` gives an empty piece at the end
};

struct Health {
    bool ok = false;
    /// {"ok", "version", "uptime_s", "parts":[{"name":"MQTT","ok":true,"message":"connected to
    /// core-mosquitto"}]}; what is wrong stands in its part's message. No secret and no identity of a device:
    /// /healthz needs no password.
    boost::json::object body;
};

/// Called on the server's threads, several at once: thread-safe. Blocks until the answer is known, at most
/// about 10 s.
class WebBackend {
public:
    virtual ~WebBackend() = default;

    /// All devices, in the form of GET /api/devices (see DEVICE.md beside this file).
    virtual boost::json::array devices() = 0;
    /// One of them; none: unknown id.
    virtual std::optional<boost::json::object> device(const std::string& id) = 0;
    /// One `result` object per property, in the order of `values`. errors: not_found.
    virtual WebResult<boost::json::array> set(const std::string& id, const boost::json::object& values) = 0;

    virtual WebResult<Picture> snapshot(const std::string& id, const PictureRequest& request) = 0;
    /// `stream`: "main", "sub", ... errors: 404 device or stream, 406 no common codec, 422 bad offer, 503
    /// with the reason.
    virtual WebResult<WhepAnswer> whep_open(const std::string& id, const std::string& stream,
                                            const std::string& offer) = 0;
    /// False: no such session.
    virtual bool whep_close(const std::string& session) = 0;

    /// An SDP fragment with candidates. errors: 404 no such session, 422.
    virtual WebResult<void> whep_trickle(const std::string& session, const std::string& fragment);
    /// errors: as whep_open.
    virtual WebResult<LiveBody> live(const std::string& id, const LiveRequest& request);
    /// Plays the sound on the camera; returns when it was. errors: 404, 422 (the sound), 503 with the reason.
    virtual WebResult<void> talk(const std::string& id, const std::string& sound, const std::string& content_type);

    /// date: "2026-09-18" in the gateway's time. errors: 404, 503 with the reason.
    virtual WebResult<boost::json::array> recordings(const std::string& id, const std::string& date);
    /// month: "2026-09". Its days that have recordings: "2026-09-18", in order. errors: 404, 503 with the reason.
    virtual WebResult<boost::json::array> recording_days(const std::string& id, const std::string& month);
    /// Blocks until it is fetched; early: until it begins to arrive. errors: 404 (no such recording), 503.
    virtual WebResult<RecordingFileInfo> recording(const std::string& id, const std::string& rid, bool early);
    /// A small JPEG of it. errors: 404 (no such recording, or the camera keeps no pictures of them), 503.
    virtual WebResult<std::string> thumbnail(const std::string& id, const std::string& rid);

    virtual Health health() = 0;
    virtual std::string metrics() = 0; ///< Prometheus text format

    /// Body as sent, {} when empty. Answers
    /// {"devices":[{"host","mac","model","family","name","transport","known":bool}]}.
    virtual WebResult<boost::json::object> discover(const boost::json::object& body) = 0;
    virtual WebResult<boost::json::object>
    add_device(const boost::json::object& entry) = 0; ///< a devices[] entry
    virtual WebResult<boost::json::object> change_device(const std::string& id,
                                                         const boost::json::object& changes) = 0;
    virtual WebResult<boost::json::object> remove_device(const std::string& id) = 0;

    /// What bridge/request/<what> answers on MQTT. errors: 400 bad body, 404, those of to_web_error.
    virtual WebResult<boost::json::value> request(const std::string& what, const boost::json::object& body) = 0;
    /// The bundle for bug reports: a zip.
    virtual std::string diagnostics() = 0;

    /// The server is going: calls under way shall return soon, with whatever error; it waits for them.
    virtual void stopping() {}

    /// Where the gateway publishes what GET /api/events streams; outlives the server.
    virtual EventBus& events() = 0;
};

} // namespace tplink::gateway
