#pragma once
// The bytes side of HTTP: connections, threads, limits. Knows nothing of devices; cpp-httplib stays in its
// .cpp.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/web/connection.hpp"
#include "protocols/base/result.hpp"

namespace tplink::gateway {

struct HttpRequest {
    std::string method, path; ///< path: decoded, without query
    std::map<std::string, std::string, std::less<>> query;
    std::string body;
    std::string peer; ///< address of the other end, "172.30.32.2"

    /// Name in lower case; empty when absent.
    std::string_view header(std::string_view name) const;
    std::string_view parameter(std::string_view name) const;
    bool is_read() const { return method == "GET" || method == "HEAD"; }

    std::map<std::string, std::string, std::less<>> headers; ///< names in lower case; the first of several
};

/// Writes a piece of an endless body; false: the reader is gone.
using WriteBody = std::function<bool(std::string_view)>;

/// An endless body, run on the connection's thread until it returns; `is_open` tells whether the reader is
/// still there. false: it is not whole, and the reader is to see that.
using StreamBody = std::function<bool(const std::stop_token& stop, const WriteBody& write,
                                      const std::function<bool()>& is_open)>;

struct HttpResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string content_type = "application/json";
    std::string body;
    StreamBody stream; ///< instead of `body`
    /// Instead of both: bytes of a file, which is kept open meanwhile.
    struct File {
        std::string path;
        std::size_t offset = 0, size = 0;
        std::shared_ptr<const void> owner{};
    };
    std::optional<File> file;
};

/// Called on several threads at once.
class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    /// Before the body is read: an answer refuses the request.
    virtual std::optional<HttpResponse> admit(const HttpRequest& request) = 0;
    virtual HttpResponse handle(const HttpRequest& request) = 0;
    /// For what never became a request (broken syntax, too large).
    virtual HttpResponse broken(int status) = 0;
};

struct HttpServerOptions {
    std::string address;
    std::uint16_t port = 0; ///< 0: any free one
    unsigned threads_max = 64;
    ConnectionLimits limits;
    std::shared_ptr<const net::TlsIdentity> tls{}; ///< null: plain HTTP
    std::string plain_peer{};                      ///< who may speak plain HTTP in spite of it; everybody else is sent to https://
};

class HttpServer {
public:
    /// errors: refused, one sentence, when the address cannot be had.
    static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options, HttpHandler& handler);
    /// Ends every connection; waits for handlers that are still at work.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::uint16_t port() const;
    /// For connections from now on. Only where there was TLS from the start.
    void renew(std::shared_ptr<const net::TlsIdentity> identity);

private:
    struct Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace tplink::gateway
