#pragma once
// The HTTP side of the gateway: page, API, event stream, WHEP (public: contract section 6).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::gateway {

class WebBackend;

struct WebOptions {
    std::string address = "0.0.0.0";
    std::uint16_t port = 8745; ///< 0: any free one (tests)
    Credentials user;          ///< empty password: open to everybody; only a loopback address may be
    bool addon = false;        ///< under the Supervisor: requests from `ingress_peer` need no password
    std::string ingress_peer = "172.30.32.2";
    std::function<bool(std::string_view token)> admits_token{}; ///< tokens for machines; null: none
    std::string ssl_cert{}, ssl_key{}; ///< PEM files: HTTPS instead of HTTP; under the Supervisor `ingress_peer` stays plain
    unsigned event_readers_max = 32;
    std::chrono::milliseconds heartbeat{15000}; ///< a comment line that long after the last event
};

/// Serves from start() until destroyed; destroying it ends every connection within 2 s.
class WebServer {
public:
    /// errors: refused, one sentence (address taken or foreign, no password on an address others can reach, certificate
    /// or key that cannot be used).
    static Result<std::unique_ptr<WebServer>> start(const WebOptions& options, WebBackend& backend);
    ~WebServer();
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;

    std::uint16_t port() const; ///< the one really bound
    /// Reads certificate and key again, for connections from now on. errors: refused; the old ones stay.
    Result<void> renew_certificate();

private:
    struct Impl;
    explicit WebServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace tplink::gateway
