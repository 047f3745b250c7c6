#pragma once
// The ciphers a simulated device needs. Independent of protocols/base/crypto on purpose: a mistake there must
// show here.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"

struct evp_pkey_st;

namespace tplink::sim {

Buffer md5(Bytes data);
Buffer sha1(Bytes data);
Buffer sha256(Bytes data);
std::string md5_hex_upper(std::string_view text);
std::string sha256_hex_upper(std::string_view text);

/// AES-128-CBC with PKCS#7 padding; key and iv have 16 bytes.
Buffer aes_cbc_encrypt(Bytes key, Bytes iv, Bytes plain);
/// Nothing when the length or the padding is wrong.
std::optional<Buffer> aes_cbc_decrypt(Bytes key, Bytes iv, Bytes cipher);

Buffer random_bytes(std::size_t count);
/// `count` characters of `alphabet`.
std::string random_text(std::size_t count, std::string_view alphabet);

/// IEEE CRC-32 as zlib computes it.
std::uint32_t crc32_ieee(Bytes data);

enum class RsaPadding { pkcs1, oaep_sha1 };

/// A key a client sent us.
class RsaPublicKey {
public:
    /// SubjectPublicKeyInfo ("PUBLIC KEY") or PKCS#1 ("RSA PUBLIC KEY"), lines of any length.
    static std::optional<RsaPublicKey> from_pem(std::string_view pem);
    int bits() const;
    /// Nothing when `plain` is too long for the key.
    std::optional<Buffer> encrypt(Bytes plain, RsaPadding padding) const;

private:
    std::shared_ptr<evp_pkey_st> key_;
};

/// The other half; a test plays the client with it.
class RsaPrivateKey {
public:
    static std::optional<RsaPrivateKey> from_pem(std::string_view pem);
    static RsaPrivateKey generate(unsigned bits);
    /// SubjectPublicKeyInfo PEM in 64 columns.
    std::string public_pem() const;
    std::optional<Buffer> decrypt(Bytes cipher, RsaPadding padding) const;

private:
    std::shared_ptr<evp_pkey_st> key_;
};

} // namespace tplink::sim
