#pragma once
// Encrypting RTP and RTCP for a WebRTC viewer. source: RFC 3711 with AES-CM-128 and HMAC-SHA1

#include <array>
#include <cstdint>

#include "protocols/base/crypto_stream.hpp"

namespace tplink::media::rtp {

/// Master key and salt, as the DTLS handshake gives them. source: RFC 5764 4.1.2
struct SrtpKeys {
    static constexpr std::size_t kKey = 16, kSalt = 14;
    std::array<std::byte, kKey> key{};
    std::array<std::byte, kSalt> salt{};
    std::size_t tag_size = 10; ///< of RTP: 10 or 4; RTCP always has 10
};

/// One direction. Each index of a source is encrypted once with one content: the same packet again gives the same
/// bytes. Not thread-safe.
class SrtpSealer {
public:
    static constexpr std::size_t kMostRtpGrowth = 10, kRtcpGrowth = 14;

    explicit SrtpSealer(const SrtpKeys& keys);

    /// packet: an RTP packet with a plain 12-byte header and room for kMostRtpGrowth bytes behind it; index: its sequence
    /// number with the count of turnovers above it. Returns the size with the tag.
    std::size_t seal_rtp(std::span<std::byte> room, std::size_t size, std::uint64_t index);
    /// Appends what SRTCP has behind a compound packet; index: 31 bits, never twice for one SSRC.
    void seal_rtcp(Buffer& packet, std::uint32_t index);

private:
    struct Session {
        crypto::AesCounter cipher;
        crypto::HmacSha1 mac;
        std::array<std::byte, SrtpKeys::kSalt> salt;
    };
    static Session derive(const SrtpKeys& keys, unsigned first_label);

    Session rtp_, rtcp_;
    std::size_t tag_size_;
};

}  // namespace tplink::media::rtp
