#include "protocols/stream/key_exchange.hpp"

#include <algorithm>

namespace tplink::stream {
namespace {

constexpr std::string_view kDefaultSecret =
    "TPL075526460603"; // not hashed. source: port8800.md, "Key-Exchange"; CVE-2022-37255

/// Takes one name="value"; the value ends at its quote, or at the next space when it has none.
std::pair<std::string_view, std::string_view> take_pair(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t,;"), text.size()));
    const std::string_view name = text.substr(0, text.find_first_of("= \t"));
    text.remove_prefix(name.size());
    if (!text.starts_with('=')) return {name, {}};
    text.remove_prefix(1);
    const bool quoted = text.starts_with('"');
    if (quoted) text.remove_prefix(1);
    const std::string_view value = text.substr(0, text.find_first_of(quoted ? "\"" : " \t"));
    text.remove_prefix(std::min(value.size() + 1, text.size()));
    return {name, value};
}

Buffer derive(const KeyExchange& exchange, const std::string& secret, std::string_view info) {
    const std::string ikm = exchange.nonce + ":" + secret;
    return crypto::hkdf_sha256(as_bytes(ikm), as_bytes(exchange.salt), info, 16);
}

crypto::AesKey media_key(const KeyExchange& exchange, const std::string& secret) {
    if (exchange.algorithm == KeyExchange::Algorithm::hkdf)
        return crypto::aes_key(derive(exchange, secret, "stream_hkdf_aes_key"));
    return crypto::md5(exchange.nonce + ":" + secret);
}

} // namespace

Result<KeyExchange> parse_key_exchange(std::string_view header) {
    KeyExchange exchange;
    std::string cipher;
    std::string algorithm;
    while (!header.empty()) {
        const auto [name, value] = take_pair(header);
        const std::string key = ascii_lower(name);
        if (key == "cipher") cipher = value;
        if (key == "algorithm") algorithm = value;
        if (key == "username") exchange.username = value;
        if (key == "nonce") exchange.nonce = value;
        if (key == "salt") exchange.salt = value;
        if (key == "encrypt_type") exchange.encrypt_type = value;
    }
    if (!cipher.empty() && ascii_upper(cipher) != "AES_128_CBC")
        return fail(Errc::unsupported, "Key-Exchange: unknown cipher " + cipher);
    if (ascii_upper(algorithm) == "HKDF")
        exchange.algorithm = KeyExchange::Algorithm::hkdf;
    else if (!algorithm.empty() && ascii_upper(algorithm) != "MD5")
        return fail(Errc::unsupported, "Key-Exchange: unknown algorithm " + algorithm);
    const bool is_hkdf = exchange.algorithm == KeyExchange::Algorithm::hkdf;
    if (is_hkdf && exchange.salt.empty()) return fail(Errc::malformed, "Key-Exchange: no salt");
    if (!is_hkdf && exchange.nonce.empty()) return fail(Errc::malformed, "Key-Exchange: no nonce");
    return exchange;
}

PartCipher::PartCipher(const KeyExchange& exchange, const Secret& secret)
    : PartCipher(exchange, exchange.uses_default_secret() ? std::string(kDefaultSecret) : secret.reveal()) {}

// The write-ups print key and IV of the MD5 variant the other way round; this order decrypts.
PartCipher::PartCipher(const KeyExchange& exchange, const std::string& secret)
    : is_signed_(exchange.algorithm == KeyExchange::Algorithm::hkdf),
      hmac_key_(is_signed_ ? derive(exchange, secret, "stream_hkdf_hmac_key") : Buffer{}),
      decryptor_(media_key(exchange, secret), crypto::md5(exchange.username + ":" + exchange.nonce)) {}

Result<Buffer> PartCipher::decrypt(Bytes cipher, std::string_view x_nonce, std::string_view x_data_hmac) {
    if (!is_signed_) return decryptor_.decrypt(cipher);
    const auto iv = from_hex(x_nonce);
    if (!iv || iv->size() != 16) return fail(Errc::malformed, "X-Nonce: not 16 bytes in hex");
    const auto claimed = base64_decode(x_data_hmac);
    if (!claimed || !equal_constant_time(*claimed, crypto::hmac_sha256(hmac_key_, cipher)))
        return fail(Errc::malformed, "X-Data-Hmac: does not fit the part");
    return decryptor_.decrypt(cipher, crypto::aes_key(*iv));
}

} // namespace tplink::stream
