#pragma once
// Sockets of the simulated video port: non-blocking, woken from other threads.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

/// Owns a file descriptor.
class Fd {
public:
    explicit Fd(int fd = -1) : fd_(fd) {}
    ~Fd() { reset(); }
    Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Fd& operator=(Fd&& other) noexcept;
    int get() const { return fd_; }
    bool valid() const { return fd_ >= 0; }
    void reset();

private:
    int fd_;
};

/// Listens on `address`:`port` (0: any). Throws std::system_error.
Fd listen_on(const std::string& address, std::uint16_t port);
std::uint16_t bound_port(const Fd& socket);
/// Nothing when no connection waits any more. TCP_NODELAY is set.
std::optional<Fd> accept_from(const Fd& listener);

/// Ends a wait in another thread.
class Wakeup {
public:
    Wakeup();
    void signal();
    void clear();
    int fd() const { return event_.get(); }

private:
    Fd event_;
};

using Deadline = std::optional<std::chrono::steady_clock::time_point>;
enum class Wait { ready, woken, timeout };
/// Waits until `fd` (or -1: none) can be read or written. No deadline: for ever.
Wait wait_for(int fd, bool to_write, const Wakeup& wakeup, Deadline deadline);

enum class Received { data, nothing, closed };
/// Appends what is there, without waiting.
Received receive_into(Buffer& in, const Fd& socket);
/// Writes what fits, without waiting: number of bytes, or nothing when the peer is gone.
std::optional<std::size_t> send_some(const Fd& socket, Bytes data);
/// The next close sends RST instead of FIN.
void close_with_reset(Fd& socket);

} // namespace tplink::sim
