#include "media/codec/nal_type.hpp"

namespace tplink::media {
namespace {

// source: H.264 table 7-1
NalKind h264_kind(std::uint8_t header) {
    switch (header & 0x1F) {
    case 1:
    case 2:
    case 3:
    case 4: return NalKind::slice;
    case 5: return NalKind::key_slice;
    case 7: return NalKind::sps;
    case 8: return NalKind::pps;
    case 9: return NalKind::delimiter;
    // 24..31 mean aggregates and fragments in RTP (RFC 6184): a receiver would tear the picture apart.
    case 0:
    case 24:
    case 25:
    case 26:
    case 27:
    case 28:
    case 29:
    case 30:
    case 31: return NalKind::noise;
    default: return NalKind::other;
    }
}

// source: H.265 table 7-1
NalKind h265_kind(unsigned type) {
    if (type <= 9) return NalKind::slice;
    if (type >= 16 && type <= 21) return NalKind::key_slice; // BLA, IDR, CRA
    switch (type) {
    case 32: return NalKind::vps;
    case 33: return NalKind::sps;
    case 34: return NalKind::pps;
    case 35: return NalKind::delimiter;
    case 36:
    case 37:
    case 38:
    case 39:
    case 40: return NalKind::other;
    // Reserved picture types and everything above the SEI: newer cameras put unknown units there, and 48 and
    // above mean aggregates and fragments in RTP (RFC 7798).
    default: return NalKind::noise;
    }
}

constexpr std::uint8_t kForbiddenZeroBit = 0x80;

} // namespace

NalKind nal_kind(Codec codec, Bytes nal) {
    if (nal.empty() || (u8(nal[0]) & kForbiddenZeroBit) != 0) return NalKind::corrupt;
    if (codec == Codec::h264) return h264_kind(u8(nal[0]));
    if (nal.size() < 2) return NalKind::corrupt;
    const unsigned type = (u8(nal[0]) >> 1) & 0x3FU;
    const unsigned layer = ((u8(nal[0]) & 1U) << 5) | (u8(nal[1]) >> 3);
    if (type <= 40 && (u8(nal[1]) & 7U) == 0) return NalKind::corrupt; // nuh_temporal_id_plus1 is never 0
    return layer == 0 ? h265_kind(type) : NalKind::noise;
}

} // namespace tplink::media
