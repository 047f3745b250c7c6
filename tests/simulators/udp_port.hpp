#pragma once
// A UDP port of a simulated device: a datagram in, at most one out.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/port.hpp"

namespace tplink::sim {

class Reactor;

class UdpPort final : public Port {
public:
    using Answer = std::function<std::optional<Buffer>(Bytes datagram)>;

    /// port 0: any. reactor: may be null.
    UdpPort(std::string address, std::uint16_t port, std::shared_ptr<Reactor> reactor, Answer answer);
    ~UdpPort() override;

    void start() override;
    void stop() override;
    std::uint16_t number() const override { return port_; }
    bool listening() const override;
    void kill() override;
    void revive(std::chrono::milliseconds after) override;

private:
    struct State;
    std::string address_;
    std::uint16_t port_;
    std::unique_ptr<State> state_;
};

} // namespace tplink::sim
