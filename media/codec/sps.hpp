#pragma once
// What a sequence parameter set says about the picture.

#include <cstdint>
#include <string>

#include "media/access_unit.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

struct VideoFormat {
    Codec codec = Codec::h264;
    unsigned profile = 0;     ///< profile_idc, general_profile_idc
    unsigned constraints = 0; ///< H.264: the byte between profile and level; H.265: 0
    unsigned level = 0;       ///< level_idc (41 = 4.1), general_level_idc (123 = 4.1)
    unsigned width = 0;       ///< pixels shown, cropping applied
    unsigned height = 0;
    bool operator==(const VideoFormat&) const = default;
};

/// in:     the NAL unit from its header on.
/// errors: malformed when it ends early or names a size no camera has (0, above 16384, cropped to nothing).
/// source: H.264 7.3.2.1.1, H.265 7.3.2.2
Result<VideoFormat> parse_sps(Codec codec, Bytes nal);

/// RFC 6381 name for a browser's media source, e.g. "avc1.4d0028"; H.264 only, else empty.
std::string codec_string(const VideoFormat& format);

/// The same of a keyframe as it is in an MP4 file, H.265 too: "hvc1.1.6.L123.B0". A baseline name where it tells nothing.
std::string mp4_codec_string(const AccessUnit& keyframe);

} // namespace tplink::media
