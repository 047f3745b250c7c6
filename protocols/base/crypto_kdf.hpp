#pragma once
// Deriving keys: HMAC, HKDF, PBKDF2, CMAC and the password hashes of crypt(3).

#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::crypto {

enum class Hash { sha256, sha512 };

Buffer digest(Hash hash, Bytes data);
Buffer hmac(Hash hash, Bytes key, Bytes data);
/// RFC 5869 with the salt given, or as many zeros as the hash is long when it is empty.
Buffer hkdf(Hash hash, Bytes ikm, Bytes salt, std::string_view info, std::size_t length);
/// iterations: 1 or more; its time grows with them, so the caller bounds what a device may ask for.
Buffer pbkdf2_sha256(std::string_view secret, Bytes salt, int iterations, std::size_t length);
/// AES-128-CMAC; key: 16 bytes.
Buffer cmac_aes128(Bytes key, Bytes data);

/// crypt(3): md5-crypt ("$1$salt$") or sha256-crypt ("$5$[rounds=N$]salt$") of `text`, the whole string with
/// its prefix. errors: malformed for another prefix or more than 100000 rounds.
Result<std::string> crypt_hash(std::string_view text, std::string_view prefix);

} // namespace tplink::crypto
