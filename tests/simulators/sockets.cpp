#include "tests/simulators/sockets.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

namespace tplink::sim {
namespace {

int open_bound(int type, const std::string& address, std::uint16_t port, const char* name) {
    const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    if (type == SOCK_STREAM) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    if (inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1 ||
        ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
        (type == SOCK_STREAM && ::listen(fd, 64) != 0)) {
        const int error = errno;
        ::close(fd);
        throw std::system_error(error, std::system_category(),
                                std::string("cannot listen on ") + name + " " + address + ":" +
                                    std::to_string(port));
    }
    return fd;
}

} // namespace

int listen_tcp(const std::string& address, std::uint16_t port) {
    return open_bound(SOCK_STREAM, address, port, "TCP");
}

int bind_udp(const std::string& address, std::uint16_t port) {
    return open_bound(SOCK_DGRAM, address, port, "UDP");
}

std::uint16_t port_of(int fd) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
}

} // namespace tplink::sim
