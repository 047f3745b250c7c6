#include "protocols/base/crypto_aead.hpp"

#include <cstdlib>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>

namespace tplink::crypto {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

const EVP_CIPHER* cipher_of(AeadKind kind) {
    switch (kind) {
    case AeadKind::aes128_ccm: return EVP_aes_128_ccm();
    case AeadKind::aes256_ccm: return EVP_aes_256_ccm();
    case AeadKind::chacha20_poly1305: break;
    }
    return EVP_chacha20_poly1305();
}

unsigned char* raw(Buffer& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
int size_of(Bytes bytes) { return static_cast<int>(bytes.size()); }

} // namespace

std::size_t key_bytes(AeadKind kind) { return kind == AeadKind::aes128_ccm ? 16 : 32; }

Buffer aead_seal(AeadKind kind, Bytes key, const AeadNonce& nonce, Bytes plain) {
    const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    const bool ccm = kind != AeadKind::chacha20_poly1305;
    Buffer sealed(plain.size() + kAeadTagBytes);
    int written = 0;
    int tail = 0;
    bool good = context &&
                EVP_EncryptInit_ex(context.get(), cipher_of(kind), nullptr, nullptr, nullptr) == 1 &&
                EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce.size()),
                                    nullptr) == 1;
    if (good && ccm)
        good = EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, nullptr) == 1;
    good = good && EVP_EncryptInit_ex(context.get(), nullptr, nullptr, raw(key), raw(nonce)) == 1;
    // CCM wants to know the length before the text.
    if (good && ccm) good = EVP_EncryptUpdate(context.get(), nullptr, &written, nullptr, size_of(plain)) == 1;
    good = good && EVP_EncryptUpdate(context.get(), raw(sealed), &written, raw(plain), size_of(plain)) == 1 &&
           EVP_EncryptFinal_ex(context.get(), raw(sealed) + written, &tail) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes,
                               raw(sealed) + plain.size()) == 1;
    if (!good) std::abort();
    return sealed;
}

Result<Buffer> aead_open(AeadKind kind, Bytes key, const AeadNonce& nonce, Bytes sealed) {
    if (sealed.size() <= kAeadTagBytes) return fail(Errc::malformed, "reply is too short");
    const Bytes cipher = sealed.first(sealed.size() - kAeadTagBytes);
    Buffer tag = to_buffer(sealed.last(kAeadTagBytes));
    const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    const bool ccm = kind != AeadKind::chacha20_poly1305;
    Buffer plain(cipher.size());
    int written = 0;
    int tail = 0;
    bool good = context &&
                EVP_DecryptInit_ex(context.get(), cipher_of(kind), nullptr, nullptr, nullptr) == 1 &&
                EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce.size()),
                                    nullptr) == 1 &&
                EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, raw(tag)) == 1 &&
                EVP_DecryptInit_ex(context.get(), nullptr, nullptr, raw(key), raw(nonce)) == 1;
    if (good && ccm)
        good = EVP_DecryptUpdate(context.get(), nullptr, &written, nullptr, size_of(cipher)) == 1;
    good = good && EVP_DecryptUpdate(context.get(), raw(plain), &written, raw(cipher), size_of(cipher)) == 1;
    if (good && !ccm)
        good = EVP_DecryptFinal_ex(context.get(), raw(plain) + written, &tail) == 1; // CCM checked already
    if (good) return plain;
    ERR_clear_error(); // otherwise the next TLS call of this thread reports our failure as its own
    return fail(Errc::malformed, "reply does not decrypt");
}

} // namespace tplink::crypto
