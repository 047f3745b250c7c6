#pragma once
// UDP 20002: a device's answer to a TDP probe.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

class Port;
class Reactor;

struct Probe {
    std::string rsa_key; ///< PEM, empty in the short probe
};

/// Header of 16 bytes, CRC and body checked; nothing when a device would not answer.
std::optional<Probe> parse_probe(Bytes datagram);
/// Header (op code 0001, flags and serial 0) and `json`.
Buffer build_answer(std::string_view json);

/// UDP port that answers probes with announce(probe); no answer while announce returns "". reactor: may be
/// null.
using Announce = std::function<std::string(const Probe&)>;
std::unique_ptr<Port> make_discovery_port(const std::string& address, std::uint16_t port,
                                          std::shared_ptr<Reactor> reactor, Announce announce);

} // namespace tplink::sim
