#include "media/rtp/srtp.hpp"

#include <algorithm>

#include "media/rtp/rtp_packet.hpp"

namespace tplink::media::rtp {
namespace {

constexpr std::size_t kRtcpHead = 8; // header and sender's SSRC stay readable
constexpr std::size_t kRtcpTag = 10;
constexpr std::uint32_t kEncrypted = 0x80000000U;

std::array<std::byte, 4> be32(std::uint32_t value) {
    std::array<std::byte, 4> out{};
    store_be32(out, value);
    return out;
}

void mix(std::span<std::byte> into, Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) into[i] ^= bytes[i];
}

// source: RFC 3711 4.3.1, 4.3.3; the key derivation rate is 0
Buffer derive_bytes(const SrtpKeys& keys, unsigned label, std::size_t size) {
    crypto::AesIv iv{};
    std::copy(keys.salt.begin(), keys.salt.end(), iv.begin());
    iv[7] ^= static_cast<std::byte>(label);
    Buffer out(size);
    crypto::AesCounter(keys.key).apply(iv, out);
    return out;
}

// source: RFC 3711 4.1.1
crypto::AesIv iv_of(Bytes salt, std::uint32_t ssrc, std::uint64_t index) {
    crypto::AesIv iv{};
    std::copy(salt.begin(), salt.end(), iv.begin());
    const std::span<std::byte> bytes(iv);
    mix(bytes.subspan(4, 4), be32(ssrc));
    mix(bytes.subspan(8, 4), be32(static_cast<std::uint32_t>(index >> 16U)));
    bytes[12] ^= static_cast<std::byte>(index >> 8U & 0xFFU);
    bytes[13] ^= static_cast<std::byte>(index & 0xFFU);
    return iv;
}

std::uint32_t ssrc_at(Bytes packet, std::size_t at) { return load_be32(packet.subspan(at).first<4>()); }

}  // namespace

SrtpSealer::Session SrtpSealer::derive(const SrtpKeys& keys, unsigned first_label) {
    const Buffer salt = derive_bytes(keys, first_label + 2, SrtpKeys::kSalt);
    Session session{crypto::AesCounter(crypto::aes_key(derive_bytes(keys, first_label, SrtpKeys::kKey))),
                    crypto::HmacSha1(derive_bytes(keys, first_label + 1, crypto::Sha1{}.size())), {}};
    std::copy(salt.begin(), salt.end(), session.salt.begin());
    return session;
}

SrtpSealer::SrtpSealer(const SrtpKeys& keys) : rtp_(derive(keys, 0)), rtcp_(derive(keys, 3)), tag_size_(keys.tag_size) {}

std::size_t SrtpSealer::seal_rtp(std::span<std::byte> room, std::size_t size, std::uint64_t index) {
    rtp_.cipher.apply(iv_of(rtp_.salt, ssrc_at(room, 8), index), room.subspan(kHeaderSize, size - kHeaderSize));
    const auto tag = rtp_.mac.sign(room.first(size), be32(static_cast<std::uint32_t>(index >> 16U)));
    std::copy_n(tag.begin(), tag_size_, room.begin() + static_cast<std::ptrdiff_t>(size));
    return size + tag_size_;
}

void SrtpSealer::seal_rtcp(Buffer& packet, std::uint32_t index) {
    rtcp_.cipher.apply(iv_of(rtcp_.salt, ssrc_at(packet, 4), index), std::span(packet).subspan(kRtcpHead));
    const auto trailer = be32(kEncrypted | index);
    const auto tag = rtcp_.mac.sign(packet, trailer);
    append(packet, trailer);
    append(packet, Bytes(tag).first<kRtcpTag>());
}

}  // namespace tplink::media::rtp
