#include "gateway/web/server.hpp"

#include "gateway/web/api.hpp"
#include "gateway/web/backend.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::gateway {

namespace {

bool is_loopback(const std::string& address) {
    return address == "localhost" || address == "::1" || address.starts_with("127.");
}

/// Null without HTTPS.
Result<std::shared_ptr<const net::TlsIdentity>> load_identity(const std::string& certificate, const std::string& key) {
    if (certificate.empty()) return std::shared_ptr<const net::TlsIdentity>();
    auto identity = net::TlsIdentity::load(certificate, key);
    if (!identity) return fail(Errc::refused, (identity.error().in_key ? "http.ssl_key: " : "http.ssl_cert: ") + identity.error().what + ".");
    return std::move(*identity);
}

} // namespace

struct WebServer::Impl {
    Impl(const WebOptions& options, WebBackend& given)
        : ssl_cert(options.ssl_cert), ssl_key(options.ssl_key), backend(given),
          gatekeeper({options.user, options.addon ? options.ingress_peer : "", options.admits_token,
                      "tplink2mqtt_" + std::to_string(options.port), !options.ssl_cert.empty()}, system_clock()),
          api({options.heartbeat, options.event_readers_max}, gatekeeper, given) {}
    ~Impl() {
        if (http) backend.stopping();
    }

    const std::string ssl_cert, ssl_key;
    WebBackend& backend;
    Gatekeeper gatekeeper;
    Api api;
    std::unique_ptr<HttpServer> http; // last: its threads use the others
};

WebServer::WebServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebServer::~WebServer() = default;

Result<std::unique_ptr<WebServer>> WebServer::start(const WebOptions& options, WebBackend& backend) {
    if (options.user.password.empty() && !is_loopback(options.address)) {
        return fail(Errc::refused,
                    "http.password is empty and http.listen is not a loopback address; set a password.");
    }
    auto impl = std::make_unique<Impl>(options, backend);
    HttpServerOptions http;
    http.address = options.address;
    http.port = options.port;
    http.tls = TRY(load_identity(options.ssl_cert, options.ssl_key));
    http.plain_peer = options.addon ? options.ingress_peer : "";
    impl->http = TRY(HttpServer::start(http, impl->api));
    return std::unique_ptr<WebServer>(new WebServer(std::move(impl)));
}

std::uint16_t WebServer::port() const { return impl_->http->port(); }

Result<void> WebServer::renew_certificate() {
    if (auto identity = TRY(load_identity(impl_->ssl_cert, impl_->ssl_key))) impl_->http->renew(std::move(identity));
    return {};
}

} // namespace tplink::gateway
