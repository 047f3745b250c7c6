#pragma once
// KLAP: the cipher of Tapo and Kasa plugs since 2023. Pure; its transport is klap_transport.hpp. Source:
// klap.md.

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"
#include "protocols/base/result.hpp"

namespace tplink::tapo {

enum class KlapVersion { v1, v2 };

inline constexpr std::size_t kKlapSeedBytes = 16;
inline constexpr std::size_t kKlapHandshakeBytes = 48; ///< remote seed and server hash
inline constexpr std::size_t kKlapSignatureBytes = 32;

/// What stands for the account: MD5(MD5(user)||MD5(password)) in v1, SHA256(SHA1(user)||SHA1(password)) in
/// v2.
Buffer klap_auth_hash(KlapVersion version, std::string_view username, std::string_view password);

/// The device's proof in the answer to handshake1.
crypto::Sha256 klap_server_hash(KlapVersion version, Bytes local_seed, Bytes remote_seed, Bytes auth_hash);

/// Our proof: the body of handshake2.
crypto::Sha256 klap_client_hash(KlapVersion version, Bytes local_seed, Bytes remote_seed, Bytes auth_hash);

/// One session's keys and counter.
class KlapCipher {
public:
    KlapCipher(Bytes local_seed, Bytes remote_seed, Bytes auth_hash);

    std::int32_t seq() const { return seq_; }
    /// No number is left: firmwares differ about what follows 2^31-1, so a new session begins instead.
    bool exhausted() const { return seq_ == std::numeric_limits<std::int32_t>::max(); }
    /// The number of the next request. Only while not exhausted.
    std::int32_t next_seq() { return ++seq_; }

    /// Signature and ciphertext of `plain` under `seq`: the body of /app/request?seq=...
    Buffer seal(std::int32_t seq, Bytes plain);
    /// The reverse, for the reply with the same `seq`. errors: malformed when too short, wrongly signed or
    /// padded.
    Result<Buffer> open(std::int32_t seq, Bytes frame);

private:
    crypto::AesIv iv(std::int32_t seq) const;
    crypto::Sha256 signature(std::int32_t seq, Bytes cipher) const;

    std::optional<crypto::AesCbcEncryptor> encryptor_; ///< both hold the key, set up once for the session
    std::optional<crypto::AesCbcDecryptor> decryptor_;
    std::array<std::byte, 12> iv12_{};
    std::array<std::byte, 28> sig28_{};
    std::int32_t seq_ = 0;
};

} // namespace tplink::tapo
