#pragma once
// What a NAL unit is, told from its header; the same words for H.264 and H.265.

#include <cstddef>

#include "media/access_unit.hpp"

namespace tplink::media {

enum class NalKind {
    key_slice, ///< picture at which decoding can start
    slice,     ///< any other picture
    vps,
    sps,
    pps,
    delimiter, ///< access unit delimiter
    other,     ///< allowed beside a picture: SEI, end of sequence, filler...
    noise,     ///< to be left out: types that RTP gives another meaning, unknown types, further layers
    corrupt,   ///< no valid header: bytes were damaged
};

/// in: the NAL unit from its header on.
NalKind nal_kind(Codec codec, Bytes nal);

inline bool is_parameter_set(NalKind kind) {
    return kind == NalKind::vps || kind == NalKind::sps || kind == NalKind::pps;
}

} // namespace tplink::media
