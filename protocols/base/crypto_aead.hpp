#pragma once
// Ciphers that sign what they encrypt.

#include <array>
#include <memory>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::crypto {

enum class AeadKind { aes128_ccm, aes256_ccm, chacha20_poly1305 };

using AeadNonce = std::array<std::byte, 12>;

inline constexpr std::size_t kAeadTagBytes = 16;

/// 16 or 32 bytes.
std::size_t key_bytes(AeadKind kind);

/// Many messages under one key; its contexts are set up once. Not thread-safe.
class Aead {
public:
    /// key: key_bytes(kind) long.
    Aead(AeadKind kind, Bytes key);
    ~Aead();
    Aead(Aead&&) noexcept;
    Aead& operator=(Aead&&) noexcept;

    /// `head` in clear, the ciphertext, the tag of 16 bytes; no associated data.
    Buffer seal(const AeadNonce& nonce, Bytes plain, Bytes head = {});
    /// errors: malformed when it is too short or the tag does not fit.
    Result<Buffer> open(const AeadNonce& nonce, Bytes sealed);

private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

} // namespace tplink::crypto
