#pragma once
// The `Key-Exchange` header of port 8800 and the cipher of its parts.

#include <string>
#include <string_view>

#include "protocols/base/crypto.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::stream {

struct KeyExchange {
    enum class Algorithm { md5, hkdf };
    Algorithm algorithm = Algorithm::md5;
    std::string username;
    std::string nonce;        ///< text, not hex; may be empty for HKDF
    std::string salt;         ///< HKDF only
    std::string encrypt_type; ///< "3" on cameras that hold a SHA-256

    /// "Media encryption off": parts are still encrypted, with a password every camera knows.
    bool uses_default_secret() const { return username == "none"; }
};

/// in:     name="value" pairs parted by spaces; unknown names ignored.
/// errors: malformed without a nonce (MD5) or salt (HKDF); unsupported for another cipher or algorithm, which
/// it names.
Result<KeyExchange> parse_key_exchange(std::string_view header);

/// Decrypts the parts of one session. Parts are independent: a lost one does not spoil the next.
class PartCipher {
public:
    /// `secret`: the string the Digest accepted; ignored when the exchange uses the default secret.
    PartCipher(const KeyExchange& exchange, const Secret& secret);

    /// x_nonce, x_data_hmac: the part's headers, used by HKDF sessions only.
    /// errors: malformed for a wrong length, padding or signature.
    Result<Buffer> decrypt(Bytes cipher, std::string_view x_nonce, std::string_view x_data_hmac);

private:
    PartCipher(const KeyExchange& exchange, const std::string& secret);

    bool is_signed_;
    Buffer hmac_key_; ///< HKDF only
    crypto::AesCbcDecryptor decryptor_;
};

} // namespace tplink::stream
