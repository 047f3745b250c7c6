#pragma once
// A place where a simulated device listens; it can vanish from the network and come back.

#include <chrono>
#include <cstdint>

namespace tplink::sim {

class Port {
public:
    Port() = default;
    virtual ~Port() = default;
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    /// Listens when it returns. Throws std::system_error when the address cannot be bound.
    virtual void start() = 0;
    /// Ends everything for good; no handler runs when it returns.
    virtual void stop() = 0;
    virtual std::uint16_t number() const = 0;
    virtual bool listening() const = 0;
    virtual std::size_t connections_open() const { return 0; }
    /// Off the network at once, from a handler too. Not a stop().
    virtual void kill() = 0;
    /// Listens again on the same number after kill(); at once when `after` is 0. Not synchronous.
    virtual void revive(std::chrono::milliseconds after) = 0;
};

} // namespace tplink::sim
