#pragma once
// Tables that share rows.

#include <array>
#include <cstddef>

#include "gateway/capabilities/capability.hpp"

namespace tplink::gateway {

/// The rows of both, in order.
template <std::size_t A, std::size_t B>
constexpr std::array<Capability, A + B> join(const Capability (&first)[A], const Capability (&second)[B]) {
    std::array<Capability, A + B> out{};
    for (std::size_t i = 0; i < A; ++i) out[i] = first[i];
    for (std::size_t i = 0; i < B; ++i) out[A + i] = second[i];
    return out;
}

}  // namespace tplink::gateway
