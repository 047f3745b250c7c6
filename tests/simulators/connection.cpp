#include "tests/simulators/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tplink::sim {
namespace {

timeval to_timeval(std::chrono::milliseconds time) {
    return {static_cast<time_t>(time.count() / 1000), static_cast<suseconds_t>(time.count() % 1000 * 1000)};
}

} // namespace

Connection::Connection(int fd, std::chrono::milliseconds idle) : fd_(fd), tls_(nullptr, &SSL_free) {
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval receive = to_timeval(idle);
    const timeval send = to_timeval(std::chrono::seconds(10));
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof receive);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &send, sizeof send);
}

Connection::~Connection() {
    if (tls_) SSL_shutdown(tls_.get());
    ERR_clear_error();
    tls_.reset();
    ::close(fd_);
}

bool Connection::start_tls(ssl_ctx_st* context) {
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls(SSL_new(context), &SSL_free);
    if (!tls || SSL_set_fd(tls.get(), fd_) != 1 || SSL_accept(tls.get()) != 1) {
        ERR_clear_error();
        return false;
    }
    tls_ = std::move(tls);
    return true;
}

std::size_t Connection::read(char* out, std::size_t size) {
    if (tls_) {
        const int got = SSL_read(tls_.get(), out, static_cast<int>(size));
        if (got <= 0) ERR_clear_error();
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    const ssize_t got = ::recv(fd_, out, size, 0);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool Connection::write(std::string_view data) {
    while (!data.empty()) {
        const long sent = tls_ ? SSL_write(tls_.get(), data.data(), static_cast<int>(data.size()))
                               : ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            ERR_clear_error();
            return false;
        }
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Connection::wait_open(std::chrono::milliseconds time) const {
    pollfd entry{fd_, POLLRDHUP, 0};
    return ::poll(&entry, 1, static_cast<int>(time.count())) == 0;
}

void Connection::wait_closed() const { wait_open(std::chrono::milliseconds(-1)); }

void Connection::shut_down() const { ::shutdown(fd_, SHUT_RDWR); }

void Connection::reset() const {
    const linger immediately{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &immediately, sizeof immediately);
}

} // namespace tplink::sim
