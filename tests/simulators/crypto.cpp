#include "tests/simulators/crypto.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <zlib.h>

#include <stdexcept>

namespace tplink::sim {
namespace {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

const unsigned char* raw(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* raw(Buffer& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

Buffer digest(const EVP_MD* kind, Bytes data) {
    Buffer out(static_cast<std::size_t>(EVP_MD_get_size(kind)));
    if (EVP_Digest(data.data(), data.size(), raw(out), nullptr, kind, nullptr) != 1)
        throw std::runtime_error("digest not available");
    return out;
}

CipherContext cipher_context(Bytes key, Bytes iv, bool encrypt) {
    CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    if (key.size() != 16 || iv.size() != 16 ||
        EVP_CipherInit_ex(context.get(), EVP_aes_128_cbc(), nullptr, raw(key), raw(iv), encrypt ? 1 : 0) != 1)
        throw std::runtime_error("AES-128-CBC needs a key and an IV of 16 bytes");
    return context;
}

std::optional<Buffer> run_cipher(EVP_CIPHER_CTX* context, Bytes in) {
    Buffer out(in.size() + 16);
    int head = 0;
    int tail = 0;
    if (EVP_CipherUpdate(context, raw(out), &head, raw(in), static_cast<int>(in.size())) != 1)
        return std::nullopt;
    if (EVP_CipherFinal_ex(context, raw(out) + head, &tail) != 1) return std::nullopt;
    out.resize(static_cast<std::size_t>(head) + static_cast<std::size_t>(tail));
    return out;
}

/// The base64 between "-----BEGIN label-----" and "-----END label-----", decoded; line ends are skipped.
std::optional<Buffer> pem_body(std::string_view pem, std::string_view label) {
    const std::string begin = "-----BEGIN " + std::string(label) + "-----";
    const std::string end = "-----END " + std::string(label) + "-----";
    const auto from = pem.find(begin);
    const auto to = pem.find(end);
    if (from == std::string_view::npos || to == std::string_view::npos || to < from) return std::nullopt;
    std::string text;
    for (const char c : pem.substr(from + begin.size(), to - from - begin.size()))
        if (c != '\n' && c != '\r' && c != ' ') text += c;
    return base64_decode(text);
}

int padding_number(RsaPadding padding) {
    return padding == RsaPadding::pkcs1 ? RSA_PKCS1_PADDING : RSA_PKCS1_OAEP_PADDING;
}

using RsaStart = int (*)(EVP_PKEY_CTX*);
using RsaRun = int (*)(EVP_PKEY_CTX*, unsigned char*, std::size_t*, const unsigned char*, std::size_t);

std::optional<Buffer> run_rsa(EVP_PKEY* key, Bytes in, RsaPadding padding, RsaStart start, RsaRun run) {
    KeyContext context(EVP_PKEY_CTX_new(key, nullptr), &EVP_PKEY_CTX_free);
    if (!context || start(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), padding_number(padding)) != 1)
        return std::nullopt;
    std::size_t size = 0;
    if (run(context.get(), nullptr, &size, raw(in), in.size()) != 1) return std::nullopt;
    Buffer out(size);
    if (run(context.get(), raw(out), &size, raw(in), in.size()) != 1) return std::nullopt;
    out.resize(size);
    return out;
}

std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* key) { return {key, &EVP_PKEY_free}; }

} // namespace

Buffer md5(Bytes data) { return digest(EVP_md5(), data); }
Buffer sha1(Bytes data) { return digest(EVP_sha1(), data); }
Buffer sha256(Bytes data) { return digest(EVP_sha256(), data); }
std::string md5_hex_upper(std::string_view text) { return hex_upper(md5(as_bytes(text))); }
std::string sha256_hex_upper(std::string_view text) { return hex_upper(sha256(as_bytes(text))); }

Buffer aes_cbc_encrypt(Bytes key, Bytes iv, Bytes plain) {
    return run_cipher(cipher_context(key, iv, true).get(), plain).value();
}

std::optional<Buffer> aes_cbc_decrypt(Bytes key, Bytes iv, Bytes cipher) {
    if (cipher.empty() || cipher.size() % 16 != 0) return std::nullopt;
    return run_cipher(cipher_context(key, iv, false).get(), cipher);
}

Buffer random_bytes(std::size_t count) {
    Buffer out(count);
    if (RAND_bytes(raw(out), static_cast<int>(count)) != 1) throw std::runtime_error("no random bytes");
    return out;
}

std::string random_text(std::size_t count, std::string_view alphabet) {
    std::string out;
    for (const std::byte b : random_bytes(count)) out += alphabet[u8(b) % alphabet.size()];
    return out;
}

std::uint32_t crc32_ieee(Bytes data) {
    return static_cast<std::uint32_t>(::crc32(0, raw(data), static_cast<uInt>(data.size())));
}

std::optional<RsaPublicKey> RsaPublicKey::from_pem(std::string_view pem) {
    EVP_PKEY* key = nullptr;
    if (const auto spki = pem_body(pem, "PUBLIC KEY")) {
        const unsigned char* at = raw(*spki);
        key = d2i_PUBKEY(nullptr, &at, static_cast<long>(spki->size()));
    } else if (const auto pkcs1 = pem_body(pem, "RSA PUBLIC KEY")) {
        const unsigned char* at = raw(*pkcs1);
        key = d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(pkcs1->size()));
    }
    if (!key) return std::nullopt;
    RsaPublicKey out;
    out.key_ = owned(key);
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return std::nullopt;
    return out;
}

int RsaPublicKey::bits() const { return EVP_PKEY_get_bits(key_.get()); }

std::optional<Buffer> RsaPublicKey::encrypt(Bytes plain, RsaPadding padding) const {
    return run_rsa(key_.get(), plain, padding, &EVP_PKEY_encrypt_init, &EVP_PKEY_encrypt);
}

std::optional<RsaPrivateKey> RsaPrivateKey::from_pem(std::string_view pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr);
    if (!key) return std::nullopt;
    RsaPrivateKey out;
    out.key_ = owned(key);
    return out;
}

RsaPrivateKey RsaPrivateKey::generate(unsigned bits) {
    RsaPrivateKey out;
    out.key_ = owned(EVP_RSA_gen(bits));
    return out;
}

std::string RsaPrivateKey::public_pem() const {
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PUBKEY(bio.get(), key_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::optional<Buffer> RsaPrivateKey::decrypt(Bytes cipher, RsaPadding padding) const {
    return run_rsa(key_.get(), cipher, padding, &EVP_PKEY_decrypt_init, &EVP_PKEY_decrypt);
}

} // namespace tplink::sim
