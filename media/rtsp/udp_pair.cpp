#include "media/rtsp/udp_pair.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace tplink::media::rtsp {
namespace {

constexpr int kAttempts = 64;
constexpr int kSendBuffer = 1 << 20;

Socket bound(sockaddr_storage address, std::uint16_t port) {
    Socket socket(::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return {};
    address = with_port(address, port);
    const socklen_t size = address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
    return socket;
}

std::uint16_t port_of(const Socket& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    const auto port = address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                                    : reinterpret_cast<sockaddr_in&>(address).sin_port;
    return ntohs(port);
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Socket::~Socket() {
    if (fd_ >= 0) ::close(fd_);
}

std::optional<UdpPair> open_udp_pair(const sockaddr_storage& local) {
    for (int i = 0; i < kAttempts; ++i) {
        Socket rtp = bound(local, 0);
        if (!rtp) return std::nullopt;
        const std::uint16_t port = port_of(rtp);
        if (port == 0 || port % 2 != 0 || port == 65534) continue;
        Socket rtcp = bound(local, static_cast<std::uint16_t>(port + 1));
        if (rtcp) return UdpPair{std::move(rtp), std::move(rtcp), port};
    }
    return std::nullopt;
}

std::string address_text(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET6)
        ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text.data(), text.size());
    else
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
    const std::string_view plain(text.data());
    constexpr std::string_view kMapped = "::ffff:";
    return std::string(plain.starts_with(kMapped) ? plain.substr(kMapped.size()) : plain);
}

sockaddr_storage with_port(sockaddr_storage address, std::uint16_t port) {
    if (address.ss_family == AF_INET6)
        reinterpret_cast<sockaddr_in6&>(address).sin6_port = htons(port);
    else
        reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
    return address;
}

}  // namespace tplink::media::rtsp
