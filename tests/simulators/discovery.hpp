#pragma once
// UDP 20002: a device's answer to a TDP probe.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

struct Probe {
    std::string rsa_key; ///< PEM, empty in the short probe
};

/// Header of 16 bytes, CRC and body checked; nothing when a device would not answer.
std::optional<Probe> parse_probe(Bytes datagram);
/// Header (op code 0001, flags and serial 0) and `json`.
Buffer build_answer(std::string_view json);

/// Answers probes on address:port with announce(probe) until destroyed; no answer while announce returns "".
class DiscoveryResponder {
public:
    using Announce = std::function<std::string(const Probe&)>;
    /// Listens when it returns. Throws std::system_error when the address cannot be bound.
    DiscoveryResponder(const std::string& address, std::uint16_t port, Announce announce);
    ~DiscoveryResponder();
    DiscoveryResponder(const DiscoveryResponder&) = delete;
    DiscoveryResponder& operator=(const DiscoveryResponder&) = delete;
    std::uint16_t port() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace tplink::sim
