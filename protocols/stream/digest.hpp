#pragma once
// HTTP Digest as port 8800 speaks it: with MD5, whatever the password was hashed with before. SHA-256 is answered as well,
// for the firmware that asks for it first (VIGI's open interface does already).

#include <string>
#include <string_view>

#include "protocols/base/result.hpp"

namespace tplink::stream {

/// A `WWW-Authenticate: Digest ...` header. Values as they stand between the quotes; empty when absent.
struct DigestChallenge {
    std::string realm;
    std::string nonce;
    std::string opaque;
    std::string qop;
    std::string encrypt_type; ///< "3": the camera holds the SHA-256 of the password, not the MD5
    bool sha256 = false; ///< algorithm=SHA-256; otherwise MD5. source: RFC 7616

    bool wants_sha256() const { return encrypt_type == "3"; }
};

/// in:     the header's value; key="quoted" and key=token, any order and spacing, unknown keys ignored.
/// errors: malformed when it is no Digest or has no nonce; unsupported for an algorithm or qop nobody has
/// seen there.
Result<DigestChallenge> parse_digest_challenge(std::string_view header);

/// The `response` field: with qop=auth and nc=00000001, or the older form when the camera offers no qop.
std::string digest_response(const DigestChallenge& challenge, std::string_view username,
                            std::string_view secret, std::string_view method, std::string_view uri,
                            std::string_view cnonce);

/// The whole `Authorization` value; echoes realm, nonce and opaque.
std::string digest_authorization(const DigestChallenge& challenge, std::string_view username,
                                 std::string_view secret, std::string_view method, std::string_view uri,
                                 std::string_view cnonce);

/// The string a VIGI camera expects in place of the local admin password. source: port8800.md, "VIGI password".
std::string vigi_security_encode(std::string_view password);

} // namespace tplink::stream
