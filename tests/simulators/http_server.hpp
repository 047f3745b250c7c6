#pragma once
// A small HTTP/1.1 server that can misbehave byte by byte; library servers cannot answer half a reply or
// noise.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct ssl_ctx_st;

namespace tplink::sim {

class FaultSwitch;

struct HttpRequest {
    std::string method;
    std::string target; ///< as sent: nothing decoded
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string peer; ///< address of the client

    /// Value of a header, any case; nullptr when absent.
    const std::string* header(std::string_view name) const;
    std::string_view path() const;                  ///< target up to '?'
    std::string query(std::string_view name) const; ///< raw value; empty when absent
};

struct HttpReply {
    int status = 200;
    std::string body = {};
    std::string content_type = "application/json;charset=UTF-8";
    std::vector<std::pair<std::string, std::string>> headers = {};
    bool close = false;              ///< says `Connection: close` and does it
    std::function<void()> then = {}; ///< run after the reply went out, e.g. a reboot; may be empty
};

struct HttpServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;          ///< 0: any; kept over kill and revive
    std::shared_ptr<ssl_ctx_st> tls; ///< null: plain HTTP
    std::chrono::milliseconds idle{60000};
    std::function<void()> on_revived = {}; ///< listens again after kill(); called by the accepting thread
    bool exact_content_length = false;     ///< sees no body unless the header is spelled `Content-Length`
};

/// One thread accepts, one more per connection. Members from any thread; handlers run on connection threads.
class HttpServer {
public:
    using Handler = std::function<HttpReply(const HttpRequest&)>;

    HttpServer(HttpServerOptions options, Handler handler, FaultSwitch& faults);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Listens when it returns. Throws std::system_error when the address cannot be bound.
    void start();
    /// Ends all connections and joins their threads.
    void stop();
    std::uint16_t port() const;
    bool listening() const;
    std::size_t connections_open() const;

    /// Stops listening and ends all connections, with RST, from a handler's `then` too. Not a stop().
    void kill();
    /// Listens again on the same port after kill(); at once when `after` is 0. Not synchronous.
    void revive(std::chrono::milliseconds after = std::chrono::milliseconds(0));
    /// Ends all connections, keeps listening.
    void drop_connections();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace tplink::sim
