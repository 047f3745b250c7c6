#pragma once
// Addresses to ask besides broadcast.

#include <span>
#include <string>
#include <vector>

#include "protocols/base/result.hpp"

namespace tplink::discovery {

inline constexpr std::size_t kMaxTargets = 1024;

/// "192.168.1.20" and "192.168.1.0/24" to single IPv4 addresses, without network and broadcast address, each
/// once. errors: malformed for anything else; refused for more than kMaxTargets hosts.
Result<std::vector<std::string>> expand_targets(std::span<const std::string> targets);

} // namespace tplink::discovery
