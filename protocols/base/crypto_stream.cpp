#include "protocols/base/crypto_stream.hpp"

#include <cstdlib>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace tplink::crypto {
namespace {

const unsigned char* in(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::span<std::byte> bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

/// Looked up once: OpenSSL searches its providers at every call otherwise.
struct Algorithms {
    EVP_CIPHER* counter = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
    EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
};

const Algorithms& algorithms() {
    static const Algorithms all;
    return all;
}

}  // namespace

struct AesCounter::Context {
    std::unique_ptr<EVP_CIPHER_CTX, Free> evp{EVP_CIPHER_CTX_new()};
};

AesCounter::AesCounter(const AesKey& key) : context_(std::make_unique<Context>()) {
    if (!context_->evp || EVP_EncryptInit_ex(context_->evp.get(), algorithms().counter, nullptr, in(key), nullptr) != 1) std::abort();
}

AesCounter::~AesCounter() = default;
AesCounter::AesCounter(AesCounter&&) noexcept = default;
AesCounter& AesCounter::operator=(AesCounter&&) noexcept = default;

void AesCounter::apply(const AesIv& iv, std::span<std::byte> bytes) {
    int written = 0;
    EVP_CIPHER_CTX* evp = context_->evp.get();
    if (EVP_EncryptInit_ex(evp, nullptr, nullptr, nullptr, in(iv)) != 1 ||
        EVP_EncryptUpdate(evp, out(bytes), &written, in(bytes), static_cast<int>(bytes.size())) != 1)
        std::abort();
}

struct HmacSha1::Context {
    std::unique_ptr<EVP_MAC_CTX, Free> mac{EVP_MAC_CTX_new(algorithms().hmac)};
};

HmacSha1::HmacSha1(Bytes key) : context_(std::make_unique<Context>()) {
    char digest[] = "SHA1";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    if (!context_->mac || EVP_MAC_init(context_->mac.get(), in(key), key.size(), parameters) != 1) std::abort();
}

HmacSha1::~HmacSha1() = default;
HmacSha1::HmacSha1(HmacSha1&&) noexcept = default;
HmacSha1& HmacSha1::operator=(HmacSha1&&) noexcept = default;

Sha1 HmacSha1::sign(Bytes first, Bytes second) {
    Sha1 tag;
    std::size_t size = 0;
    EVP_MAC_CTX* mac = context_->mac.get();
    if (EVP_MAC_init(mac, nullptr, 0, nullptr) != 1 || EVP_MAC_update(mac, in(first), first.size()) != 1 ||
        EVP_MAC_update(mac, in(second), second.size()) != 1 || EVP_MAC_final(mac, out(tag), &size, tag.size()) != 1)
        std::abort();
    return tag;
}

}  // namespace tplink::crypto
