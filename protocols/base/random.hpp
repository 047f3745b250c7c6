#pragma once
// Randomness, passed in so that handshakes can be replayed against known answers.

#include "protocols/base/bytes.hpp"

namespace tplink {

class RandomBytes {
public:
    virtual ~RandomBytes() = default;
    virtual void fill(std::span<std::byte> out) = 0;

    Buffer bytes(std::size_t count) {
        Buffer out(count);
        fill(out);
        return out;
    }
};

/// Cryptographically secure bytes of OpenSSL; thread-safe.
RandomBytes& system_random();

}  // namespace tplink
