#include "protocols/base/crypto_aead.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <openssl/err.h>
#include <openssl/evp.h>

namespace tplink::crypto {
namespace {

struct ContextFree {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextFree>;

/// Looked up once: by its short form OpenSSL searches its providers at every call.
const EVP_CIPHER* cipher_of(AeadKind kind) {
    static const EVP_CIPHER* const ccm128 = EVP_CIPHER_fetch(nullptr, "AES-128-CCM", nullptr);
    static const EVP_CIPHER* const ccm256 = EVP_CIPHER_fetch(nullptr, "AES-256-CCM", nullptr);
    static const EVP_CIPHER* const chacha = EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr);
    return kind == AeadKind::aes128_ccm ? ccm128 : kind == AeadKind::aes256_ccm ? ccm256 : chacha;
}

unsigned char* raw(Buffer& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
int size_of(Bytes bytes) { return static_cast<int>(bytes.size()); }

} // namespace

std::size_t key_bytes(AeadKind kind) { return kind == AeadKind::aes128_ccm ? 16 : 32; }

struct Aead::Contexts {
    bool ccm = false;
    Context seals{EVP_CIPHER_CTX_new()}, opens{EVP_CIPHER_CTX_new()};
};

Aead::Aead(AeadKind kind, Bytes key) : contexts_(std::make_unique<Contexts>()) {
    contexts_->ccm = kind != AeadKind::chacha20_poly1305;
    for (EVP_CIPHER_CTX* context : {contexts_->seals.get(), contexts_->opens.get()}) {
        const int seals = context == contexts_->seals.get() ? 1 : 0;
        bool good = context != nullptr && EVP_CipherInit_ex(context, cipher_of(kind), nullptr, nullptr, nullptr, seals) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, std::tuple_size_v<AeadNonce>, nullptr) == 1;
        if (contexts_->ccm) good = good && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, nullptr) == 1;
        if (!good || EVP_CipherInit_ex(context, nullptr, nullptr, raw(key), nullptr, seals) != 1) std::abort();
    }
}

Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

Buffer Aead::seal(const AeadNonce& nonce, Bytes plain, Bytes head) {
    EVP_CIPHER_CTX* context = contexts_->seals.get();
    Buffer sealed(head.size() + plain.size() + kAeadTagBytes);
    std::copy(head.begin(), head.end(), sealed.begin());
    unsigned char* const cipher = raw(sealed) + head.size();
    int written = 0;
    int tail = 0;
    bool good = EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, raw(nonce)) == 1;
    // CCM wants to know the length before the text.
    if (contexts_->ccm) good = good && EVP_EncryptUpdate(context, nullptr, &written, nullptr, size_of(plain)) == 1;
    good = good && EVP_EncryptUpdate(context, cipher, &written, raw(plain), size_of(plain)) == 1 &&
           EVP_EncryptFinal_ex(context, cipher + written, &tail) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, cipher + plain.size()) == 1;
    if (!good) std::abort();
    return sealed;
}

Result<Buffer> Aead::open(const AeadNonce& nonce, Bytes sealed) {
    if (sealed.size() <= kAeadTagBytes) return fail(Errc::malformed, "reply is too short");
    const Bytes cipher = sealed.first(sealed.size() - kAeadTagBytes);
    Buffer tag = to_buffer(sealed.last(kAeadTagBytes));
    EVP_CIPHER_CTX* context = contexts_->opens.get();
    const bool ccm = contexts_->ccm;
    Buffer plain(cipher.size());
    int written = 0;
    int tail = 0;
    bool good = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, raw(tag)) == 1 &&
                EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, raw(nonce)) == 1;
    if (good && ccm) good = EVP_DecryptUpdate(context, nullptr, &written, nullptr, size_of(cipher)) == 1;
    good = good && EVP_DecryptUpdate(context, raw(plain), &written, raw(cipher), size_of(cipher)) == 1;
    if (good && !ccm) good = EVP_DecryptFinal_ex(context, raw(plain) + written, &tail) == 1; // CCM checked already
    if (good) return plain;
    ERR_clear_error(); // otherwise the next TLS call of this thread reports our failure as its own
    return fail(Errc::malformed, "reply does not decrypt");
}

} // namespace tplink::crypto
