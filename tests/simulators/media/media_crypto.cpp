#include "tests/simulators/media/media_crypto.hpp"

#include <openssl/evp.h>
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
