#pragma once
// Waiting on sockets: every wait has a deadline and ends at once when cancelled. Used inside protocols/net
// only.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::net {

using Deadline = std::chrono::steady_clock::time_point;

inline Deadline deadline_in(std::chrono::milliseconds timeout) {
    return std::chrono::steady_clock::now() + timeout;
}

/// A file descriptor that closes itself.
class OwnedFd {
public:
    OwnedFd() = default;
    explicit OwnedFd(int fd) : fd_(fd) {}
    OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
    OwnedFd& operator=(OwnedFd&& other) noexcept;
    ~OwnedFd();

    int get() const { return fd_; }
    int release() noexcept;
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// A flag that poll() can see. Once set it stays set.
class CancelEvent {
public:
    CancelEvent();
    void set() noexcept;
    bool is_set() const { return set_.load(); }
    int fd() const { return event_.get(); }

private:
    OwnedFd event_;
    std::atomic<bool> set_ = false; ///< asked before every exchange: no system call for that
};

/// Waits until `fd` shows one of the poll `events` or an error. errors: timeout, cancelled, unreachable.
Result<void> wait_ready(int fd, short events, Deadline deadline, const CancelEvent& cancel);

/// Connects without blocking in connect(); the socket is non-blocking with TCP_NODELAY. Every address of a
/// name is tried within the one deadline. errors: unreachable, timeout, cancelled; the sentence names host
/// and port.
Result<OwnedFd> connect_tcp(const std::string& host, std::uint16_t port, Deadline deadline,
                            const CancelEvent& cancel);

/// At least one byte, or 0 when the peer closed. errors: timeout, cancelled, unreachable.
Result<std::size_t> receive_some(int fd, std::span<std::byte> out, Deadline deadline,
                                 const CancelEvent& cancel);

/// All of `data`; a vanished peer never raises a signal. errors: timeout, cancelled, unreachable.
Result<void> send_all(int fd, Bytes data, Deadline deadline, const CancelEvent& cancel);

/// The machine's sentence for an errno value, thread-safe.
std::string errno_text(int code);

} // namespace tplink::net
