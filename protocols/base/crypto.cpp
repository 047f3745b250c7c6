#include "protocols/base/crypto.hpp"

#include <algorithm>
#include <cstdlib>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <zlib.h>

namespace tplink::crypto {
namespace {

const unsigned char* in(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* out(std::span<std::byte> bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

/// Looked up once: by its short form (EVP_sha256()) OpenSSL searches its providers at every call.
struct Algorithms {
    const EVP_MD* md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
    const EVP_MD* sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    const EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    const EVP_CIPHER* aes128_cbc = EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr);
};

const Algorithms& algorithms() {
    static const Algorithms all;
    return all;
}

template <class Digest> Digest digest(const EVP_MD* type, Bytes data) {
    Digest result;
    if (EVP_Digest(in(data), data.size(), out(result), nullptr, type, nullptr) != 1) std::abort();
    return result;
}

struct PkeyFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using Pkey = std::unique_ptr<EVP_PKEY, PkeyFree>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, PkeyFree>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, PkeyFree>;
using Bio = std::unique_ptr<BIO, PkeyFree>;

Result<Buffer> rsa_decrypt(EVP_PKEY* key, int padding, Bytes cipher) {
    const PkeyContext context(EVP_PKEY_CTX_new(key, nullptr));
    std::size_t size = 0;
    if (context && EVP_PKEY_decrypt_init(context.get()) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) == 1 &&
        EVP_PKEY_decrypt(context.get(), nullptr, &size, in(cipher), cipher.size()) == 1) {
        Buffer plain(size);
        if (EVP_PKEY_decrypt(context.get(), out(plain), &size, in(cipher), cipher.size()) == 1) {
            plain.resize(size);
            return plain;
        }
    }
    ERR_clear_error();
    return fail(Errc::malformed, "RSA decryption failed: not encrypted for this key");
}

}  // namespace

Md5 md5(Bytes data) { return digest<Md5>(algorithms().md5, data); }
Sha1 sha1(Bytes data) { return digest<Sha1>(algorithms().sha1, data); }
Sha256 sha256(Bytes data) { return digest<Sha256>(algorithms().sha256, data); }
std::string md5_hex_lower(std::string_view text) { return hex_lower(md5(text)); }
std::string md5_hex_upper(std::string_view text) { return hex_upper(md5(text)); }
std::string sha1_hex_lower(std::string_view text) { return hex_lower(sha1(text)); }
std::string sha256_hex_lower(std::string_view text) { return hex_lower(sha256(text)); }
std::string sha256_hex_upper(std::string_view text) { return hex_upper(sha256(text)); }

Sha1 hmac_sha1(Bytes key, Bytes data) {
    Sha1 result;
    if (HMAC(algorithms().sha1, key.data(), static_cast<int>(key.size()), in(data), data.size(), out(result), nullptr) == nullptr)
        std::abort();
    return result;
}

Sha256 hmac_sha256(Bytes key, Bytes data) {
    Sha256 result;
    if (HMAC(algorithms().sha256, key.data(), static_cast<int>(key.size()), in(data), data.size(), out(result), nullptr) ==
        nullptr)
        std::abort();
    return result;
}

Buffer hkdf_sha256(Bytes ikm, Bytes salt, std::string_view info, std::size_t length) {
    static constexpr std::array<std::byte, 32> kNoSalt{};  // RFC 5869: an absent salt is a string of zeros
    const Sha256 prk = hmac_sha256(salt.empty() ? Bytes(kNoSalt) : salt, ikm);
    Buffer okm;
    Buffer block;
    for (unsigned counter = 1; okm.size() < length; ++counter) {
        append(block, info);
        block.push_back(static_cast<std::byte>(counter));
        const Sha256 step = hmac_sha256(prk, block);
        block.assign(step.begin(), step.end());
        append(okm, block);
    }
    okm.resize(length);
    return okm;
}

std::uint32_t crc32(Bytes data) {
    return static_cast<std::uint32_t>(::crc32_z(0, in(data), data.size()));
}

AesKey aes_key(Bytes bytes) {
    AesKey key{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
    return key;
}

Buffer aes128_cbc_encrypt(const AesKey& key, const AesIv& iv, Bytes plain) {
    return AesCbcEncryptor(key).encrypt(plain, iv);
}

Result<Buffer> aes128_cbc_decrypt(const AesKey& key, const AesIv& iv, Bytes cipher) {
    return AesCbcDecryptor(key, iv).decrypt(cipher);
}

struct AesCbcEncryptor::Context {
    CipherContext evp{EVP_CIPHER_CTX_new()};
};

AesCbcEncryptor::AesCbcEncryptor(const AesKey& key) : context_(std::make_unique<Context>()) {
    if (!context_->evp || EVP_EncryptInit_ex(context_->evp.get(), algorithms().aes128_cbc, nullptr, in(key), nullptr) != 1) std::abort();
}

AesCbcEncryptor::~AesCbcEncryptor() = default;
AesCbcEncryptor::AesCbcEncryptor(AesCbcEncryptor&&) noexcept = default;
AesCbcEncryptor& AesCbcEncryptor::operator=(AesCbcEncryptor&&) noexcept = default;

Buffer AesCbcEncryptor::encrypt(Bytes plain, const AesIv& iv) {
    EVP_CIPHER_CTX* evp = context_->evp.get();
    Buffer cipher(plain.size() + 16);
    int written = 0;
    int tail = 0;
    if (EVP_EncryptInit_ex(evp, nullptr, nullptr, nullptr, in(iv)) != 1 ||
        EVP_EncryptUpdate(evp, out(cipher), &written, in(plain), static_cast<int>(plain.size())) != 1 ||
        EVP_EncryptFinal_ex(evp, out(cipher) + written, &tail) != 1)
        std::abort();
    cipher.resize(static_cast<std::size_t>(written + tail));
    return cipher;
}

struct AesCbcDecryptor::Context {
    CipherContext evp{EVP_CIPHER_CTX_new()};
    AesIv iv{};
};

AesCbcDecryptor::AesCbcDecryptor(const AesKey& key, const AesIv& iv) : context_(std::make_unique<Context>()) {
    context_->iv = iv;
    if (!context_->evp || EVP_DecryptInit_ex(context_->evp.get(), algorithms().aes128_cbc, nullptr, in(key), in(iv)) != 1)
        std::abort();
}

AesCbcDecryptor::~AesCbcDecryptor() = default;
AesCbcDecryptor::AesCbcDecryptor(AesCbcDecryptor&&) noexcept = default;
AesCbcDecryptor& AesCbcDecryptor::operator=(AesCbcDecryptor&&) noexcept = default;

Result<Buffer> AesCbcDecryptor::decrypt(Bytes cipher) { return decrypt(cipher, context_->iv); }

Result<Buffer> AesCbcDecryptor::decrypt(Bytes cipher, const AesIv& iv) {
    if (cipher.empty() || cipher.size() % 16 != 0)
        return fail(Errc::malformed, "AES: length is no multiple of 16");
    EVP_CIPHER_CTX* evp = context_->evp.get();
    Buffer plain(cipher.size() + 16);
    int written = 0;
    int tail = 0;
    if (EVP_DecryptInit_ex(evp, nullptr, nullptr, nullptr, in(iv)) != 1 ||
        EVP_DecryptUpdate(evp, out(plain), &written, in(cipher), static_cast<int>(cipher.size())) != 1 ||
        EVP_DecryptFinal_ex(evp, out(plain) + written, &tail) != 1) {
        ERR_clear_error();  // otherwise the next TLS call of this thread reports our padding error as its own
        return fail(Errc::malformed, "AES: wrong padding");
    }
    plain.resize(static_cast<std::size_t>(written + tail));
    return plain;
}

struct RsaKey::Key {
    Pkey pkey;
};

RsaKey::RsaKey(std::unique_ptr<Key> key) : key_(std::move(key)) {}
RsaKey::RsaKey(RsaKey&&) noexcept = default;
RsaKey& RsaKey::operator=(RsaKey&&) noexcept = default;
RsaKey::~RsaKey() = default;

Result<RsaKey> RsaKey::generate(int bits) {
    Pkey pkey(EVP_RSA_gen(static_cast<unsigned>(bits)));
    if (!pkey) return fail(Errc::malformed, "RSA: key generation failed");
    return RsaKey(std::make_unique<Key>(Key{std::move(pkey)}));
}

Result<RsaKey> RsaKey::from_private_pem(std::string_view pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Pkey pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    if (!pkey) {
        ERR_clear_error();
        return fail(Errc::malformed, "RSA: not a private key in PEM form");
    }
    return RsaKey(std::make_unique<Key>(Key{std::move(pkey)}));
}

Buffer RsaKey::public_der() const {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_->pkey.get(), &der);
    if (size <= 0) std::abort();
    Buffer result = to_buffer(std::as_bytes(std::span(der, static_cast<std::size_t>(size))));
    OPENSSL_free(der);
    return result;
}

std::string RsaKey::public_pem(std::size_t columns) const {
    const std::string text = base64_encode(public_der());
    if (columns == 0) columns = text.size();
    std::string pem = "-----BEGIN PUBLIC KEY-----\n";
    for (std::size_t i = 0; i < text.size(); i += columns) pem += text.substr(i, columns) + "\n";
    return pem + "-----END PUBLIC KEY-----\n";
}

Result<Buffer> RsaKey::decrypt_pkcs1(Bytes cipher) const {
    return rsa_decrypt(key_->pkey.get(), RSA_PKCS1_PADDING, cipher);
}

Result<Buffer> RsaKey::decrypt_oaep_sha1(Bytes cipher) const {
    return rsa_decrypt(key_->pkey.get(), RSA_PKCS1_OAEP_PADDING, cipher);
}

Result<Buffer> rsa_encrypt_pkcs1(Bytes public_der, Bytes plain) {
    const unsigned char* der = in(public_der);
    const Pkey pkey(d2i_PUBKEY(nullptr, &der, static_cast<long>(public_der.size())));
    if (pkey) {
        const PkeyContext context(EVP_PKEY_CTX_new(pkey.get(), nullptr));
        std::size_t size = 0;
        if (context && EVP_PKEY_encrypt_init(context.get()) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
            EVP_PKEY_encrypt(context.get(), nullptr, &size, in(plain), plain.size()) == 1) {
            Buffer cipher(size);
            if (EVP_PKEY_encrypt(context.get(), out(cipher), &size, in(plain), plain.size()) == 1) {
                cipher.resize(size);
                return cipher;
            }
        }
    }
    ERR_clear_error();
    return fail(Errc::malformed, "RSA encryption failed: bad public key or text too long");
}

void random_bytes(std::span<std::byte> bytes) {
    if (RAND_bytes(out(bytes), static_cast<int>(bytes.size())) != 1) std::abort();
}

}  // namespace tplink::crypto
