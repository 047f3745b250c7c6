#pragma once
// The arithmetic of the L3 camera login (encrypt_type 3) and its channel. Pure. Source: camera.md, "L3".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/crypto.hpp"
#include "protocols/base/result.hpp"

namespace tplink::tapo {

/// Which digest of the password the camera holds.
enum class HashForm { sha256, md5 };
std::string_view to_string(HashForm form);
/// Upper-case hex of that digest.
std::string password_hash(HashForm form, std::string_view password);

/// The camera's proof for `hash`.
std::string device_confirm(std::string_view cnonce, std::string_view hash, std::string_view nonce);
/// The form whose hash the camera's proof fits; nothing: the password is wrong for this camera.
std::optional<HashForm> match_hash(std::string_view password, std::string_view cnonce, std::string_view nonce,
                                   std::string_view confirm);
/// Our proof.
std::string digest_passwd(std::string_view hash, std::string_view cnonce, std::string_view nonce);

/// Keys of one session.
class SecureChannel {
public:
    SecureChannel(std::string_view hash, std::string_view cnonce, std::string_view nonce);

    /// The body of a securePassthrough request around `plain`.
    std::string seal(std::string_view plain) const;
    /// Header Tapo_tag for exactly these body bytes.
    std::string tag(std::string_view body, std::int64_t seq) const;
    /// `response` of a reply: base64 of ciphertext, or plain JSON of some firmware.
    /// errors: malformed when it is neither.
    Result<std::string> open(std::string_view response) const;

private:
    crypto::AesKey lsk_{};
    crypto::AesIv ivb_{};
    std::string tag_seed_;
};

} // namespace tplink::tapo
