#pragma once
// Asks the network who is there.

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "protocols/base/clock.hpp"
#include "protocols/base/crypto.hpp"
#include "protocols/base/random.hpp"
#include "protocols/discovery/found.hpp"
#include "protocols/discovery/kasa_udp.hpp"
#include "protocols/discovery/tdp.hpp"
#include "protocols/net/udp.hpp"

namespace tplink::discovery {

struct Options {
    std::vector<std::string> targets; ///< IPv4 addresses and CIDRs, at most 1024 hosts together
    bool broadcast = true;
    std::chrono::milliseconds timeout{5000}; ///< all of it: three rounds of probes, then waiting
    std::string email;                       ///< the account's, for Found::owner_matches
    std::vector<std::uint16_t> tdp_ports{kTdpPort, kTdpSecondPort};
    std::uint16_t kasa_port = kKasaPort; ///< 0: not asked
};

struct Deps {
    std::function<Result<std::unique_ptr<net::UdpSocket>>()> open_socket = [] {
        return net::make_udp_socket();
    };
    std::function<std::vector<std::string>()> broadcasts = net::broadcast_addresses;
    std::shared_ptr<const crypto::RsaKey>
        key; ///< 2048 bit, one for the process; null: a short probe, encrypt_info stays shut
    RandomBytes& random = system_random();
    const Clock& clock = system_clock();
    std::stop_token stop;
};

/// Blocks for the time-out, or less when all targets of a search without broadcast have answered.
/// out: one entry for each MAC address, answers of all ports merged.
/// errors: malformed, refused (targets); unreachable (no socket); cancelled.
Result<std::vector<Found>> discover(const Options& options, const Deps& deps);

/// Probes one host and waits for nothing: some plugs start their web server only then. errors: unreachable.
Result<void> wake(const std::string& address, const Options& options, const Deps& deps);

} // namespace tplink::discovery
