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

#include "tests/simulators/tcp_port.hpp"

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
    bool drop = false;               ///< no answer at all; the connection stays open
    bool close = false;              ///< says `Connection: close` and does it
    std::function<void()> then = {}; ///< run after the reply went out, e.g. a reboot; may be empty
};

struct HttpServerOptions : TcpPortOptions {
    std::shared_ptr<ssl_ctx_st> tls;   ///< null: plain HTTP
    bool exact_content_length = false; ///< sees no body unless the header is spelled `Content-Length`
    /// A client connected; false: it is turned away. May wait.
    std::function<bool(Connection&)> on_client = {};
};

/// Members from any thread; handlers run on connection threads.
class HttpServer final : public Port {
public:
    using Handler = std::function<HttpReply(const HttpRequest&)>;

    HttpServer(HttpServerOptions options, Handler handler, FaultSwitch& faults);
    ~HttpServer() override { stop(); }

    void start() override { port_.start(); }
    /// Ends all connections and joins their threads.
    void stop() override { port_.stop(); }
    std::uint16_t number() const override { return port_.number(); }
    std::uint16_t port() const { return port_.number(); }
    bool listening() const override { return port_.listening(); }
    std::size_t connections_open() const override { return port_.connections_open(); }
    /// Stops listening and ends all connections, with RST, from a handler's `then` too.
    void kill() override { port_.kill(); }
    void revive(std::chrono::milliseconds after) override { port_.revive(after); }
    void drop_connections() { port_.drop_connections(); }

private:
    void serve(Connection& connection, const std::string& peer);
    bool answer(Connection& connection, const HttpRequest& request);

    const std::shared_ptr<ssl_ctx_st> tls_;
    const bool exact_content_length_;
    const std::function<bool(Connection&)> on_client_;
    const Handler handler_;
    FaultSwitch& faults_;
    TcpPort port_; // last: its threads use the others
};

} // namespace tplink::sim
