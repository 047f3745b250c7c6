#pragma once
// Datagrams with a deadline.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::net {

struct Datagram {
    std::string address;  ///< sender, numeric
    std::uint16_t port = 0;
    Buffer data;
};

class UdpSocket {
public:
    virtual ~UdpSocket() = default;
    /// `address`: numeric IPv4. errors: unreachable.
    virtual Result<void> send_to(Bytes data, const std::string& address, std::uint16_t port) = 0;
    /// The next datagram; nothing when `timeout` passed. errors: unreachable, cancelled.
    virtual Result<std::optional<Datagram>> receive(std::chrono::milliseconds timeout) = 0;
    /// Sticky, from any thread.
    virtual void cancel() = 0;
};

/// Binds to `address`:`port` (0: any port) with broadcast allowed. shared: others on this machine may listen there too;
/// broadcasts reach all of them. errors: unreachable.
Result<std::unique_ptr<UdpSocket>> make_udp_socket(const std::string& address = "0.0.0.0", std::uint16_t port = 0, bool shared = false);

/// Binds to `port` shared with others and joins the multicast `group`: on the interface that has `interface_address`, or on
/// every one when that is empty. errors: unreachable.
Result<std::unique_ptr<UdpSocket>> make_multicast_socket(const std::string& group, std::uint16_t port, const std::string& interface_address);

/// The address of ours that packets to `address` leave from. errors: unreachable.
Result<std::string> local_address_towards(const std::string& address);

/// Directed broadcast addresses of the machine's interfaces that are up, without loopback, plus 255.255.255.255.
std::vector<std::string> broadcast_addresses();

}  // namespace tplink::net
