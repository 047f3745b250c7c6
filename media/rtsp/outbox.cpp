#include "media/rtsp/outbox.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tplink::media::rtsp {
namespace {

constexpr std::size_t kMaxPieces = 512; // of one call; the kernel takes 1024

SteadyTime now() { return std::chrono::steady_clock::now(); }

void advance(Chunk& chunk, std::size_t sent) {
    chunk.size -= sent;
    while (sent > 0 && chunk.next < chunk.pieces.size()) {
        iovec& piece = chunk.pieces[chunk.next];
        const std::size_t taken = std::min(sent, piece.iov_len);
        piece.iov_base = static_cast<char*>(piece.iov_base) + taken;
        piece.iov_len -= taken;
        sent -= taken;
        if (piece.iov_len == 0) ++chunk.next;
    }
}

}  // namespace

void wake(int eventfd) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(eventfd, &one, sizeof one); // full: it is awake anyway
}

TcpOutbox::Write TcpOutbox::write(Chunk& chunk) {
    while (chunk.size > 0) {
        msghdr message{};
        message.msg_iov = chunk.pieces.data() + chunk.next;
        message.msg_iovlen = std::min(kMaxPieces, chunk.pieces.size() - chunk.next);
        const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Write::full : Write::broken;
        advance(chunk, static_cast<std::size_t>(sent));
        last_progress_ = now();
    }
    return Write::done;
}

bool TcpOutbox::send(Chunk chunk) {
    const std::lock_guard lock(mutex_);
    if (broken_) return false;
    chunk.since = now();
    if (waiting_.empty()) {
        const Write result = write(chunk);
        broken_ = result == Write::broken;
        if (result != Write::full) return !broken_;
        last_progress_ = chunk.since;
    }
    waiting_bytes_ += chunk.size;
    waiting_.push_back(std::move(chunk));
    if (waiting_.size() == 1) wake(wake_fd_);
    return true;
}

bool TcpOutbox::send(std::string_view text) {
    Chunk chunk;
    chunk.own = to_buffer(text);
    chunk.pieces.push_back({chunk.own.data(), chunk.own.size()});
    chunk.size = chunk.own.size();
    return send(std::move(chunk));
}

bool TcpOutbox::flush() {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && !broken_) {
        Chunk& first = waiting_.front();
        const std::size_t before = first.size;
        const Write result = write(first);
        waiting_bytes_ -= before - first.size;
        broken_ = result == Write::broken;
        if (result != Write::done) break;
        waiting_.pop_front();
    }
    return !broken_;
}

bool TcpOutbox::is_waiting() const {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty();
}

std::size_t TcpOutbox::waiting_bytes() const {
    const std::lock_guard lock(mutex_);
    return waiting_bytes_;
}

std::optional<SteadyTime> TcpOutbox::stuck_since() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() ? std::nullopt : std::optional(last_progress_);
}

SteadyTime::duration TcpOutbox::delay() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() ? SteadyTime::duration::zero() : now() - waiting_.front().since;
}

void UdpOutbox::put(Chunk chunk) {
    const std::lock_guard lock(mutex_);
    waiting_bytes_ += chunk.size;
    waiting_.push_back(std::move(chunk));
    if (waiting_.size() == 1) wake(wake_fd_);
}

bool UdpOutbox::send_some() {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < kGroup && !waiting_.empty(); ++i) {
        Chunk& chunk = waiting_.front();
        msghdr message{};
        message.msg_name = const_cast<sockaddr_storage*>(&to_);
        message.msg_namelen = to_.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
        message.msg_iov = chunk.pieces.data() + chunk.next;
        message.msg_iovlen = 2;
        const std::size_t size = chunk.pieces[chunk.next].iov_len + chunk.pieces[chunk.next + 1].iov_len;
        // A datagram the network does not take is lost, as datagrams are.
        [[maybe_unused]] const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        chunk.next += 2;
        chunk.size -= size;
        waiting_bytes_ -= size;
        if (chunk.next >= chunk.pieces.size()) waiting_.pop_front();
    }
    return !waiting_.empty();
}

std::size_t UdpOutbox::waiting_bytes() const {
    const std::lock_guard lock(mutex_);
    return waiting_bytes_;
}

}  // namespace tplink::media::rtsp
