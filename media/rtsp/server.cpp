#include "media/rtsp/server.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "media/rtsp/connection.hpp"

namespace tplink::media::rtsp {
namespace {

constexpr int kBacklog = 64;
constexpr int kReapEvery = 1000;  // ms

std::string errno_words(int code) { return std::generic_category().message(code); }

Result<Socket> listen_on(const ServerOptions& options) {
    const auto failed = [&](const std::string& why) {
        return fail(Errc::refused, "RTSP cannot listen on " + options.address + ":" + std::to_string(options.port) + ": " + why +
                                       "; choose another rtsp.listen, or end the program that has it");
    };
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    std::string host = options.address;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (const int code = ::getaddrinfo(host.c_str(), std::to_string(options.port).c_str(), &hints, &found); code != 0)
        return failed(::gai_strerror(code));
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, ::freeaddrinfo);
    Socket socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return failed(errno_words(errno));
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0)
        return failed(errno_words(errno));
    return socket;
}

std::uint16_t bound_port(const Socket& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                               : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

}  // namespace

class Server::Impl {
public:
    Impl(Socket socket, Credentials user)
        : listener_(std::move(socket)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), user_(std::move(user)), thread_([this] { run(); }) {}

    ~Impl() {
        stop_ = true;
        wake(wake_.get());
        thread_.join();
        for (auto& connection : connections_) connection.close();
        connections_.clear();
    }

    void mount(const std::string& path, OpenViewing open, OpenTalk talk) {
        const std::lock_guard lock(mutex_);
        mounts_[path] = std::make_shared<const Mount>(Mount{std::move(open), std::move(talk)});
    }

    void unmount(const std::string& path) {
        const std::lock_guard lock(mutex_);
        mounts_.erase(path);
    }

    std::uint16_t port() const { return bound_port(listener_); }

private:
    std::shared_ptr<const Mount> find(const std::string& path) const {
        const std::lock_guard lock(mutex_);
        const auto at = mounts_.find(path);
        return at == mounts_.end() ? nullptr : at->second;
    }

    void run() noexcept {
        while (!stop_) {
            pollfd polled[2] = {{listener_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
            ::poll(polled, 2, connections_.empty() ? -1 : kReapEvery);
            connections_.remove_if([](const Connection& connection) { return connection.has_ended(); });
            if (stop_ || polled[0].revents == 0) continue;
            Socket client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client || connections_.size() >= kMaxConnections) continue;  // one too many is closed at once
            try {
                connections_.emplace_back(std::move(client), user_, [this](const std::string& path) { return find(path); });
            } catch (const std::exception&) {  // no thread to be had: that client is closed
            }
        }
    }

    const Socket listener_;
    const Socket wake_;
    const Credentials user_;
    mutable std::mutex mutex_;  // guards mounts_
    std::map<std::string, std::shared_ptr<const Mount>> mounts_;
    std::list<Connection> connections_;  // of the thread
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options) {
    auto impl = std::make_unique<Impl>(TRY(listen_on(options)), options.user);
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::mount(const std::string& path, OpenViewing open, OpenTalk talk) {
    impl_->mount(path, std::move(open), std::move(talk));
}
void Server::unmount(const std::string& path) { impl_->unmount(path); }
std::uint16_t Server::port() const { return impl_->port(); }

}  // namespace tplink::media::rtsp
