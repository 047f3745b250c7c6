#pragma once
// A loopback listener whose connections are served byte by byte by the test's own function, one thread each.

#include <arpa/inet.h>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace tplink::test {

/// One accepted connection; blocking, gives up after 5 s.
class RawPeer {
public:
    explicit RawPeer(int fd) : fd_(fd) {
        const timeval limit{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;
    ~RawPeer() { close(); }

    /// Reads until `end` was seen; everything read so far, shorter when the client closed.
    std::string read_until(std::string_view end) {
        while (text_.find(end) == std::string::npos && fill()) {
        }
        const auto at = text_.find(end);
        const std::size_t size = at == std::string::npos ? text_.size() : at + end.size();
        std::string head = text_.substr(0, size);
        text_.erase(0, size);
        return head;
    }
    /// An HTTP request with its body.
    std::string read_request() {
        std::string head = read_until("\r\n\r\n");
        const auto at = head.find("Content-Length: ");
        const std::size_t size = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
        while (text_.size() < size && fill()) {
        }
        head += text_.substr(0, size);
        text_.erase(0, size);
        return head;
    }
    /// True when the client has closed (or nothing came for 5 s).
    bool wait_closed() {
        while (fill()) {
        }
        return true;
    }
    void write(std::string_view text) {
        [[maybe_unused]] auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    }
    /// Closes with a reset instead of an orderly end.
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int fd() const { return fd_; }

private:
    bool fill() {
        char buffer[65536];
        const ssize_t count = fd_ < 0 ? -1 : ::recv(fd_, buffer, sizeof buffer, 0);
        if (count > 0) text_.append(buffer, static_cast<std::size_t>(count));
        return count > 0;
    }
    int fd_;
    std::string text_;
};

class RawServer {
public:
    /// `serve(peer, index)`: index counts connections from 0.
    using Serve = std::function<void(RawPeer&, int)>;

    explicit RawServer(Serve serve)
        : serve_(std::move(serve)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(fd_, 16);
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }
    ~RawServer() {
        ::shutdown(fd_, SHUT_RDWR);
        acceptor_.join();
        ::close(fd_);
        for (std::thread& worker : workers_) worker.join();
    }
    std::uint16_t port() const { return port_; }

private:
    void accept_all() {
        for (int index = 0;; ++index) {
            const int fd = ::accept(fd_, nullptr, nullptr);
            if (fd < 0) return;
            workers_.emplace_back([this, fd, index] {
                RawPeer peer(fd);
                serve_(peer, index);
            });
        }
    }
    Serve serve_;
    int fd_;
    std::uint16_t port_ = 0;
    std::thread acceptor_;
    std::vector<std::thread> workers_;
};

} // namespace tplink::test
