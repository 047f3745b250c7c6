#pragma once
// Every address the gateway talks to, and why.

#include "gateway/app/parts.hpp"

namespace tplink::gateway {

/// [{"address","reason","open": connections at this moment,"last": time or null}]: the broker, the Supervisor, every device;
/// whatever else the kernel says is open stands there too, as "unexpected" or as a visitor of ours.
json::array egress_ledger(const Parts& parts);

}  // namespace tplink::gateway
