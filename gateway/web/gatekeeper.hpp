#pragma once
// Who may come in: password, ingress, and no request that another web site made the browser send.

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "gateway/web/http_server.hpp"
#include "gateway/web/sessions.hpp"
#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::gateway {

/// {"error":{code,message,hint}} with the status.
struct WebError;
HttpResponse error_response(const WebError& error);

struct GatekeeperOptions {
    Credentials user;         ///< empty password: open
    std::string ingress_peer; ///< requests from this address need no password; empty: none
    std::function<bool(std::string_view token)> admits_token{}; ///< for "Authorization: Bearer"; null: none
    std::string cookie = "tplink2mqtt"; ///< name of the session's cookie: cookies are shared by all ports of a host
    bool https = false;                 ///< the cookie never travels without TLS
};

/// How the form's answer ends: with a session and its cookie, or refused.
struct SignIn {
    bool ok = false;
    std::string cookie;                ///< value of Set-Cookie
    std::optional<HttpResponse> refusal; ///< 401, 429
};

/// Thread-safe.
class Gatekeeper {
public:
    static constexpr unsigned kFailuresAllowed = 10;          ///< wrong passwords of one address ...
    static constexpr std::chrono::seconds kFailureWindow{60}; ///< ... in this time; then 429 to its end
    static constexpr std::size_t kAddressesRemembered = 1024;

    Gatekeeper(GatekeeperOptions options, const Clock& clock, RandomBytes& random = system_random())
        : options_(std::move(options)), clock_(clock), sessions_(clock, random) {}

    /// An answer refuses the request: 401, 429, 403.
    std::optional<HttpResponse> admit(const HttpRequest& request);

    /// What lets an admitted request in: "open", "ingress", "session" or "login" (password or token).
    std::string_view way_in(const HttpRequest& request);
    /// The form: its guesses count like all others.
    SignIn sign_in(const HttpRequest& request, const Credentials& given);
    /// Ends the request's session; the value of Set-Cookie that forgets it.
    std::string sign_out(const HttpRequest& request);
    /// False once the session that admitted the request is over; null: no session did.
    std::function<bool()> lease(const HttpRequest& request);

private:
    struct Failures {
        unsigned count = 0;
        SteadyTime window_end{};
    };
    std::optional<HttpResponse> check_password(const HttpRequest& request);
    std::optional<HttpResponse> too_many_failures(const HttpRequest& request); // with the mutex held
    void count_failure(const HttpRequest& request);                            // with the mutex held
    HttpResponse unauthorized(const HttpRequest& request, std::string message) const;
    std::optional<std::string> session_of(const HttpRequest& request);
    std::string cookie_with(const HttpRequest& request, const std::string& value) const;
    bool is_user(const Credentials& given) const;
    bool password_matches(std::string_view authorization) const;
    bool token_matches(std::string_view authorization) const;
    std::optional<HttpResponse> check_origin(const HttpRequest& request) const;

    const GatekeeperOptions options_;
    const Clock& clock_;
    Sessions sessions_;
    std::mutex mutex_;
    std::map<std::string, Failures> failures_;
};

} // namespace tplink::gateway
