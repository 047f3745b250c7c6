#pragma once
// Secrets, Digest and media key of the video port, computed with OpenSSL alone so that client and simulator
// cannot share a mistake. Source: port8800.md, "Digest" and "Key-Exchange".

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::sim {

inline constexpr std::string_view kRealm = "TP-Link IP-Camera";
inline constexpr std::string_view kOpaque = "64943214654649846565646421";
inline constexpr std::string_view kFactorySecret =
    "TPL075526460603"; ///< of key exchange "none", used as it stands

/// Upper-case hex of the account password's hash.
std::string password_secret(std::string_view password, MediaHash hash);

/// 32 lower-case hex digits.
std::string random_nonce();

struct DigestFields {
    std::string username, secret, method, uri, nonce, nc, cnonce;
};
/// Digest with MD5 and qop "auth".
std::string digest_response(const DigestFields& fields);

/// `Digest a="b", c=d` as names (lower case) and values without quotes.
std::map<std::string, std::string> parse_digest(std::string_view header);

struct MediaKey {
    std::array<std::byte, 16> key{};
    std::array<std::byte, 16> iv{};
    Buffer signing_key{}; ///< HKDF: parts are signed and have IVs of their own
};
/// The HKDF variant; nonce and salt as text.
MediaKey derive_hkdf_key(std::string_view nonce, std::string_view salt, std::string_view secret);
/// VIGI's code of the local admin password.
std::string code_vigi_password(std::string_view password);
MediaKey derive_media_key(std::string_view nonce, std::string_view username, std::string_view secret);

/// AES-128-CBC with PKCS#7, IV anew for each part.
class PartSealer {
public:
    explicit PartSealer(const MediaKey& key);
    ~PartSealer();
    PartSealer(const PartSealer&) = delete;
    PartSealer& operator=(const PartSealer&) = delete;

    /// Appends the ciphertext of `plain`; with `bad_padding` its last plain byte is 0.
    void append_sealed(Buffer& out, Bytes plain, bool bad_padding = false);
    /// HKDF: a new IV for the next part, as X-Nonce names it.
    std::string renew_iv();
    /// Base64 of the signature of a sealed part; with `wrong` it is another's.
    std::string sign(Bytes sealed, bool wrong) const;
    bool is_signing() const;

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

} // namespace tplink::sim
