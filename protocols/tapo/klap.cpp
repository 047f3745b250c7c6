#include "protocols/tapo/klap.hpp"

#include <algorithm>

namespace tplink::tapo {
namespace {

constexpr std::size_t kAesBlockBytes = 16;

std::array<std::byte, 4> be32(std::int32_t value) {
    std::array<std::byte, 4> bytes{};
    store_be32(bytes, static_cast<std::uint32_t>(value));
    return bytes;
}

} // namespace

Buffer klap_auth_hash(KlapVersion version, std::string_view username, std::string_view password) {
    if (version == KlapVersion::v1) {
        const auto hash = crypto::md5(concat({crypto::md5(username), crypto::md5(password)}));
        return {hash.begin(), hash.end()};
    }
    const auto hash = crypto::sha256(concat({crypto::sha1(username), crypto::sha1(password)}));
    return {hash.begin(), hash.end()};
}

crypto::Sha256 klap_server_hash(KlapVersion version, Bytes local_seed, Bytes remote_seed, Bytes auth_hash) {
    if (version == KlapVersion::v1) return crypto::sha256(concat({local_seed, auth_hash}));
    return crypto::sha256(concat({local_seed, remote_seed, auth_hash}));
}

crypto::Sha256 klap_client_hash(KlapVersion version, Bytes local_seed, Bytes remote_seed, Bytes auth_hash) {
    if (version == KlapVersion::v1) return crypto::sha256(concat({remote_seed, auth_hash}));
    return crypto::sha256(concat({remote_seed, local_seed, auth_hash}));
}

KlapCipher::KlapCipher(Bytes local_seed, Bytes remote_seed, Bytes auth_hash) {
    const Buffer seed = concat({local_seed, remote_seed, auth_hash});
    const auto derive = [&](std::string_view label) {
        return crypto::sha256(concat({as_bytes(label), seed}));
    };
    const crypto::AesKey key = crypto::aes_key(derive("lsk"));
    encryptor_.emplace(key);
    decryptor_.emplace(key, crypto::AesIv{}); // each message brings its own
    const crypto::Sha256 iv = derive("iv");
    std::copy_n(iv.begin(), iv12_.size(), iv12_.begin());
    seq_ = static_cast<std::int32_t>(load_be32(std::span(iv).last<4>()));
    const crypto::Sha256 sig = derive("ldk");
    std::copy_n(sig.begin(), sig28_.size(), sig28_.begin());
}

crypto::AesIv KlapCipher::iv(std::int32_t seq) const {
    crypto::AesIv iv{};
    std::copy(iv12_.begin(), iv12_.end(), iv.begin());
    store_be32(std::span(iv).last<4>(), static_cast<std::uint32_t>(seq));
    return iv;
}

crypto::Sha256 KlapCipher::signature(std::int32_t seq, Bytes cipher) const {
    return crypto::sha256(concat({sig28_, be32(seq), cipher}));
}

Buffer KlapCipher::seal(std::int32_t seq, Bytes plain) {
    const Buffer cipher = encryptor_->encrypt(plain, iv(seq));
    return concat({signature(seq, cipher), cipher});
}

Result<Buffer> KlapCipher::open(std::int32_t seq, Bytes frame) {
    if (frame.size() < kKlapSignatureBytes + kAesBlockBytes)
        return fail(Errc::malformed, "KLAP: reply is too short");
    const Bytes cipher = frame.subspan(kKlapSignatureBytes);
    if (!equal_constant_time(frame.first(kKlapSignatureBytes), signature(seq, cipher)))
        return fail(Errc::malformed, "KLAP: reply has a wrong signature");
    return decryptor_->decrypt(cipher, iv(seq));
}

} // namespace tplink::tapo
