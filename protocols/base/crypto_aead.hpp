#pragma once
// Ciphers that sign what they encrypt.

#include <array>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::crypto {

enum class AeadKind { aes128_ccm, aes256_ccm, chacha20_poly1305 };

using AeadNonce = std::array<std::byte, 12>;

inline constexpr std::size_t kAeadTagBytes = 16;

/// 16 or 32 bytes.
std::size_t key_bytes(AeadKind kind);

/// Ciphertext with the tag of 16 bytes behind it; no associated data. key: key_bytes(kind) long.
Buffer aead_seal(AeadKind kind, Bytes key, const AeadNonce& nonce, Bytes plain);
/// errors: malformed when it is too short or the tag does not fit.
Result<Buffer> aead_open(AeadKind kind, Bytes key, const AeadNonce& nonce, Bytes sealed);

} // namespace tplink::crypto
