#pragma once
// Opening sockets on loopback addresses.

#include <cstdint>
#include <string>

namespace tplink::sim {

/// Non-blocking, listening. Throws std::system_error.
int listen_tcp(const std::string& address, std::uint16_t port);
/// Non-blocking, bound. Throws std::system_error.
int bind_udp(const std::string& address, std::uint16_t port);
std::uint16_t port_of(int fd);

} // namespace tplink::sim
