#pragma once
// TCP 9999: frames of 4 bytes length and XOR ciphertext, many per connection.

#include <functional>
#include <memory>
#include <string>

#include "tests/simulators/tcp_port.hpp"

namespace tplink::sim {

class FaultSwitch;

struct XorAnswer {
    std::string json;                ///< empty: the connection ends without an answer
    std::function<void()> then = {}; ///< run after the answer went out, e.g. a reboot; may be empty
};

class XorServer final : public Port {
public:
    using Handler = std::function<XorAnswer(std::string_view json)>;

    XorServer(TcpPortOptions options, Handler handler, FaultSwitch& faults);
    ~XorServer() override { stop(); }

    void start() override { port_.start(); }
    void stop() override { port_.stop(); }
    std::uint16_t number() const override { return port_.number(); }
    bool listening() const override { return port_.listening(); }
    std::size_t connections_open() const override { return port_.connections_open(); }
    void kill() override { port_.kill(); }
    void revive(std::chrono::milliseconds after) override { port_.revive(after); }

private:
    void serve(Connection& connection);

    const Handler handler_;
    FaultSwitch& faults_;
    TcpPort port_; // last: its threads use the others
};

} // namespace tplink::sim
