#include "protocols/net/udp.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "protocols/net/socket_io.hpp"

namespace tplink::net {
namespace {

constexpr std::size_t kMaxDatagram = 65536;

std::optional<sockaddr_in> ipv4(const std::string& address, std::uint16_t port) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(port);
    if (::inet_pton(AF_INET, address.c_str(), &result.sin_addr) != 1) return std::nullopt;
    return result;
}

std::string text_of(const in_addr& address) {
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &address, text, sizeof text);
    return text;
}

class RealUdpSocket final : public UdpSocket {
public:
    explicit RealUdpSocket(OwnedFd fd) : fd_(std::move(fd)), incoming_(kMaxDatagram) {}

    Result<void> send_to(Bytes data, const std::string& address, std::uint16_t port) override {
        const auto target = ipv4(address, port);
        if (!target) return fail(Errc::unreachable, "send to " + address + ": not a numeric IPv4 address");
        const ssize_t sent = ::sendto(fd_.get(), data.data(), data.size(), MSG_NOSIGNAL,
                                      reinterpret_cast<const sockaddr*>(&*target), sizeof *target);
        if (sent < 0) return fail(Errc::unreachable, "send to " + address + ": " + errno_text(errno));
        return {};
    }

    Result<std::optional<Datagram>> receive(std::chrono::milliseconds timeout) override {
        const Deadline deadline = deadline_in(timeout);
        for (;;) {
            if (auto ready = wait_ready(fd_.get(), POLLIN, deadline, cancel_); !ready) {
                if (ready.error().code == Errc::timeout) return std::nullopt;
                return tl::unexpected(std::move(ready).error());
            }
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const ssize_t count = ::recvfrom(fd_.get(), incoming_.data(), incoming_.size(), 0,
                                             reinterpret_cast<sockaddr*>(&from), &size);
            if (count >= 0) {
                const Bytes data = Bytes(incoming_).first(static_cast<std::size_t>(count));
                return Datagram{text_of(from.sin_addr), ntohs(from.sin_port), to_buffer(data)};
            }
            // ECONNREFUSED is an answer to something sent earlier to a host that does not listen: not about
            // us.
            if (errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
                return fail(Errc::unreachable, "receive: " + errno_text(errno));
        }
    }

    void cancel() override { cancel_.set(); }

private:
    OwnedFd fd_;
    CancelEvent cancel_;
    Buffer incoming_;
};

} // namespace

Result<std::unique_ptr<UdpSocket>> make_udp_socket(const std::string& address, std::uint16_t port, bool shared) {
    const std::string where = "bind UDP " + address + ":" + std::to_string(port);
    const auto local = ipv4(address, port);
    if (!local) return fail(Errc::unreachable, where + ": not a numeric IPv4 address");
    OwnedFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0 ||
        (shared && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) ||
        (shared && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*local), sizeof *local) != 0)
        return fail(Errc::unreachable, where + ": " + errno_text(errno));
    const int room = 1 << 20;  // hundreds of devices answer one probe at once; the system may give less
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return std::make_unique<RealUdpSocket>(std::move(fd));
}

Result<std::unique_ptr<UdpSocket>> make_multicast_socket(const std::string& group, std::uint16_t port, const std::string& interface_address) {
    const std::string where = "join " + group + " on UDP port " + std::to_string(port);
    const auto all = ipv4("0.0.0.0", port), wanted = ipv4(group, port);
    if (!all || !wanted) return fail(Errc::unreachable, where + ": not a numeric IPv4 address");
    OwnedFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*all), sizeof *all) != 0)
        return fail(Errc::unreachable, where + ": " + errno_text(errno));
    std::vector<in_addr> interfaces;
    if (const auto one = ipv4(interface_address, 0)) interfaces.push_back(one->sin_addr);
    ifaddrs* list = nullptr;
    if (interfaces.empty() && ::getifaddrs(&list) == 0) {
        for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next)
            if ((each->ifa_flags & IFF_UP) != 0 && (each->ifa_flags & (IFF_MULTICAST | IFF_LOOPBACK)) != 0 && each->ifa_addr != nullptr &&
                each->ifa_addr->sa_family == AF_INET)
                interfaces.push_back(reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr);
        ::freeifaddrs(list);
    }
    for (const in_addr& one : interfaces) {
        ip_mreq request{wanted->sin_addr, one};
        (void)::setsockopt(fd.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);  // an interface without multicast: asked directly it still answers
    }
    return std::make_unique<RealUdpSocket>(std::move(fd));
}

Result<std::string> local_address_towards(const std::string& address) {
    const auto target = ipv4(address, 9);  // nothing is sent: the route alone is looked up
    const OwnedFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (!target || !fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*target), sizeof *target) != 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0)
        return fail(Errc::unreachable, "no way to " + address);
    return text_of(own.sin_addr);
}

std::vector<std::string> broadcast_addresses() {
    std::vector<std::string> found;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) == 0) {
        for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
            const bool usable = (each->ifa_flags & IFF_UP) != 0 && (each->ifa_flags & IFF_LOOPBACK) == 0 &&
                                (each->ifa_flags & IFF_BROADCAST) != 0;
            if (!usable || each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET ||
                each->ifa_broadaddr == nullptr)
                continue;
            found.push_back(text_of(reinterpret_cast<const sockaddr_in*>(each->ifa_broadaddr)->sin_addr));
        }
        ::freeifaddrs(list);
    }
    found.emplace_back("255.255.255.255");
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

} // namespace tplink::net
