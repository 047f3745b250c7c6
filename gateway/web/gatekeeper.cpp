#include "gateway/web/gatekeeper.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "gateway/web/api_replies.hpp"
#include "gateway/web/assets.hpp"
#include "gateway/web/backend.hpp"
#include "gateway/web/login_form.hpp"
#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"

namespace tplink::gateway {

namespace {

/// "example.org:8745" -> "example.org"; "[::1]:80" -> "::1".
std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
}

/// A name that no foreign web site can point at this machine.
bool is_local_name(std::string_view host) {
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    if (host.find(':') != std::string_view::npos) return true; // IPv6 literal
    return !host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// "http://example.org:8745" -> "example.org:8745".
std::string_view authority_of(std::string_view origin) {
    const auto slashes = origin.find("://");
    return slashes == std::string_view::npos ? std::string_view{} : origin.substr(slashes + 3);
}

/// Left in the browser by the form when a session ends: it must not fall back to the browser's own dialog, from which
/// nobody can sign out.
constexpr std::string_view kSignedOut = "out";

/// A browser does not replace a Secure cookie by one without, nor sends it in the clear: each way has a name of its own.
constexpr std::string_view kSecureName = "_tls";

std::vector<std::string_view> session_values(const HttpRequest& request, const std::string& name) {
    auto values = cookie_values(request.header("cookie"), name + std::string(kSecureName));
    const auto plain = cookie_values(request.header("cookie"), name);
    values.insert(values.end(), plain.begin(), plain.end());
    return values;
}

/// The form and what it is made of.
bool is_open_path(const HttpRequest& request) {
    if (request.path == "/login") return true;
    if (request.path == "/logout") return request.method == "POST";
    return request.is_read() && std::any_of(assets().begin(), assets().end(), [&](const Asset& asset) { return asset.is_open && asset.path == request.path; });
}

} // namespace

HttpResponse error_response(const WebError& error) {
    HttpResponse response;
    response.status = error.status;
    response.body = boost::json::serialize(boost::json::object{
        {"error", {{"code", error.code}, {"message", error.message}, {"hint", error.hint}}}});
    return response;
}

std::optional<HttpResponse> Gatekeeper::admit(const HttpRequest& request) {
    // A preflight carries no password and gets nothing but the list of what may be asked.
    if (request.method == "OPTIONS" && is_whep_path(request.path)) return std::nullopt;
    // Through ingress the origin is Home Assistant's, whatever it calls itself, and its session cookie does not come from
    // other sites.
    if (!options_.ingress_peer.empty() && request.peer == options_.ingress_peer) return std::nullopt;
    const bool own_password = is_whep_path(request.path) && !request.header("authorization").empty() && !options_.user.password.empty();
    if (!request.is_read() && !own_password) {
        if (auto refusal = check_origin(request)) return refusal;
    }
    if ((request.is_read() && request.path == "/healthz") || is_open_path(request)) return std::nullopt;
    if (options_.user.password.empty()) {
        // Without a password only the host name tells our user from a web site that rebinds its name to
        // 127.0.0.1.
        if (is_local_name(host_of(request.header("host")))) return std::nullopt;
        return error_response(
            {403, "forbidden",
             "This gateway has no password, so it answers only under its address, not under a name.",
             "Open it as http://127.0.0.1 with its port, or set http.password."});
    }
    return check_password(request);
}

std::optional<HttpResponse> Gatekeeper::check_origin(const HttpRequest& request) const {
    const std::string_view site = request.header("sec-fetch-site");
    const std::string_view origin = request.header("origin");
    bool foreign = site == "cross-site" || site == "same-site";
    if (site.empty() && !origin.empty()) {
        // Behind a proxy Host may be the proxy's idea of us; then X-Forwarded-Host holds what the browser
        // asked for. A web site cannot set either of them.
        const std::string_view authority = authority_of(origin);
        foreign = authority.empty() ||
                  (authority != request.header("host") && authority != request.header("x-forwarded-host"));
    }
    if (!foreign) return std::nullopt;
    return error_response({403, "foreign_origin",
                           "Another web site asked your browser to do this, so it was not done.",
                           "Use the gateway's own page, or a program that sends no Origin header."});
}

std::optional<HttpResponse> Gatekeeper::check_password(const HttpRequest& request) {
    const std::string_view authorization = request.header("authorization");
    if (session_of(request)) {
        // The browser sends the cookie by itself: that it was our page that asked must be told, not only not denied.
        const bool told = !request.header("sec-fetch-site").empty() || !request.header("origin").empty();
        if (request.is_read() || told) return std::nullopt;
        return error_response({403, "foreign_origin", "A session can only change things from the gateway's own page.",
                               "Programs use the password or an access token."});
    }
    const std::lock_guard lock(mutex_);
    if (auto refusal = too_many_failures(request)) return refusal;
    if (!authorization.empty() && (password_matches(authorization) || token_matches(authorization))) {
        failures_.erase(request.peer);
        return std::nullopt;
    }
    if (!authorization.empty()) count_failure(request); // asking without a password is how every browser begins
    return unauthorized(request, authorization.empty() ? "A user name and a password are needed." : "Wrong user name or password.");
}

std::optional<HttpResponse> Gatekeeper::too_many_failures(const HttpRequest& request) {
    const auto now = clock_.now();
    const auto known = failures_.find(request.peer);
    if (known == failures_.end()) return std::nullopt;
    if (known->second.window_end <= now) {
        failures_.erase(known);
        return std::nullopt;
    }
    if (known->second.count < kFailuresAllowed) return std::nullopt;
    auto response = error_response({429, "too_many_attempts", "Too many wrong passwords from this address.",
                                    "Wait a minute, then try again."});
    const auto left = std::chrono::ceil<std::chrono::seconds>(known->second.window_end - now).count();
    response.headers.emplace_back("Retry-After", std::to_string(left));
    return response;
}

void Gatekeeper::count_failure(const HttpRequest& request) {
    if (failures_.size() >= kAddressesRemembered && !failures_.contains(request.peer)) failures_.erase(failures_.begin());
    Failures& failures = failures_[request.peer];
    if (failures.count++ == 0) failures.window_end = clock_.now() + kFailureWindow;
}

HttpResponse Gatekeeper::unauthorized(const HttpRequest& request, std::string message) const {
    auto response = error_response(
        {401, "unauthorized", std::move(message),
         "They are http.username and http.password of the configuration; a generated password is printed at "
         "the first start."});
    // A browser that gets the form, or had a session, must not open its own dialog; "Bearer" opens none.
    const bool by_form = request.header("authorization").empty() &&
                         (request.path == "/login" || takes_form(request) || !session_values(request, options_.cookie).empty());
    response.headers.emplace_back("WWW-Authenticate", by_form ? R"(Bearer realm="tplink2mqtt")"
                                                              : R"(Basic realm="tplink2mqtt", charset="UTF-8")");
    return response;
}

std::optional<std::string> Gatekeeper::session_of(const HttpRequest& request) {
    if (!request.header("authorization").empty()) return std::nullopt;
    for (const std::string_view token : session_values(request, options_.cookie))
        if (sessions_.admits(token)) return std::string(token);
    return std::nullopt;
}

std::string_view Gatekeeper::way_in(const HttpRequest& request) {
    if (!options_.ingress_peer.empty() && request.peer == options_.ingress_peer) return "ingress";
    if (options_.user.password.empty()) return "open";
    return session_of(request) ? "session" : "login";
}

SignIn Gatekeeper::sign_in(const HttpRequest& request, const Credentials& given) {
    const std::lock_guard lock(mutex_);
    if (auto refusal = too_many_failures(request)) return {false, "", std::move(refusal)};
    if (options_.user.password.empty() || !is_user(given)) {
        count_failure(request);
        return {false, "", unauthorized(request, "Wrong user name or password.")};
    }
    failures_.erase(request.peer);
    const auto age = std::chrono::seconds(Sessions::kLongest).count();
    return {true, cookie_with(request, sessions_.open()) + "; Max-Age=" + std::to_string(age), std::nullopt};
}

std::string Gatekeeper::sign_out(const HttpRequest& request) {
    for (const std::string_view token : session_values(request, options_.cookie)) sessions_.close(token);
    return cookie_with(request, std::string(kSignedOut));
}

std::function<bool()> Gatekeeper::lease(const HttpRequest& request) {
    auto token = session_of(request);
    if (!token) return {};
    return [this, token = Secret(std::move(*token))] { return sessions_.lasts(token.reveal()); };
}

/// No Path: the browser takes the folder of /login or /logout as it sees it, which is the prefix of any proxy.
/// source: RFC 6265 5.1.4
std::string Gatekeeper::cookie_with(const HttpRequest& request, const std::string& value) const {
    const bool https = options_.https || request.header("x-forwarded-proto") == "https";
    // Lax: who follows a link from Home Assistant stays signed in; what changes something has to name its origin anyway.
    return options_.cookie + std::string(https ? kSecureName : "") + "=" + value + "; HttpOnly; SameSite=Lax" + (https ? "; Secure" : "");
}

bool Gatekeeper::token_matches(std::string_view authorization) const {
    constexpr std::string_view kScheme = "bearer ";
    return options_.admits_token && ascii_lower(authorization.substr(0, kScheme.size())) == kScheme &&
           options_.admits_token(authorization.substr(kScheme.size()));
}

bool Gatekeeper::password_matches(std::string_view authorization) const {
    constexpr std::string_view kScheme = "basic ";
    if (ascii_lower(authorization.substr(0, kScheme.size())) != kScheme) return false;
    const auto decoded = base64_decode(authorization.substr(kScheme.size()));
    if (!decoded) return false;
    const std::string_view text = as_text(*decoded);
    const auto colon = text.find(':');
    return colon != text.npos && is_user({std::string(text.substr(0, colon)), Secret(std::string(text.substr(colon + 1)))});
}

bool Gatekeeper::is_user(const Credentials& given) const {
    // Digests have one length, so that the comparison tells nothing about the password's.
    const auto offered = crypto::sha256(given.username + ":" + given.password.reveal());
    const auto wanted = crypto::sha256(options_.user.username + ":" + options_.user.password.reveal());
    return equal_constant_time(offered, wanted);
}

} // namespace tplink::gateway
