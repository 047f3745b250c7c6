#pragma once
// One keep-alive HTTP connection to one device.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/base/result.hpp"

namespace tplink::net {

using Header = std::pair<std::string, std::string>;

struct HttpRequest {
    std::string path;             ///< sent as it is, never percent-encoded ("/stok=abc)('/ds")
    std::string body;
    std::string content_type = "application/json";
    std::vector<Header> headers;  ///< besides Host, Content-Type, Content-Length
    std::string method = "POST";
};

struct HttpResponse {
    int status = 0;
    std::vector<Header> headers;
    std::string body;

    /// Value of the first header of that name (any case); empty when absent.
    std::string_view header(std::string_view name) const;
};

/// Which TLS generations are spoken.
enum class Tls {
    none,    ///< plain HTTP
    device,  ///< self-signed, TLS 1.0 and up, old and new suites; the certificate is pinned instead of verified
    public_, ///< verified against the system's (or `ca_file`'s) authorities
};

struct HttpOptions {
    std::string host;  ///< address or name
    std::uint16_t port = 80;
    Tls tls = Tls::none;
    std::string certificate_sha256;  ///< lower hex of the pinned leaf certificate; empty: trust on first use
    std::string ca_file;             ///< Tls::public_ only: the authorities instead of all others
    std::string_view ca_pem{};       ///< Tls::public_ only: more authorities beside the system's; lives as long as the program
    std::chrono::milliseconds connect_timeout{4000};
    std::chrono::milliseconds reply_timeout{10000};
    std::size_t max_body = 8U << 20;  ///< bytes; a longer reply is `malformed`
};

/// Blocking; used by one thread, except cancel().
class HttpClient {
public:
    virtual ~HttpClient() = default;

    /// Sends one request and reads the whole reply. Any HTTP status is a reply, not an error.
    /// errors: unreachable, timeout, cancelled; malformed for bytes that are no HTTP or too long a body;
    ///         certificate_changed when it is not the pinned one (a human must confirm the change), or when no trusted
    ///         authority signed it (Tls::public_).
    virtual Result<HttpResponse> send(const HttpRequest& request) = 0;

    /// From any thread, sticky: the running and every later send() ends with `cancelled`.
    virtual void cancel() = 0;

    /// False when the last send() failed before the request could leave: no connection, or no TLS.
    virtual bool sent() const { return true; }

    /// Lower hex SHA-256 of the leaf certificate seen last; empty before the first TLS handshake.
    virtual std::string certificate_sha256() const = 0;
};

using HttpClientFactory = std::function<std::unique_ptr<HttpClient>(const HttpOptions&)>;

/// The real one: cpp-httplib inside where there is TLS, plain_http.hpp where there is none. A connection lost before any reply byte is opened again once.
std::unique_ptr<HttpClient> make_http_client(const HttpOptions& options);

}  // namespace tplink::net
