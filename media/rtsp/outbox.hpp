#pragma once
// What is on its way to one viewer: over the RTSP connection itself, or as datagrams.

#include <netinet/in.h>
#include <sys/uio.h>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "protocols/base/bytes.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::media::rtsp {

/// Bytes in pieces, most of them shared with other viewers: nothing is copied on the way to the socket.
struct Chunk {
    Buffer own;                         ///< headers; pieces point into it, so it may be moved but not changed
    std::shared_ptr<const Buffer> data; ///< what the other pieces point into
    std::vector<iovec> pieces;          ///< UDP: two a datagram, its head and its body
    std::size_t next = 0;               ///< first piece that is not sent
    std::size_t size = 0;               ///< bytes not sent
    SteadyTime since{};                 ///< when it was put in
};

/// A stream socket. send() from any thread, flush() from the connection's.
class TcpOutbox {
public:
    /// wake_fd: an eventfd written to when the socket is full, so that the owner waits for it. Neither is owned.
    TcpOutbox(int fd, int wake_fd) : fd_(fd), wake_fd_(wake_fd) {}

    /// At once what the socket takes, the rest later; chunks never mix. False: the connection is broken.
    bool send(Chunk chunk);
    bool send(std::string_view text);
    /// As much as the socket takes now. False: broken.
    bool flush();

    bool is_waiting() const;
    std::size_t waiting_bytes() const;
    /// Since when the oldest bytes wait without any having gone; nothing when none wait.
    std::optional<SteadyTime> stuck_since() const;
    /// Age of the oldest chunk that waits.
    SteadyTime::duration delay() const;

private:
    enum class Write { done, full, broken };
    Write write(Chunk& chunk);

    const int fd_, wake_fd_;
    mutable std::mutex mutex_;
    std::deque<Chunk> waiting_;
    std::size_t waiting_bytes_ = 0;
    SteadyTime last_progress_{};
    bool broken_ = false;
};

/// A pair of UDP sockets of one track. put() from any thread, send_some() from the connection's.
class UdpOutbox {
public:
    /// Datagrams in a row and the pause behind them, about 90 Mbit/s: a GOP at full speed overflowed the socket
    /// buffer of a common player.
    static constexpr std::size_t kGroup = 16;
    static constexpr std::chrono::milliseconds kPause{2};

    UdpOutbox(int fd, const sockaddr_storage& to, int wake_fd) : fd_(fd), wake_fd_(wake_fd), to_(to) {}

    void put(Chunk chunk);
    /// One group. True: more waits.
    bool send_some();
    std::size_t waiting_bytes() const;

private:
    const int fd_, wake_fd_;
    const sockaddr_storage to_;
    mutable std::mutex mutex_;
    std::deque<Chunk> waiting_;
    std::size_t waiting_bytes_ = 0;
};

/// Wakes whoever polls the eventfd.
void wake(int eventfd);

}  // namespace tplink::media::rtsp
