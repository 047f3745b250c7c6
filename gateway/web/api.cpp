#include "gateway/web/api.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <ctime>

#include "gateway/web/assets.hpp"
#include "gateway/web/api_replies.hpp"
#include "gateway/web/backend.hpp"
#include "gateway/web/event_bus.hpp"
#include "gateway/web/login_form.hpp"
#include "gateway/web/login_page.hpp"
#include "protocols/base/bytes.hpp"

namespace tplink::gateway {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPath = 512;
constexpr std::size_t kMaxJsonBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxSdpBytes = std::size_t{128} * 1024;
constexpr std::size_t kMaxProperties = 64;
constexpr unsigned kMaxJsonDepth = 16;
constexpr unsigned kMaxPictureWidth = 4096; // pixels
constexpr std::chrono::hours kMaxPictureAge{24 * 366};
/// How soon a reader that left without a word gives its place back.
constexpr std::chrono::milliseconds kPresenceCheck{2000};

// Home Assistant shows the page in a frame of its own origin (ingress), hence 'self'.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' "
    "blob:; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

void secure(HttpResponse& response) {
    const auto set = [&](std::string_view name, std::string_view value) {
        const bool present = std::any_of(response.headers.begin(), response.headers.end(),
                                         [&](const auto& header) { return header.first == name; });
        if (!present) response.headers.emplace_back(name, value);
    };
    set("Content-Security-Policy", kContentSecurityPolicy);
    set("X-Content-Type-Options", "nosniff");
    set("Referrer-Policy", "no-referrer");
    set("Cross-Origin-Resource-Policy", "same-origin");
    set("Cache-Control", "no-store");
}

/// The body as a JSON object; empty: {}.
WebResult<json::object> body_object(const HttpRequest& request) {
    if (request.body.empty()) return json::object{};
    if (request.body.size() > kMaxJsonBytes)
        return tl::unexpected(
            WebError{413, "too_large", "The body is larger than 64 KiB.", "Send less at once."});
    json::error_code fault;
    json::parse_options limits;
    limits.max_depth = kMaxJsonDepth;
    json::value value = json::parse(request.body, fault, {}, limits);
    if (fault || !value.is_object())
        return tl::unexpected(
            bad_request("The body is no JSON object.", R"(Send something like {"privacy":"ON"}.)"));
    return std::move(value.get_object());
}

std::vector<std::string> segments(std::string_view path) {
    std::vector<std::string> parts;
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        parts.emplace_back(path.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

std::string iso_time(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    const auto fraction =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() % 1000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[40];
    const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    const std::string digits = std::to_string(1000 + fraction).substr(1);
    return std::string(text, length) + "." + digits + "Z";
}

HttpResponse asset_reply(const Asset& asset, const HttpRequest& request) {
    HttpResponse response;
    response.content_type = asset.content_type;
    const std::string tag = '"' + std::string(asset.hash) + '"';
    response.headers.emplace_back("ETag", tag);
    response.headers.emplace_back("Vary", "Accept-Encoding");
    response.headers.emplace_back("Cache-Control",
                                  asset.immutable ? "private, max-age=31536000, immutable" : "no-cache");
    if (request.header("if-none-match").find(tag) != std::string_view::npos) {
        response.status = 304;
        return response;
    }
    // The connection renames Accept-Encoding, so that the library does not compress what already is.
    const bool gzip =
        !asset.gzip.empty() && request.header("x-accept-encoding").find("gzip") != std::string_view::npos;
    if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = gzip ? asset.gzip : asset.plain;
    return response;
}

/// Only sound may be large. The form needs no password, so what it takes must be told beforehand and be small.
bool is_too_large(const HttpRequest& request) {
    constexpr std::uint64_t kUsual = std::uint64_t{256} * 1024;
    if ((request.path == "/login" || request.path == "/logout") && !request.header("transfer-encoding").empty()) return true;
    const auto length = number(request.header("content-length"), std::uint64_t(-1)).value_or(0);
    if (request.path == "/login" || request.path == "/logout") return length > kFormMax;
    return length > kUsual && !request.path.ends_with("/talk");
}

} // namespace

Api::Api(ApiOptions options, Gatekeeper& gatekeeper, WebBackend& backend)
    : options_(options), gatekeeper_(gatekeeper), backend_(backend),
      event_readers_(std::make_shared<std::atomic<unsigned>>(0)) {}

std::optional<HttpResponse> Api::admit(const HttpRequest& request) {
    std::optional<HttpResponse> refusal;
    if (request.path.size() > kMaxPath) {
        refusal = error_response(
            {414, "too_long", "The address is too long.", "The longest address is 512 characters."});
    } else if (is_too_large(request)) {
        refusal = broken(413);
    } else if (request.header("content-type").starts_with("multipart/")) {
        refusal = error_response({415, "unsupported_media_type", "Forms are not taken here.",
                                  "Send JSON, or an SDP offer to whep."});
    } else {
        refusal = gatekeeper_.admit(request);
        if (refusal && refusal->status != 403 && takes_form(request)) {
            if (refusal->status == 401) refusal->body.clear(); // who opens the page did nothing wrong yet
            refusal = login_page(std::move(*refusal));
        }
    }
    if (refusal) secure(*refusal);
    return refusal;
}

HttpResponse Api::handle(const HttpRequest& request) {
    HttpResponse response = route(request);
    secure(response);
    auto lasts = response.stream ? gatekeeper_.lease(request) : nullptr;
    if (!lasts) return response;
    // Signing out ends what the session has open.
    response.stream = [stream = std::move(response.stream), lasts = std::move(lasts)](
                          const std::stop_token& stop, const WriteBody& write, const std::function<bool()>& is_open) {
        return stream(stop, write, [&] { return is_open() && lasts(); });
    };
    return response;
}

HttpResponse Api::sign_in(const HttpRequest& request) {
    if (request.is_read()) return gatekeeper_.way_in(request) == "login" ? login_page() : to_page();
    if (request.method != "POST") return wrong_method("GET, POST");
    const auto given = parse_login_form(request.body);
    if (!given)
        return error_response(bad_request("The form holds no password.", "Send username and password as "
                                          "application/x-www-form-urlencoded, or use Basic authentication."));
    SignIn done = gatekeeper_.sign_in(request, *given);
    if (!done.ok) return request.header("accept").find("text/html") != std::string_view::npos ? login_page(std::move(*done.refusal)) : std::move(*done.refusal);
    HttpResponse response = to_page();
    response.headers.emplace_back("Set-Cookie", std::move(done.cookie));
    return response;
}

HttpResponse Api::session(const HttpRequest& request) {
    return reply(json::object{{"by", gatekeeper_.way_in(request)}});
}

HttpResponse Api::broken(int status) {
    WebError error{status, "bad_request", "This is no HTTP request that can be understood.",
                   "Check the program that sent it."};
    if (status == 408) error = {status, "timeout", "The request did not arrive whole in time.", "Try again."};
    if (status == 413)
        error = {status, "too_large", "The body is larger than what is taken here.", "Send less at once."};
    if (status == 414 || status == 431)
        error = {status, "too_large", "Address or headers are longer than 16 KiB.",
                 "Clear this site's cookies, or send fewer headers."};
    if (status == 416)
        error = {status, "bad_range", "The range makes no sense.", "Ask without a Range header."};
    if (status == 500)
        error = {status, "internal", "The gateway hit a bug while answering; it goes on running.",
                 "The log tells more; please report it."};
    HttpResponse response = error_response(error);
    secure(response);
    return response;
}

HttpResponse Api::route(const HttpRequest& request) {
    if (request.method == "OPTIONS") {
        HttpResponse response;
        response.status = 204;
        response.headers.emplace_back("Allow", "GET, HEAD, POST, PATCH, DELETE, OPTIONS");
        response.headers.emplace_back("Accept-Post", "application/sdp, application/json");
        if (is_whep_path(request.path)) allow_other_sites(response);
        return response;
    }
    if (request.path == "/login") return sign_in(request);
    if (request.path == "/logout") {
        if (request.method != "POST") return wrong_method("POST");
        HttpResponse response = reply(json::object{{"status", "ok"}});
        response.headers.emplace_back("Set-Cookie", gatekeeper_.sign_out(request));
        return response;
    }
    for (const Asset& asset : assets()) {
        if (request.path != asset.path) continue;
        return request.is_read() ? asset_reply(asset, request) : wrong_method("GET");
    }
    const auto parts = segments(request.path);
    const bool read = request.is_read();
    if (parts.size() == 1 && parts[0] == "healthz") {
        if (!read) return wrong_method("GET");
        const Health health = backend_.health();
        return reply(health.body, health.ok ? 200 : 503);
    }
    if (parts.size() == 1 && parts[0] == "metrics") {
        return read ? text_reply(backend_.metrics(), "text/plain; version=0.0.4; charset=utf-8")
                    : wrong_method("GET");
    }
    return parts.size() >= 2 && parts[0] == "api" ? route_api(request, parts) : no_such_path();
}

HttpResponse Api::route_api(const HttpRequest& request, const std::vector<std::string>& parts) {
    const bool read = request.is_read(), post = request.method == "POST";
    if (parts[1] == "events" && parts.size() == 2) return read ? events(request) : wrong_method("GET");
    if (parts[1] == "session" && parts.size() == 2) return read ? session(request) : wrong_method("GET");
    if (parts[1] == "discover" && parts.size() == 2) {
        if (!post) return wrong_method("POST");
        return reply_or_error(
            body_object(request).and_then([&](const json::object& body) { return backend_.discover(body); }));
    }
    if (parts[1] == "cloud" && parts.size() == 2) return read ? ask("cloud", request) : wrong_method("GET");
    if (parts[1] == "account" && parts.size() == 3 && parts[2] == "mfa")
        return post ? ask("account/mfa", request) : wrong_method("POST");
    if (parts[1] == "egress" && parts.size() == 2)
        return read ? reply_or_error(backend_.request("egress", {})) : wrong_method("GET");
    if (parts[1] == "probe" && parts.size() == 2) return post ? ask("device/test", request) : wrong_method("POST");
    if (parts[1] == "restart" && parts.size() == 2) return post ? ask("restart", request) : wrong_method("POST");
    if (parts[1] == "settings" && parts.size() == 2) {
        if (request.method == "PATCH") return ask("options", request);
        return read ? reply_or_error(backend_.request("settings", {})) : wrong_method("GET, PATCH");
    }
    if (parts[1] == "tokens" && parts.size() == 2) {
        if (post) return ask("tokens/make", request);
        return read ? reply_or_error(backend_.request("tokens", {})) : wrong_method("GET, POST");
    }
    if (parts[1] == "tokens" && parts.size() == 3)
        return request.method == "DELETE" ? reply_or_error(backend_.request("tokens/revoke", {{"name", parts[2]}}))
                                          : wrong_method("DELETE");
    if (parts[1] == "diagnostics" && parts.size() == 2) return read ? diagnostics() : wrong_method("GET");
    if (parts[1] != "devices") return no_such_path();
    if (parts.size() == 3) return device(request, parts[2]);
    if (parts.size() > 3) return route_device(request, parts[2], {parts.begin() + 3, parts.end()});
    if (read) return reply(backend_.devices());
    if (!post) return wrong_method("GET, POST");
    return reply_or_error(
        body_object(request).and_then([&](const json::object& entry) { return backend_.add_device(entry); }),
        201);
}

HttpResponse Api::ask(const std::string& what, const HttpRequest& request) {
    return reply_or_error(
        body_object(request).and_then([&](const json::object& body) { return backend_.request(what, body); }));
}

HttpResponse Api::diagnostics() {
    HttpResponse response = text_reply(backend_.diagnostics(), "application/zip");
    response.headers.emplace_back("Content-Disposition", "attachment; filename=\"tplink2mqtt-diagnostics.zip\"");
    return response;
}

HttpResponse Api::device(const HttpRequest& request, const std::string& id) {
    if (request.is_read()) {
        const auto found = backend_.device(id);
        return found ? reply(*found) : error_response(not_found("device", id));
    }
    if (request.method == "DELETE") return reply_or_error(backend_.remove_device(id));
    if (request.method != "PATCH") return wrong_method("GET, PATCH, DELETE");
    return reply_or_error(body_object(request).and_then(
        [&](const json::object& changes) { return backend_.change_device(id, changes); }));
}

HttpResponse Api::route_device(const HttpRequest& request, const std::string& id,
                               const std::vector<std::string>& rest) {
    const bool post = request.method == "POST";
    if (rest[0] == "whep" && rest.size() <= 2) return whep(request, id, rest);
    if (rest[0] == "recordings" && rest.size() <= 2) return request.is_read() ? recordings(request, id, rest) : wrong_method("GET");
    if (rest.size() != 1) return no_such_path();
    if (rest[0] == "exchanges")
        return request.is_read() ? reply_or_error(backend_.request("device/exchanges", {{"id", id}})) : wrong_method("GET");
    if (rest[0] == "set") return post ? set(request, id) : wrong_method("POST");
    if (rest[0] == "snapshot.jpg") return request.is_read() ? snapshot(request, id) : wrong_method("GET");
    if (rest[0] == "live.mp4") return request.is_read() ? live(request, id, false) : wrong_method("GET");
    if (rest[0] == "live.mjpeg") return request.is_read() ? live(request, id, true) : wrong_method("GET");
    if (rest[0] == "talk") return post ? talk(request, id) : wrong_method("POST");
    return no_such_path();
}

HttpResponse Api::set(const HttpRequest& request, const std::string& id) {
    const auto values = body_object(request);
    if (!values) return error_response(values.error());
    if (values->empty() || values->size() > kMaxProperties) {
        return error_response(bad_request("The body names no property, or more than 64.",
                                          R"(Send something like {"privacy":"ON"}.)"));
    }
    return reply_or_error(backend_.set(id, *values));
}

HttpResponse Api::snapshot(const HttpRequest& request, const std::string& id) {
    PictureRequest wanted;
    const std::string_view age = request.parameter("max_age_s"), width = request.parameter("width");
    if (!age.empty()) {
        const auto seconds = number(age, std::chrono::seconds(kMaxPictureAge).count());
        if (!seconds)
            return error_response(bad_request("max_age_s is no number of seconds.",
                                              "Send a whole number, 0 for a new picture."));
        wanted.max_age = std::chrono::seconds(*seconds);
    }
    if (!width.empty()) {
        const auto pixels = number(width, kMaxPictureWidth);
        if (!pixels)
            return error_response(bad_request("width is no number of pixels from 0 to 4096.",
                                              "Leave it out for the camera's own size."));
        wanted.width = static_cast<unsigned>(*pixels);
    }
    auto picture = backend_.snapshot(id, wanted);
    if (!picture) return error_response(picture.error());
    HttpResponse response = text_reply(std::move(picture->jpeg), "image/jpeg");
    response.headers.emplace_back("X-Picture-Time", iso_time(picture->taken));
    return response;
}

HttpResponse Api::events(const HttpRequest& request) {
    if (request.method == "HEAD") return text_reply("", "text/event-stream");
    // The place is taken now and given back when the last copy of the stream is gone, whether it ever ran or
    // not.
    if (event_readers_->fetch_add(1) >= options_.event_readers_max) {
        event_readers_->fetch_sub(1);
        auto full = error_response(
            {503, "too_many_readers", "Too many pages watch this gateway at once.", "Close some of them."});
        full.headers.emplace_back("Retry-After", "5");
        return full;
    }
    const std::shared_ptr<void> place(nullptr, [readers = event_readers_](void*) { readers->fetch_sub(1); });
    const auto history = number(request.parameter("log"), EventBus::kLogLinesKept).value_or(0);
    HttpResponse response = text_reply("", "text/event-stream");
    response.headers.emplace_back("Cache-Control", "no-store, no-transform");
    response.headers.emplace_back("X-Accel-Buffering", "no");
    // Subscribed before the answer begins: what happens from now on is not missed.
    response.stream = [place, subscription = backend_.events().subscribe(history),
                       heartbeat = options_.heartbeat](const std::stop_token& stop, const WriteBody& write,
                                                       const std::function<bool()>& is_open) {
        using std::chrono::steady_clock;
        if (!write(": hello\nretry: 1000\n\n")) return true;
        auto said = steady_clock::now();
        while (is_open()) {
            const auto next = subscription->next(stop, std::min(kPresenceCheck, heartbeat));
            if (next.outcome == EventBus::Subscription::Outcome::ended) return true;
            const bool event = next.outcome == EventBus::Subscription::Outcome::event;
            if (!event && steady_clock::now() - said < heartbeat) continue;
            if (!write(event ? std::string_view(*next.frame) : std::string_view(": still here\n\n"))) return true;
            said = steady_clock::now();
        }
        return true;
    };
    return response;
}

} // namespace tplink::gateway
