// The routes of live pictures and sound: WHEP, fragmented MP4, motion JPEG, speech.

#include <algorithm>

#include "gateway/web/api.hpp"
#include "gateway/web/api_replies.hpp"
#include "gateway/web/backend.hpp"
#include "protocols/base/bytes.hpp"

namespace tplink::gateway {

namespace {

constexpr std::size_t kMaxSdpBytes = std::size_t{128} * 1024;
constexpr std::size_t kMaxFragmentBytes = std::size_t{16} * 1024;
constexpr std::uint64_t kMaxWidth = 4096, kMaxFps = 30;
constexpr std::chrono::milliseconds kLook{250};
/// A camera that reboots is waited for, a reader that stays is not held for ever without a picture.
constexpr std::chrono::seconds kLongestPause{60};

HttpResponse refused(const WebError& error) {
    auto response = error_response(error);
    if (error.status == 503) response.headers.emplace_back("Retry-After", "5");
    return response;
}

bool is_month(std::string_view text) {
    if (text.size() != 7 || text[4] != '-') return false;
    return number(text.substr(0, 4), 2100).value_or(0) >= 1970 && number(text.substr(5), 12).value_or(0) > 0;
}

bool is_date(std::string_view text) {
    return text.size() == 10 && is_month(text.substr(0, 7)) && text[7] == '-' && number(text.substr(8), 31).value_or(0) > 0;
}

bool is_type(const HttpRequest& request, std::string_view type) {
    const std::string_view given = request.header("content-type");
    return ascii_lower(given.substr(0, given.find(';'))) == type;
}

} // namespace

/// source: RFC 9725
HttpResponse Api::whep(const HttpRequest& request, const std::string& id, const std::vector<std::string>& rest) {
    HttpResponse response = rest.size() == 2             ? whep_session(request, rest[1])
                            : request.method == "POST" ? whep_open(request, id)
                                                       : wrong_method("POST, OPTIONS");
    allow_other_sites(response);
    return response;
}

HttpResponse Api::whep_open(const HttpRequest& request, const std::string& id) {
    if (!is_type(request, "application/sdp")) {
        auto response = error_response({415, "unsupported_media_type", "WHEP takes an SDP offer.",
                                        "Send it as Content-Type: application/sdp."});
        response.headers.emplace_back("Accept-Post", "application/sdp");
        return response;
    }
    if (request.body.size() > kMaxSdpBytes) return broken(413);
    if (!request.body.starts_with("v=0"))
        return error_response({422, "malformed", "The body is no SDP offer.", "It starts with v=0."});
    const std::string_view stream = request.parameter("stream");
    auto opened = backend_.whep_open(id, std::string(stream.empty() ? "main" : stream), request.body);
    if (!opened) return refused(opened.error());
    HttpResponse response = text_reply(std::move(opened->sdp), "application/sdp");
    response.status = 201;
    response.headers.emplace_back("Location", link_prefix(request) + "/api/devices/" + url_encode(id) +
                                                  "/whep/" + opened->session);
    response.headers.emplace_back("ETag", '"' + opened->session + '"');
    response.headers.emplace_back("Accept-Patch", "application/trickle-ice-sdpfrag");
    return response;
}

HttpResponse Api::whep_session(const HttpRequest& request, const std::string& session) {
    if (request.method == "DELETE") {
        if (!backend_.whep_close(session)) return error_response(not_found("session", session));
        return reply(boost::json::object{{"status", "ok"}});
    }
    if (request.method != "PATCH") return wrong_method("PATCH, DELETE, OPTIONS");
    if (!is_type(request, "application/trickle-ice-sdpfrag")) {
        auto response = error_response({415, "unsupported_media_type", "A session takes an SDP fragment with candidates.",
                                        "Send it as Content-Type: application/trickle-ice-sdpfrag."});
        response.headers.emplace_back("Accept-Patch", "application/trickle-ice-sdpfrag");
        return response;
    }
    if (request.body.size() > kMaxFragmentBytes) return broken(413);
    const std::string_view match = request.header("if-match");
    if (!match.empty() && match != "*" && match != '"' + session + '"')
        return error_response({412, "precondition_failed", "The session's ICE has another ETag.",
                               "Take the ETag of the answer; an ICE restart needs a new session."});
    if (const auto taken = backend_.whep_trickle(session, request.body); !taken) return error_response(taken.error());
    HttpResponse response;
    response.status = 204;
    return response;
}

HttpResponse Api::live(const HttpRequest& request, const std::string& id, bool mjpeg) {
    LiveRequest wish;
    wish.mjpeg = mjpeg;
    wish.stream = request.parameter("stream");
    wish.h265 = request.parameter("codec") == "h265";
    if (const auto text = request.parameter("width"); !text.empty()) {
        const auto width = number(text, kMaxWidth);
        if (!width) return error_response(bad_request("width is no number of pixels from 0 to 4096.", "Leave it out for 640."));
        wish.width = static_cast<unsigned>(*width);
    }
    if (const auto text = request.parameter("fps"); !text.empty()) {
        const auto fps = number(text, kMaxFps);
        if (!fps || *fps == 0) return error_response(bad_request("fps is no number from 1 to 30.", "Leave it out for 5."));
        wish.fps = static_cast<unsigned>(*fps);
    }
    if (request.method == "HEAD") return text_reply("", mjpeg ? "multipart/x-mixed-replace; boundary=picture" : "video/mp4");
    auto opened = backend_.live(id, wish);
    if (!opened) return refused(opened.error());
    HttpResponse response = text_reply("", opened->content_type);
    response.headers.emplace_back("Cache-Control", "no-store, no-transform");
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.stream = [next = std::move(opened->next)](const std::stop_token& stop, const WriteBody& write,
                                                       const std::function<bool()>& is_open) {
        auto last = std::chrono::steady_clock::now();
        while (!stop.stop_requested() && is_open()) {
            const auto piece = next(kLook);
            const auto now = std::chrono::steady_clock::now();
            if (!piece && (piece.error().code != Errc::timeout || now - last > kLongestPause)) return true;
            if (!piece) continue;
            last = now;
            if (!write(*piece)) return true;
        }
        return true;
    };
    return response;
}

namespace {

/// A recording while it is fetched: no size, no pieces of it; cut off when the camera fails.
HttpResponse arriving(LiveBody body) {
    HttpResponse response = text_reply("", body.content_type);
    response.headers.emplace_back("Cache-Control", "no-store, no-transform");
    response.headers.emplace_back("Accept-Ranges", "none");
    response.headers.emplace_back("X-Accel-Buffering", "no");
    response.stream = [next = std::move(body.next)](const std::stop_token& stop, const WriteBody& write, const std::function<bool()>& is_open) {
        while (!stop.stop_requested() && is_open()) {
            const auto piece = next(kLook);
            if (!piece && piece.error().code == Errc::timeout) continue;
            if (!piece) return false;
            if (piece->empty()) return true;
            if (!write(*piece)) return false;
        }
        return false;
    };
    return response;
}

} // namespace

HttpResponse Api::recordings(const HttpRequest& request, const std::string& id, const std::vector<std::string>& rest) {
    if (rest.size() == 1) {
        if (const std::string_view month = request.parameter("month"); !month.empty()) {
            if (!is_month(month)) return error_response(bad_request("month is no month like 2026-09.", "Send ?month=YYYY-MM."));
            const auto days = backend_.recording_days(id, std::string(month));
            return days ? reply(boost::json::object{{"days", *days}}) : refused(days.error());
        }
        const std::string_view date = request.parameter("date");
        if (!is_date(date)) return error_response(bad_request("date is no day like 2026-09-18.", "Send ?date=YYYY-MM-DD, or ?month=YYYY-MM for the days that have recordings."));
        const auto list = backend_.recordings(id, std::string(date));
        return list ? reply(boost::json::object{{"recordings", *list}}) : refused(list.error());
    }
    if (rest[1].ends_with(".jpg")) {
        auto jpeg = backend_.thumbnail(id, rest[1].substr(0, rest[1].size() - 4));
        if (!jpeg) return refused(jpeg.error());
        HttpResponse picture = text_reply(std::move(*jpeg), "image/jpeg");
        picture.headers.emplace_back("Cache-Control", "private, max-age=86400");
        return picture;
    }
    if (!rest[1].ends_with(".mp4")) return no_such_path();
    const bool early = request.parameter("progressive") == "1" && request.method == "GET";
    auto file = backend_.recording(id, rest[1].substr(0, rest[1].size() - 4), early);
    if (!file) return refused(file.error());
    if (file->arriving) return arriving(std::move(*file->arriving));
    // The connection renames Range, so that the library does not cut what is cut already.
    const auto range = parse_range(request.header("x-range"), file->size);
    if (range && range->bad) {
        auto response = broken(416);
        response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(file->size));
        return response;
    }
    HttpResponse response = text_reply("", "video/mp4");
    response.headers.emplace_back("Accept-Ranges", "bytes");
    response.headers.emplace_back("Cache-Control", "private, max-age=3600");
    const std::size_t first = range ? range->first : 0, size = range ? range->last - range->first + 1 : file->size;
    if (range) {
        response.status = 206;
        response.headers.emplace_back("Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(range->last) + "/" + std::to_string(file->size));
    }
    response.file = HttpResponse::File{file->path, first, size, file->owner};
    return response;
}

HttpResponse Api::talk(const HttpRequest& request, const std::string& id) {
    const std::string type = ascii_lower(request.header("content-type"));
    if (!type.starts_with("audio/"))
        return error_response({415, "unsupported_media_type", "A camera can only be given sound.",
                               "Send a WAV file as Content-Type: audio/wav, or bare G.711 as audio/PCMA."});
    if (request.body.empty()) return error_response({422, "malformed", "The body is empty.", "Send a WAV file."});
    const auto spoken = backend_.talk(id, request.body, type);
    return spoken ? reply(boost::json::object{{"status", "ok"}}) : refused(spoken.error());
}

} // namespace tplink::gateway
