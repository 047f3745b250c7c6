#include "protocols/net/socket_io.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace tplink::net {
namespace {

struct AddressFree {
    void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressFree>;

/// Milliseconds for poll(), rounded up so that a wait never ends just before its deadline.
int poll_timeout(Deadline deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1'000'000'000));
}

/// One question to the resolver, answered on a thread of its own.
struct NameQuestion {
    std::string host, service;
    CancelEvent answered;
    std::mutex mutex; ///< guards what follows
    int code = 0;
    Addresses addresses;
};

int look_up(const std::string& host, const std::string& service, int flags, Addresses& out) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const int code = getaddrinfo(host.c_str(), service.c_str(), &hints, &list);
    out.reset(list);
    return code;
}

/// getaddrinfo neither keeps a deadline nor can be cancelled, and a broken name server holds it for half a minute:
/// names are asked for on a thread that is left behind when nobody waits any more.
Result<Addresses> resolve(const std::string& host, std::uint16_t port, Deadline deadline, const CancelEvent& cancel) {
    const auto question = std::make_shared<NameQuestion>();
    question->host = host;
    question->service = std::to_string(port);
    question->code = look_up(host, question->service, AI_NUMERICHOST, question->addresses);
    if (question->code == EAI_NONAME) {
        std::thread([question] {
            Addresses found;
            const int code = look_up(question->host, question->service, 0, found);
            {
                const std::lock_guard lock(question->mutex);
                question->code = code;
                question->addresses = std::move(found);
            }
            question->answered.set();
        }).detach();
        auto ready = wait_ready(question->answered.fd(), POLLIN, deadline, cancel);
        if (!ready && ready.error().code == Errc::timeout) return fail(Errc::unreachable, "the name server does not answer for " + host);
        TRY_VOID(std::move(ready));
    }
    const std::lock_guard lock(question->mutex);
    if (question->code != 0) return fail(Errc::unreachable, "cannot resolve " + host + ": " + gai_strerror(question->code));
    return std::move(question->addresses);
}

Result<OwnedFd> connect_address(const addrinfo& address, Deadline deadline, const CancelEvent& cancel) {
    OwnedFd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return fail(Errc::unreachable, errno_text(errno));
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return fd;
    if (errno != EINPROGRESS) return fail(Errc::unreachable, errno_text(errno));
    TRY_VOID(wait_ready(fd.get(), POLLOUT, deadline, cancel));
    int code = 0;
    socklen_t size = sizeof code;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
    if (code != 0) return fail(Errc::unreachable, errno_text(code));
    return fd;
}

} // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

OwnedFd::~OwnedFd() {
    if (fd_ >= 0) ::close(fd_);
}

int OwnedFd::release() noexcept { return std::exchange(fd_, -1); }

CancelEvent::CancelEvent() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void CancelEvent::set() noexcept {
    set_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written =
        ::write(event_.get(), &one, sizeof one); // full counter: already set
}

Result<void> wait_ready(int fd, short events, Deadline deadline, const CancelEvent& cancel) {
    pollfd entries[2] = {{cancel.fd(), POLLIN, 0}, {fd, events, 0}};
    for (;;) {
        const int count = ::poll(entries, 2, poll_timeout(deadline));
        if (count < 0 && errno != EINTR) return fail(Errc::unreachable, errno_text(errno));
        if (count == 0) return fail(Errc::timeout, "no answer in time");
        if (count < 0) continue;
        if (entries[0].revents != 0) return fail(Errc::cancelled, "cancelled");
        if (entries[1].revents != 0) return {};
    }
}

Result<OwnedFd> connect_tcp(const std::string& host, std::uint16_t port, Deadline deadline,
                            const CancelEvent& cancel) {
    const std::string where = "connect " + host + ":" + std::to_string(port);
    if (cancel.is_set()) return fail(Errc::cancelled, where + ": cancelled");
    auto addresses = resolve(host, port, deadline, cancel);
    if (!addresses) return fail_in(where, std::move(addresses).error());
    Result<OwnedFd> fd = fail(Errc::unreachable, "no address");
    for (const addrinfo* address = addresses->get(); address != nullptr; address = address->ai_next) {
        fd = connect_address(*address, deadline, cancel);
        if (fd || fd.error().code != Errc::unreachable) break;
    }
    if (!fd) return fail_in(where, std::move(fd).error());
    return fd;
}

Result<std::size_t> receive_some(int fd, std::span<std::byte> out, Deadline deadline,
                                 const CancelEvent& cancel) {
    for (;;) {
        TRY_VOID(wait_ready(fd, POLLIN, deadline, cancel));
        const ssize_t count = ::recv(fd, out.data(), out.size(), 0);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EAGAIN && errno != EINTR)
            return fail(Errc::unreachable, "connection lost: " + errno_text(errno));
    }
}

Result<void> send_all(int fd, Bytes data, Deadline deadline, const CancelEvent& cancel) {
    while (!data.empty()) {
        if (cancel.is_set()) return fail(Errc::cancelled, "cancelled");
        const ssize_t count = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0)
            data = data.subspan(static_cast<std::size_t>(count));
        else if (errno == EAGAIN) // nearly never: what a request needs fits into the socket's buffer
            TRY_VOID(wait_ready(fd, POLLOUT, deadline, cancel));
        else if (errno != EINTR)
            return fail(Errc::unreachable, "connection lost: " + errno_text(errno));
    }
    return {};
}

std::string errno_text(int code) { return std::generic_category().message(code); }

} // namespace tplink::net
