#include "gateway/web/backend.hpp"

namespace tplink::gateway {

namespace {

int http_status(Errc code) {
    switch (code) {
    case Errc::unreachable:
    case Errc::refused:
    case Errc::cloud_disabled:
    case Errc::cancelled: return 503;
    case Errc::timeout: return 504;
    case Errc::auth_failed:
    case Errc::certificate_changed:
    case Errc::locked_out:
    case Errc::session_expired: return 502;
    case Errc::unsupported: return 406;
    case Errc::malformed: return 422;
    }
    return 500;
}

} // namespace

WebError to_web_error(const Error& error, std::string hint) {
    return {http_status(error.code), std::string(to_string(error.code)), error.what, std::move(hint)};
}

namespace {

tl::unexpected<WebError> without_video() {
    return tl::unexpected(WebError{503, "unsupported", "This gateway was built without video.", "Install the full version."});
}

} // namespace

WebResult<void> WebBackend::whep_trickle(const std::string&, const std::string&) { return without_video(); }
WebResult<boost::json::array> WebBackend::recordings(const std::string&, const std::string&) { return without_video(); }
WebResult<std::string> WebBackend::thumbnail(const std::string&, const std::string&) { return without_video(); }
WebResult<boost::json::array> WebBackend::recording_days(const std::string&, const std::string&) { return without_video(); }
WebResult<RecordingFileInfo> WebBackend::recording(const std::string&, const std::string&, bool) { return without_video(); }
WebResult<LiveBody> WebBackend::live(const std::string&, const LiveRequest&) { return without_video(); }
WebResult<void> WebBackend::talk(const std::string&, const std::string&, const std::string&) { return without_video(); }

WebError not_found(std::string_view what, std::string_view name) {
    // The name comes from the address bar: enough of it to recognise, not a page of it.
    return {404, "not_found",
            "There is no " + std::string(what) + " '" + std::string(name.substr(0, 64)) + "'.",
            "GET /api/devices lists what there is."};
}

WebError conflict(std::string message, std::string hint) { return {409, "conflict", std::move(message), std::move(hint)}; }

WebError bad_request(std::string message, std::string hint) {
    return {400, "bad_request", std::move(message), std::move(hint)};
}

} // namespace tplink::gateway
