#pragma once
// The only door to OpenSSL's cryptography. Values in, values out.

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::crypto {

using Md5 = std::array<std::byte, 16>;
using Sha1 = std::array<std::byte, 20>;
using Sha256 = std::array<std::byte, 32>;
using AesKey = std::array<std::byte, 16>;
using AesIv = std::array<std::byte, 16>;

Md5 md5(Bytes data);
Sha1 sha1(Bytes data);
Sha256 sha256(Bytes data);
inline Md5 md5(std::string_view text) { return md5(as_bytes(text)); }
inline Sha1 sha1(std::string_view text) { return sha1(as_bytes(text)); }
inline Sha256 sha256(std::string_view text) { return sha256(as_bytes(text)); }
std::string md5_hex_lower(std::string_view text);
std::string md5_hex_upper(std::string_view text);
std::string sha1_hex_lower(std::string_view text);
std::string sha256_hex_lower(std::string_view text);
std::string sha256_hex_upper(std::string_view text);

Sha1 hmac_sha1(Bytes key, Bytes data);
Sha256 hmac_sha256(Bytes key, Bytes data);
/// RFC 5869 extract and expand with SHA-256.
Buffer hkdf_sha256(Bytes ikm, Bytes salt, std::string_view info, std::size_t length);

/// IEEE CRC-32 as zlib computes it.
std::uint32_t crc32(Bytes data);

/// First 16 bytes of a digest or buffer of at least 16 bytes as key or IV.
AesKey aes_key(Bytes bytes);

/// AES-128-CBC with PKCS#7: output is 1 to 16 bytes longer than `plain`.
Buffer aes128_cbc_encrypt(const AesKey& key, const AesIv& iv, Bytes plain);
/// errors: malformed when the length is no multiple of 16 or the padding is wrong (every padding byte is checked).
Result<Buffer> aes128_cbc_decrypt(const AesKey& key, const AesIv& iv, Bytes cipher);

/// Encrypts many messages under one key; the cipher context is made once. Not thread-safe.
class AesCbcEncryptor {
public:
    explicit AesCbcEncryptor(const AesKey& key);
    ~AesCbcEncryptor();
    AesCbcEncryptor(AesCbcEncryptor&&) noexcept;
    AesCbcEncryptor& operator=(AesCbcEncryptor&&) noexcept;

    /// One message, PKCS#7.
    Buffer encrypt(Bytes plain, const AesIv& iv);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// Decrypts many messages under one key; the cipher context is made once. Not thread-safe.
class AesCbcDecryptor {
public:
    AesCbcDecryptor(const AesKey& key, const AesIv& iv);
    ~AesCbcDecryptor();
    AesCbcDecryptor(AesCbcDecryptor&&) noexcept;
    AesCbcDecryptor& operator=(AesCbcDecryptor&&) noexcept;

    /// The IV starts anew with each call. errors: as aes128_cbc_decrypt.
    Result<Buffer> decrypt(Bytes cipher);
    /// The same with an IV of this message's own.
    Result<Buffer> decrypt(Bytes cipher, const AesIv& iv);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// An RSA private key and what devices need to see of it.
class RsaKey {
public:
    /// bits: 1024 for Tapo's AES handshake, 2048 for discovery.
    static Result<RsaKey> generate(int bits);
    /// errors: malformed when `pem` is no private key.
    static Result<RsaKey> from_private_pem(std::string_view pem);
    RsaKey(RsaKey&&) noexcept;
    RsaKey& operator=(RsaKey&&) noexcept;
    ~RsaKey();

    /// DER of SubjectPublicKeyInfo.
    Buffer public_der() const;
    /// PEM "PUBLIC KEY"; columns 0 puts the base64 on one line, else lines of that many characters. Ends in a newline.
    std::string public_pem(std::size_t columns) const;
    /// errors: malformed when the ciphertext is not for this key.
    Result<Buffer> decrypt_pkcs1(Bytes cipher) const;
    Result<Buffer> decrypt_oaep_sha1(Bytes cipher) const;

private:
    struct Key;
    explicit RsaKey(std::unique_ptr<Key> key);
    std::unique_ptr<Key> key_;
};

/// RSA PKCS#1 v1.5 with a SubjectPublicKeyInfo in DER. errors: malformed for a bad key or too long a text.
Result<Buffer> rsa_encrypt_pkcs1(Bytes public_der, Bytes plain);

/// Secure random bytes; terminates the program if the system has none (never seen, nothing sensible could follow).
void random_bytes(std::span<std::byte> out);

}  // namespace tplink::crypto
