#pragma once
// One thread that waits for sockets and times of many simulated devices.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace tplink::sim {

/// All members from any thread. Handlers run on the reactor's thread, one at a time; they must not block.
class Reactor {
public:
    using Handler = std::function<void()>;

    Reactor();
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    /// Calls `readable` whenever `fd` can be read, until forget().
    void watch(int fd, Handler readable);
    /// When it returns, the handler of `fd` does not run and will not run. Safe from handlers.
    void forget(int fd);
    /// Calls `due` once after `delay`; returns a number for cancel().
    std::uint64_t after(std::chrono::milliseconds delay, Handler due);
    /// As forget(), for a time. Unknown numbers are ignored.
    void cancel(std::uint64_t timer);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace tplink::sim
