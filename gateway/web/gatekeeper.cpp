#include "gateway/web/gatekeeper.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "gateway/web/api_replies.hpp"
#include "gateway/web/backend.hpp"
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
    if (request.is_read() && request.path == "/healthz") return std::nullopt;
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
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    const auto found = failures_.find(request.peer);
    if (found != failures_.end() && found->second.window_end <= now) failures_.erase(found);
    if (const auto known = failures_.find(request.peer);
        known != failures_.end() && known->second.count >= kFailuresAllowed) {
        auto response =
            error_response({429, "too_many_attempts", "Too many wrong passwords from this address.",
                            "Wait a minute, then try again."});
        const auto left = std::chrono::ceil<std::chrono::seconds>(known->second.window_end - now).count();
        response.headers.emplace_back("Retry-After", std::to_string(left));
        return response;
    }
    const std::string_view authorization = request.header("authorization");
    if (!authorization.empty() && (password_matches(authorization) || token_matches(authorization))) {
        failures_.erase(request.peer);
        return std::nullopt;
    }
    if (!authorization.empty()) { // asking without a password is how every browser begins
        if (failures_.size() >= kAddressesRemembered && !failures_.contains(request.peer))
            failures_.erase(failures_.begin());
        Failures& failures = failures_[request.peer];
        if (failures.count++ == 0) failures.window_end = now + kFailureWindow;
    }
    auto response = error_response(
        {401, "unauthorized",
         authorization.empty() ? "A user name and a password are needed." : "Wrong user name or password.",
         "They are http.username and http.password of the configuration; a generated password is printed at "
         "the first start."});
    response.headers.emplace_back("WWW-Authenticate", R"(Basic realm="tplink2mqtt", charset="UTF-8")");
    return response;
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
    // Digests have one length, so that the comparison tells nothing about the password's.
    const auto given = crypto::sha256(Bytes(*decoded));
    const auto wanted = crypto::sha256(options_.user.username + ":" + options_.user.password.reveal());
    return equal_constant_time(given, wanted);
}

} // namespace tplink::gateway
