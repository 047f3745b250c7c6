#pragma once
// How an answer goes out when the device misbehaves.

#include <string>

#include "tests/simulators/faults.hpp"

namespace tplink::sim {

class Connection;

struct Outgoing {
    std::string bytes;
    std::size_t kept_back = 0; ///< bytes at the end that a stalled answer never sends, at least 1
    std::string garbage;       ///< sent instead when garbage strikes
};

/// false: the connection is over.
bool send_with_faults(Connection& connection, const Faults& faults, Strike strike, const Outgoing& out);

} // namespace tplink::sim
