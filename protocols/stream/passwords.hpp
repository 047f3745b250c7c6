#pragma once
// What a password becomes before it goes into the Digest and into the media key.

#include <optional>
#include <string_view>
#include <vector>

#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::stream {

/// The strings to log in with, in the order to try; never more than two.
class Passwords {
public:
    Passwords(Scheme scheme, const Secret& password);

    bool empty() const { return plain_.empty(); }

    /// First the one the camera asks for; the other hash follows because some cameras kept the hash of their
    /// old firmware. errors: auth_failed when a ready hash of the other kind was configured.
    Result<std::vector<Secret>> for_digest(bool wants_sha256) const;

    /// Candidates for the media key, given what the Digest accepted (nothing when the camera asked for no
    /// login).
    std::vector<Secret> for_media(const std::optional<Secret>& accepted, bool wants_sha256) const;

private:
    std::vector<Secret> hashes(bool sha256_first) const;

    Scheme scheme_;
    Secret plain_; ///< or the ready hash
    bool is_md5_ = false;
    bool is_sha256_ = false;
};

} // namespace tplink::stream
