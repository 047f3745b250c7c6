#pragma once
// Time and chance as a simulated device sees them; tests put their own in.

#include <chrono>
#include <cstdint>
#include <functional>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

struct World {
    std::function<std::chrono::milliseconds()> now; ///< steady, any zero
    std::function<std::int64_t()> unix_s;           ///< wall clock, seconds since 1970
    std::function<Buffer(std::size_t)> random;
};

/// The machine's clocks and OpenSSL's random bytes.
World real_world();

} // namespace tplink::sim
