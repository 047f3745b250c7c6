#include "tests/simulators/media/wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tplink::sim {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void set_option(int fd, int level, int name, int value) {
    ::setsockopt(fd, level, name, &value, sizeof value);
}

} // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

void Fd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Fd listen_on(const std::string& address, std::uint16_t port) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) fail("video port: socket");
    set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &local.sin_addr) != 1) {
        errno = EINVAL;
        fail("video port: address");
    }
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        fail("video port: bind");
    if (::listen(fd.get(), 64) != 0) fail("video port: listen");
    return fd;
}

std::uint16_t bound_port(const Fd& socket) {
    sockaddr_in local{};
    socklen_t size = sizeof local;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &size) != 0)
        fail("video port: getsockname");
    return ntohs(local.sin_port);
}

std::optional<Fd> accept_from(const Fd& listener) {
    Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) return std::nullopt;
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    return fd;
}

Wakeup::Wakeup() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (!event_.valid()) fail("video port: eventfd");
}

void Wakeup::signal() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written =
        ::write(event_.get(), &one, sizeof one); // full: it is signalled anyway
}

void Wakeup::clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(event_.get(), &count, sizeof count);
}

Wait wait_for(int fd, bool to_write, const Wakeup& wakeup, Deadline deadline) {
    std::array<pollfd, 2> polled{};
    polled[0] = {.fd = wakeup.fd(), .events = POLLIN, .revents = 0};
    polled[1] = {.fd = fd, .events = static_cast<short>(to_write ? POLLOUT : POLLIN), .revents = 0};
    timespec left{};
    if (deadline) {
        const auto wait = std::max(std::chrono::nanoseconds::zero(),
                                   std::chrono::nanoseconds(*deadline - std::chrono::steady_clock::now()));
        left.tv_sec = static_cast<time_t>(wait.count() / 1'000'000'000);
        left.tv_nsec = static_cast<long>(wait.count() % 1'000'000'000);
    }
    const int ready = ::ppoll(polled.data(), polled.size(), deadline ? &left : nullptr, nullptr);
    if (ready < 0 || polled[0].revents != 0)
        return Wait::woken; // a signal counts: the caller looks and waits again
    return ready > 0 ? Wait::ready : Wait::timeout;
}

Received receive_into(Buffer& in, const Fd& socket) {
    std::array<std::byte, 4096> chunk{};
    const ssize_t size = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (size == 0) return Received::closed;
    if (size < 0) return errno == EAGAIN || errno == EINTR ? Received::nothing : Received::closed;
    append(in, Bytes(chunk).first(static_cast<std::size_t>(size)));
    return Received::data;
}

std::optional<std::size_t> send_some(const Fd& socket, Bytes data) {
    const ssize_t size = ::send(socket.get(), data.data(), data.size(), MSG_NOSIGNAL);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno == EAGAIN || errno == EINTR) return 0;
    return std::nullopt;
}

void close_with_reset(Fd& socket) {
    const linger abort{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    socket.reset();
}

} // namespace tplink::sim
