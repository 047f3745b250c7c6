#pragma once
// Who may come in: password, ingress, and no request that another web site made the browser send.

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "gateway/web/http_server.hpp"
#include "protocols/base/clock.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::gateway {

/// {"error":{code,message,hint}} with the status.
struct WebError;
HttpResponse error_response(const WebError& error);

struct GatekeeperOptions {
    Credentials user;         ///< empty password: open
    std::string ingress_peer; ///< requests from this address need no password; empty: none
    std::function<bool(std::string_view token)> admits_token{}; ///< for "Authorization: Bearer"; null: none
};

/// Thread-safe.
class Gatekeeper {
public:
    static constexpr unsigned kFailuresAllowed = 10;          ///< wrong passwords of one address ...
    static constexpr std::chrono::seconds kFailureWindow{60}; ///< ... in this time; then 429 to its end
    static constexpr std::size_t kAddressesRemembered = 1024;

    Gatekeeper(GatekeeperOptions options, const Clock& clock) : options_(std::move(options)), clock_(clock) {}

    /// An answer refuses the request: 401, 429, 403.
    std::optional<HttpResponse> admit(const HttpRequest& request);

private:
    struct Failures {
        unsigned count = 0;
        SteadyTime window_end{};
    };
    std::optional<HttpResponse> check_password(const HttpRequest& request);
    bool password_matches(std::string_view authorization) const;
    bool token_matches(std::string_view authorization) const;
    std::optional<HttpResponse> check_origin(const HttpRequest& request) const;

    const GatekeeperOptions options_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, Failures> failures_;
};

} // namespace tplink::gateway
