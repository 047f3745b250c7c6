#include "protocols/stream/passwords.hpp"

#include <algorithm>

#include "protocols/base/crypto.hpp"
#include "protocols/stream/digest.hpp"

namespace tplink::stream {
namespace {

bool is_ready_hash(std::string_view text, std::size_t digits) {
    return text.size() == digits && text.find_first_not_of("0123456789ABCDEF") == std::string_view::npos;
}

} // namespace

Passwords::Passwords(Scheme scheme, const Secret& password) : scheme_(scheme), plain_(password) {
    is_md5_ = scheme == Scheme::tapo && is_ready_hash(password.reveal(), 32);
    is_sha256_ = scheme == Scheme::tapo && is_ready_hash(password.reveal(), 64);
}

std::vector<Secret> Passwords::hashes(bool sha256_first) const {
    if (is_md5_ || is_sha256_) return {plain_};
    std::vector<Secret> both{Secret(crypto::md5_hex_upper(plain_.reveal())),
                             Secret(crypto::sha256_hex_upper(plain_.reveal()))};
    if (sha256_first) std::swap(both[0], both[1]);
    return both;
}

Result<std::vector<Secret>> Passwords::for_digest(bool wants_sha256) const {
    if (scheme_ == Scheme::vigi) return std::vector{Secret(vigi_security_encode(plain_.reveal()))};
    if (is_md5_ && wants_sha256)
        return fail(Errc::auth_failed, "the camera wants the SHA-256 of the password, an MD5 was configured; "
                                       "configure the plain password or its SHA-256");
    if (is_sha256_ && !wants_sha256)
        return fail(Errc::auth_failed, "the camera wants the MD5 of the password, a SHA-256 was configured; "
                                       "configure the plain password or its MD5");
    return hashes(wants_sha256);
}

std::vector<Secret> Passwords::for_media(const std::optional<Secret>& accepted, bool wants_sha256) const {
    // VIGI: no capture says whether the plain or the encoded password makes the key. source:
    // port8800.md, "VIGI password".
    if (scheme_ == Scheme::vigi) return {plain_, Secret(vigi_security_encode(plain_.reveal()))};
    if (accepted) return {*accepted};
    return hashes(wants_sha256);
}

} // namespace tplink::stream
