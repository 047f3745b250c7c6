#include "media/codec/sps.hpp"

#include <array>

#include "media/codec/annex_b.hpp"
#include "media/codec/bit_reader.hpp"
#include "media/codec/nal_type.hpp"

namespace tplink::media {
namespace {

constexpr std::uint32_t kMaxSide = 16384; // H.265 level 6.2 ends below it; keeps every product within 32 bits

struct Window {
    std::uint64_t left = 0, right = 0, top = 0, bottom = 0;
};

/// Crops width and height in place; false when nothing would be left.
bool crop(VideoFormat& format, std::uint64_t width, std::uint64_t height, const Window& window) {
    if (width == 0 || height == 0 || width > kMaxSide || height > kMaxSide) return false;
    if (window.left + window.right >= width || window.top + window.bottom >= height) return false;
    format.width = static_cast<unsigned>(width - window.left - window.right);
    format.height = static_cast<unsigned>(height - window.top - window.bottom);
    return true;
}

Window read_window(BitReader& in, unsigned unit_x, unsigned unit_y) {
    Window window;
    window.left = std::uint64_t{in.ue()} * unit_x;
    window.right = std::uint64_t{in.ue()} * unit_x;
    window.top = std::uint64_t{in.ue()} * unit_y;
    window.bottom = std::uint64_t{in.ue()} * unit_y;
    return window;
}

bool has_chroma_fields(unsigned profile_idc) {
    constexpr std::array<unsigned, 13> kProfiles{100, 110, 122, 244, 44,  83, 86,
                                                 118, 128, 138, 139, 134, 135};
    for (const unsigned profile : kProfiles)
        if (profile == profile_idc) return true;
    return false;
}

void skip_scaling_lists(BitReader& in, unsigned lists) {
    for (unsigned list = 0; list < lists && in.ok(); ++list) {
        if (!in.flag()) continue;
        const unsigned entries = list < 6 ? 16 : 64;
        std::int64_t last = 8;
        std::int64_t next = 8;
        for (unsigned i = 0; i < entries && in.ok(); ++i) {
            if (next != 0) next = (last + in.se() + 256) % 256;
            if (next != 0) last = next;
        }
    }
}

/// The fields between seq_parameter_set_id and log2_max_frame_num of the high profiles; returns
/// chroma_format_idc.
std::uint32_t read_chroma_fields(BitReader& in) {
    const std::uint32_t chroma = in.ue();
    const bool separate_planes = chroma == 3 && in.flag();
    in.ue();    // bit_depth_luma_minus8
    in.ue();    // bit_depth_chroma_minus8
    in.skip(1); // qpprime_y_zero_transform_bypass_flag
    if (in.flag()) skip_scaling_lists(in, chroma == 3 ? 12 : 8);
    return separate_planes ? 0 : chroma;
}

void skip_picture_order(BitReader& in) {
    const std::uint32_t type = in.ue();
    if (type == 0) {
        in.ue(); // log2_max_pic_order_cnt_lsb_minus4
    } else if (type == 1) {
        in.skip(1);
        in.se();
        in.se();
        const std::uint32_t cycle = in.ue(); // at most 255; the reader's end bounds it anyway
        for (std::uint32_t i = 0; i < cycle && in.ok(); ++i) in.se();
    }
}

Result<VideoFormat> parse_h264(Bytes nal) {
    BitReader in(nal.subspan(1));
    VideoFormat format{.codec = Codec::h264};
    format.profile = in.bits(8);
    format.constraints = in.bits(8);
    format.level = in.bits(8);
    in.ue(); // seq_parameter_set_id
    const std::uint32_t chroma = has_chroma_fields(format.profile) ? read_chroma_fields(in) : 1;
    in.ue(); // log2_max_frame_num_minus4
    skip_picture_order(in);
    in.ue();    // max_num_ref_frames
    in.skip(1); // gaps_in_frame_num_value_allowed_flag
    const std::uint64_t width = (std::uint64_t{in.ue()} + 1) * 16;
    const std::uint64_t map_height = (std::uint64_t{in.ue()} + 1) * 16;
    const bool frames_only = in.flag();
    if (!frames_only) in.skip(1); // mb_adaptive_frame_field_flag
    in.skip(1);                   // direct_8x8_inference_flag
    const unsigned fields = frames_only ? 1 : 2;
    Window window;
    if (in.flag())
        window = read_window(in, chroma == 1 || chroma == 2 ? 2 : 1, (chroma == 1 ? 2 : 1) * fields);
    if (!in.ok()) return fail(Errc::malformed, "H.264 SPS: ends early");
    if (!crop(format, width, map_height * fields, window))
        return fail(Errc::malformed, "H.264 SPS: impossible size");
    return format;
}

void read_profile_tier_level(BitReader& in, unsigned sub_layers_minus1, VideoFormat& format) {
    in.skip(3); // profile_space, tier
    format.profile = in.bits(5);
    in.skip(32 + 48); // compatibility and constraint flags
    format.level = in.bits(8);
    std::array<bool, 8> has_profile{};
    std::array<bool, 8> has_level{};
    for (unsigned i = 0; i < sub_layers_minus1; ++i) {
        has_profile.at(i) = in.flag();
        has_level.at(i) = in.flag();
    }
    if (sub_layers_minus1 > 0) in.skip(2 * (8 - sub_layers_minus1));
    for (unsigned i = 0; i < sub_layers_minus1; ++i) {
        if (has_profile.at(i)) in.skip(88);
        if (has_level.at(i)) in.skip(8);
    }
}

Result<VideoFormat> parse_h265(Bytes nal) {
    BitReader in(nal.subspan(2));
    VideoFormat format{.codec = Codec::h265};
    in.skip(4); // sps_video_parameter_set_id
    const unsigned sub_layers_minus1 = in.bits(3);
    if (sub_layers_minus1 > 6) return fail(Errc::malformed, "H.265 SPS: too many layers");
    in.skip(1); // sps_temporal_id_nesting_flag
    read_profile_tier_level(in, sub_layers_minus1, format);
    in.ue(); // sps_seq_parameter_set_id
    std::uint32_t chroma = in.ue();
    if (chroma == 3 && in.flag()) chroma = 0; // separate_colour_plane_flag
    const std::uint32_t width = in.ue();
    const std::uint32_t height = in.ue();
    Window window;
    if (in.flag()) window = read_window(in, chroma == 1 || chroma == 2 ? 2 : 1, chroma == 1 ? 2 : 1);
    if (!in.ok()) return fail(Errc::malformed, "H.265 SPS: ends early");
    if (!crop(format, width, height, window)) return fail(Errc::malformed, "H.265 SPS: impossible size");
    return format;
}

} // namespace

Result<VideoFormat> parse_sps(Codec codec, Bytes nal) {
    if (nal_kind(codec, nal) != NalKind::sps) return fail(Errc::malformed, "SPS: another NAL unit");
    return codec == Codec::h264 ? parse_h264(nal) : parse_h265(nal);
}

std::string codec_string(const VideoFormat& format) {
    if (format.codec != Codec::h264) return {};
    const std::array<std::byte, 3> bytes{static_cast<std::byte>(format.profile),
                                         static_cast<std::byte>(format.constraints),
                                         static_cast<std::byte>(format.level)};
    return "avc1." + hex_lower(bytes);
}

std::string mp4_codec_string(const AccessUnit& keyframe) {
    NalReader nals(*keyframe.data);
    while (const auto nal = nals.next()) {
        if (nal_kind(keyframe.codec, nal->bytes) != NalKind::sps) continue;
        const auto format = parse_sps(keyframe.codec, nal->bytes);
        if (format && format->codec == Codec::h264) return codec_string(*format);
        if (format) return "hvc1." + std::to_string(format->profile) + ".6.L" + std::to_string(format->level) + ".B0";
    }
    return "avc1.42e01f";
}

} // namespace tplink::media
