#pragma once
// Which remote addresses this process is connected to at this moment, as the kernel says: what the ledger is held against.

#include <cstdint>
#include <string>
#include <vector>

namespace tplink::gateway {

struct RemoteConnection {
    std::string address;  ///< "192.168.1.20"
    std::uint16_t port = 0, local_port = 0;
    bool operator==(const RemoteConnection&) const = default;
};

/// Established TCP connections of this process, IPv4 (also inside IPv6). Empty where /proc does not tell.
std::vector<RemoteConnection> open_connections();

/// The lines of /proc/net/tcp or tcp6 whose socket is one of `inodes`. Lines that make no sense are left out.
std::vector<RemoteConnection> parse_connections(const std::string& table, const std::vector<std::uint64_t>& inodes);

}  // namespace tplink::gateway
