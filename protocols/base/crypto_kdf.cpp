#define OPENSSL_SUPPRESS_DEPRECATED // SHA256_*: see HmacSha256
#include "protocols/base/crypto_kdf.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <crypt.h>
#include <cstdlib>
#include <memory>
#include <openssl/cmac.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/sha.h>

namespace tplink::crypto {
namespace {

constexpr unsigned kMaxRounds = 100000; // some 50 ms; a device could ask for minutes
constexpr std::size_t kMaxPrefix = 64;

const EVP_MD* md_of(Hash hash) { return hash == Hash::sha256 ? EVP_sha256() : EVP_sha512(); }

const unsigned char* in(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(Buffer& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

/// HMAC whose key is worked in once. OpenSSL's own PBKDF2 takes memory for each of its thousands of rounds, which costs a
/// login more than the arithmetic; only its older interface gives the state away as a value.
class HmacSha256 {
public:
    explicit HmacSha256(std::string_view key) {
        std::array<unsigned char, SHA256_CBLOCK> block{};
        if (key.size() > block.size())
            SHA256(reinterpret_cast<const unsigned char*>(key.data()), key.size(), block.data());
        else
            std::copy(key.begin(), key.end(), block.begin());
        begin(inner_, block, 0x36);
        begin(outer_, block, 0x5c);
        OPENSSL_cleanse(block.data(), block.size());
    }
    HmacSha256(const HmacSha256&) = delete;
    HmacSha256& operator=(const HmacSha256&) = delete;
    ~HmacSha256() {
        OPENSSL_cleanse(&inner_, sizeof inner_);
        OPENSSL_cleanse(&outer_, sizeof outer_);
    }

    using Tag = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
    Tag operator()(std::span<const unsigned char> data) const {
        Tag tag{};
        SHA256_CTX state = inner_;
        SHA256_Update(&state, data.data(), data.size());
        SHA256_Final(tag.data(), &state);
        state = outer_;
        SHA256_Update(&state, tag.data(), tag.size());
        SHA256_Final(tag.data(), &state);
        return tag;
    }

private:
    static void begin(SHA256_CTX& state, std::array<unsigned char, SHA256_CBLOCK> block, unsigned char pad) {
        for (unsigned char& byte : block) byte ^= pad;
        SHA256_Init(&state);
        SHA256_Update(&state, block.data(), block.size());
        OPENSSL_cleanse(block.data(), block.size());
    }

    SHA256_CTX inner_{}, outer_{};
};

bool rounds_allowed(std::string_view prefix) {
    constexpr std::string_view kRounds = "rounds=";
    const std::size_t at = prefix.find(kRounds);
    if (at == std::string_view::npos) return true;
    unsigned rounds = 0;
    const std::string_view digits = prefix.substr(at + kRounds.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rounds);
    return error == std::errc() && end != digits.data() + digits.size() && *end == '$' &&
           rounds <= kMaxRounds;
}

} // namespace

Buffer digest(Hash hash, Bytes data) {
    Buffer result(static_cast<std::size_t>(EVP_MD_get_size(md_of(hash))));
    if (EVP_Digest(data.data(), data.size(), out(result), nullptr, md_of(hash), nullptr) != 1) std::abort();
    return result;
}

Buffer hmac(Hash hash, Bytes key, Bytes data) {
    Buffer result(static_cast<std::size_t>(EVP_MD_get_size(md_of(hash))));
    if (HMAC(md_of(hash), key.data(), static_cast<int>(key.size()), in(data), data.size(), out(result),
             nullptr) == nullptr)
        std::abort();
    return result;
}

Buffer hkdf(Hash hash, Bytes ikm, Bytes salt, std::string_view info, std::size_t length) {
    const Buffer zeros(static_cast<std::size_t>(EVP_MD_get_size(md_of(hash))));
    const Buffer prk = hmac(hash, salt.empty() ? Bytes(zeros) : salt, ikm);
    Buffer okm;
    Buffer block;
    for (unsigned counter = 1; okm.size() < length; ++counter) {
        append(block, info);
        block.push_back(static_cast<std::byte>(counter));
        block = hmac(hash, prk, block);
        append(okm, block);
    }
    okm.resize(length);
    return okm;
}

Buffer pbkdf2_sha256(std::string_view secret, Bytes salt, int iterations, std::size_t length) {
    const HmacSha256 hmac_of(secret);
    Buffer key;
    for (std::uint32_t number = 1; key.size() < length; ++number) {
        std::array<std::byte, 4> counter{};
        store_be32(counter, number);
        const Buffer first = concat({salt, counter});
        HmacSha256::Tag round = hmac_of({in(first), first.size()});
        HmacSha256::Tag sum = round;
        for (int i = 1; i < iterations; ++i) {
            round = hmac_of(round);
            for (std::size_t at = 0; at < sum.size(); ++at) sum[at] ^= round[at];
        }
        append(key, std::as_bytes(std::span(sum)));
    }
    key.resize(length);
    return key;
}

Buffer cmac_aes128(Bytes key, Bytes data) {
    const std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> mac(EVP_MAC_fetch(nullptr, "CMAC", nullptr),
                                                           EVP_MAC_free);
    const std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)> context(
        mac ? EVP_MAC_CTX_new(mac.get()) : nullptr, EVP_MAC_CTX_free);
    std::array<char, 12> cipher{"AES-128-CBC"};
    const std::array params{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher.data(), 0),
                            OSSL_PARAM_construct_end()};
    Buffer result(16);
    std::size_t size = 0;
    if (!context || EVP_MAC_init(context.get(), in(key), key.size(), params.data()) != 1 ||
        EVP_MAC_update(context.get(), in(data), data.size()) != 1 ||
        EVP_MAC_final(context.get(), out(result), &size, result.size()) != 1)
        std::abort();
    return result;
}

Result<std::string> crypt_hash(std::string_view text, std::string_view prefix) {
    const bool known = prefix.starts_with("$1$") || prefix.starts_with("$5$");
    if (!known || prefix.size() > kMaxPrefix || !rounds_allowed(prefix))
        return fail(Errc::malformed, "password hash: this kind of salt is not known");
    const auto work = std::make_unique<crypt_data>();
    const std::string hashed = [&] {
        const char* result = ::crypt_r(std::string(text).c_str(), std::string(prefix).c_str(), work.get());
        return std::string(result == nullptr ? "*" : result);
    }();
    if (!hashed.starts_with('$')) return fail(Errc::malformed, "password hash: the salt is not valid");
    return hashed;
}

} // namespace tplink::crypto
