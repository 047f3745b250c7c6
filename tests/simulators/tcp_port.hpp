#pragma once
// A TCP port of a simulated device: accepts on a reactor, serves each connection on a thread of its own.

#include <functional>
#include <memory>
#include <string>

#include "tests/simulators/port.hpp"

namespace tplink::sim {

class Connection;
class Reactor;

struct TcpPortOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; ///< 0: any; kept over kill and revive
    std::chrono::milliseconds idle{60000};
    std::size_t max_connections = 0;       ///< further ones are reset; 0: no limit
    std::function<void()> on_revived = {}; ///< listens again after kill(); called by the reactor
    std::shared_ptr<Reactor> reactor = {}; ///< shared with other devices; null: one of its own
};

class TcpPort final : public Port {
public:
    /// Owns the talk with one client; returning closes the connection.
    using Serve = std::function<void(Connection&, const std::string& peer)>;

    TcpPort(TcpPortOptions options, Serve serve);
    ~TcpPort() override;

    void start() override;
    void stop() override;
    std::uint16_t number() const override;
    bool listening() const override;
    std::size_t connections_open() const override;
    void kill() override;
    void revive(std::chrono::milliseconds after) override;
    /// Ends all connections, keeps listening.
    void drop_connections();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace tplink::sim
