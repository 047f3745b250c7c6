#include "tests/simulators/media/media_crypto.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace tplink::sim {
namespace {

constexpr std::size_t kBlock = 16;

const unsigned char* raw(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

Buffer digest(const EVP_MD* kind, std::string_view text) {
    Buffer out(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), raw(out.data()), &size, kind, nullptr) != 1)
        throw std::runtime_error("simulator: EVP_Digest");
    out.resize(size);
    return out;
}

std::array<std::byte, 16> md5(std::string_view text) {
    std::array<std::byte, 16> out{};
    std::ranges::copy(digest(EVP_md5(), text), out.begin());
    return out;
}

Buffer hmac(Bytes key, Bytes data) {
    Buffer out(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(data), data.size(), raw(out.data()), &size) == nullptr)
        throw std::runtime_error("simulator: HMAC");
    out.resize(size);
    return out;
}

/// RFC 5869, for at most one block of output.
Buffer hkdf(std::string_view ikm, std::string_view salt, std::string_view info, std::size_t length) {
    const Buffer extracted = hmac(as_bytes(salt), as_bytes(ikm));
    Buffer out = hmac(extracted, as_bytes(std::string(info) + '\x01'));
    out.resize(length);
    return out;
}

std::string md5_hex(std::string_view text) { return hex_lower(md5(text)); }

} // namespace

std::string password_secret(std::string_view password, MediaHash hash) {
    return hex_upper(digest(hash == MediaHash::md5 ? EVP_md5() : EVP_sha256(), password));
}

std::string random_nonce() {
    std::array<std::byte, 16> bytes{};
    if (RAND_bytes(raw(bytes.data()), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("simulator: RAND_bytes");
    return hex_lower(bytes);
}

std::string digest_response(const DigestFields& f) {
    const std::string ha1 = md5_hex(f.username + ":" + std::string(kRealm) + ":" + f.secret);
    const std::string ha2 = md5_hex(f.method + ":" + f.uri);
    return md5_hex(ha1 + ":" + f.nonce + ":" + f.nc + ":" + f.cnonce + ":auth:" + ha2);
}

std::map<std::string, std::string> parse_digest(std::string_view header) {
    std::map<std::string, std::string> out;
    if (!header.starts_with("Digest ")) return out;
    header.remove_prefix(7);
    while (!header.empty()) {
        const std::size_t begin = header.find_first_not_of(" ,\t");
        const std::size_t equals = header.find('=', begin == std::string_view::npos ? 0 : begin);
        if (begin == std::string_view::npos || equals == std::string_view::npos) break;
        const std::string name = ascii_lower(header.substr(begin, equals - begin));
        header.remove_prefix(equals + 1);
        const bool quoted = header.starts_with('"');
        if (quoted) header.remove_prefix(1);
        const std::size_t end = std::min(header.find(quoted ? '"' : ','), header.size());
        out[name] = std::string(header.substr(0, end));
        header.remove_prefix(std::min(end + 1, header.size()));
    }
    return out;
}

MediaKey derive_media_key(std::string_view nonce, std::string_view username, std::string_view secret) {
    const std::string nonce_text(nonce);
    return {md5(nonce_text + ":" + std::string(secret)), md5(std::string(username) + ":" + nonce_text)};
}

MediaKey derive_hkdf_key(std::string_view nonce, std::string_view salt, std::string_view secret) {
    const std::string ikm = std::string(nonce) + ":" + std::string(secret);
    MediaKey key;
    std::ranges::copy(hkdf(ikm, salt, "stream_hkdf_aes_key", 16), key.key.begin());
    key.signing_key = hkdf(ikm, salt, "stream_hkdf_hmac_key", 16);
    return key;
}

std::string code_vigi_password(std::string_view password) {
    constexpr std::string_view kShort = "RDpbLfCPsJZ7fiv";
    constexpr std::string_view kLong =
        "yLwVl0zKqws7LgKPRQ84Mdt708T1qQ3Ha7xv3H7NyU84p21BriUWBU43odz3iP4rBL3cD02KZciXTysVXiV8ngg6vL48rPJyAUw0HurW20xqxv9aYb4M9wK1"
        "Ae0wlro510qXeU07kV57fQMc8L6aLgMLwygtc0F10a0Dg70TOoouyFhdysuRMO51yY5ZlOZZLEal1h0t9YQW0Ko7oBwmCAHoic4HYbUyVeU3sfQ1xtXcPcf1"
        "aT303wAQhv66qzW";
    std::string out;
    for (std::size_t i = 0; i < std::max(password.size(), kShort.size()); ++i) {
        const unsigned a = i < kShort.size() ? static_cast<unsigned char>(kShort[i]) : 187U;
        const unsigned b = i < password.size() ? static_cast<unsigned char>(password[i]) : 187U;
        out += kLong[(a ^ b) % kLong.size()];
    }
    return out;
}

struct PartSealer::Context {
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> evp{EVP_CIPHER_CTX_new(),
                                                                        EVP_CIPHER_CTX_free};
    MediaKey key;
};

PartSealer::PartSealer(const MediaKey& key) : context_(std::make_unique<Context>()) {
    context_->key = key;
    if (EVP_EncryptInit_ex(context_->evp.get(), EVP_aes_128_cbc(), nullptr, raw(key.key), raw(key.iv)) != 1)
        throw std::runtime_error("simulator: EVP_EncryptInit_ex");
}

PartSealer::~PartSealer() = default;

bool PartSealer::is_signing() const { return !context_->key.signing_key.empty(); }

std::string PartSealer::renew_iv() {
    if (RAND_bytes(raw(context_->key.iv.data()), kBlock) != 1) throw std::runtime_error("simulator: RAND_bytes");
    return hex_lower(context_->key.iv);
}

std::string PartSealer::sign(Bytes sealed, bool wrong) const {
    Buffer signature = hmac(context_->key.signing_key, sealed);
    if (wrong) signature[0] ^= std::byte{1};
    return base64_encode(signature);
}

void PartSealer::append_sealed(Buffer& out, Bytes plain, bool bad_padding) {
    EVP_CIPHER_CTX* evp = context_->evp.get();
    EVP_EncryptInit_ex(evp, nullptr, nullptr, nullptr, raw(context_->key.iv));
    EVP_CIPHER_CTX_set_padding(evp, 0); // padded here, so that it can be wrong on purpose
    const std::size_t whole = plain.size() / kBlock * kBlock;
    std::array<std::byte, kBlock> last{};
    const Bytes tail = plain.subspan(whole);
    std::ranges::fill(last, static_cast<std::byte>(kBlock - tail.size()));
    std::ranges::copy(tail, last.begin());
    if (bad_padding) last.back() = std::byte{0};

    const std::size_t begin = out.size();
    out.resize(begin + whole + kBlock);
    int size = 0;
    if (EVP_EncryptUpdate(evp, raw(out.data() + begin), &size, raw(plain), static_cast<int>(whole)) != 1 ||
        EVP_EncryptUpdate(evp, raw(out.data() + begin + whole), &size, raw(Bytes(last)), kBlock) != 1)
        throw std::runtime_error("simulator: EVP_EncryptUpdate");
}

} // namespace tplink::sim
