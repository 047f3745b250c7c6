#pragma once
// What packets of live media are encrypted and signed with: thousands a second under one key.

#include <array>
#include <memory>

#include "protocols/base/crypto.hpp"

namespace tplink::crypto {

/// AES-128 in counter mode; the context is made once. Not thread-safe.
class AesCounter {
public:
    explicit AesCounter(const AesKey& key);
    ~AesCounter();
    AesCounter(AesCounter&&) noexcept;
    AesCounter& operator=(AesCounter&&) noexcept;

    /// Encrypts or decrypts in place; the counter begins at `iv`.
    void apply(const AesIv& iv, std::span<std::byte> bytes);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

/// HMAC-SHA1 of many messages under one key. Not thread-safe.
class HmacSha1 {
public:
    explicit HmacSha1(Bytes key);
    ~HmacSha1();
    HmacSha1(HmacSha1&&) noexcept;
    HmacSha1& operator=(HmacSha1&&) noexcept;

    /// Of both parts as one message.
    Sha1 sign(Bytes first, Bytes second);

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace tplink::crypto
