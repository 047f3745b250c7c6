#include "tests/simulators/media/clip.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tplink::sim {
namespace {

constexpr std::uint64_t kAudioDuration90k = 9000;

struct Nal {
    std::size_t begin; ///< of the start code
    unsigned type;
};

std::vector<Nal> find_nals(Bytes data, ts::StreamType codec) {
    std::vector<Nal> out;
    for (std::size_t at = 0; at + 3 < data.size(); ++at) {
        if (u8(data[at]) != 0 || u8(data[at + 1]) != 0 || u8(data[at + 2]) != 1) continue;
        const unsigned header = u8(data[at + 3]);
        const unsigned type = codec == ts::StreamType::h265 ? header >> 1U & 0x3FU : header & 0x1FU;
        const bool long_code = at > 0 && u8(data[at - 1]) == 0;
        out.push_back({long_code ? at - 1 : at, type});
        at += 3;
    }
    return out;
}

bool is_delimiter(const Nal& nal, ts::StreamType codec) {
    return nal.type == (codec == ts::StreamType::h265 ? 35U : 9U);
}

bool holds_keyframe(Bytes unit, ts::StreamType codec) {
    return std::ranges::any_of(find_nals(unit, codec), [codec](const Nal& nal) {
        return codec == ts::StreamType::h265 ? nal.type >= 16 && nal.type <= 21 : nal.type == 5;
    });
}

/// Cuts the packets of one access unit into parts; the first one of a keyframe leaves room for the Preamble.
void append_parts(std::vector<ClipPart>& out, ts::Pes kind, bool keyframe, std::uint64_t offset_90k,
                  Bytes payload) {
    Buffer packets;
    ts::append_pes(packets, kind, payload);
    bool first = true;
    for (Bytes rest = packets; !rest.empty(); first = false) {
        const std::size_t limit = ts::kMaxPartPackets - (first && keyframe ? ts::kPreamblePackets : 0);
        const std::size_t size = std::min(rest.size(), limit * ts::kPacketSize);
        ClipPart part{kind, first, first && keyframe, offset_90k, 0, to_buffer(rest.first(size))};
        if (first) {
            const bool adapted =
                (u8(rest[3]) & 0x20U) != 0; // a unit of less than one packet: stuffing comes first
            part.pts_at = 4 + (adapted ? 1U + u8(rest[4]) : 0U) + ts::kPtsOffset;
        }
        out.push_back(std::move(part));
        rest = rest.subspan(size);
    }
}

Buffer load_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    return to_buffer(text);
}

} // namespace

std::vector<Buffer> split_at_delimiters(Bytes annex_b, ts::StreamType type) {
    std::vector<Buffer> units;
    const std::vector<Nal> nals = find_nals(annex_b, type);
    for (std::size_t i = 0; i < nals.size(); ++i) {
        const std::size_t end = i + 1 < nals.size() ? nals[i + 1].begin : annex_b.size();
        if (is_delimiter(nals[i], type))
            units.emplace_back();
        else if (!units.empty()) // what stands before the first delimiter is repeated after it
            append(units.back(), annex_b.subspan(nals[i].begin, end - nals[i].begin));
    }
    return units;
}

namespace {

/// One frame a PES: 1024 samples at 16 kHz.
void append_adts(Clip& clip, Bytes bytes) {
    std::uint64_t offset = 0;
    while (bytes.size() >= 7 && u8(bytes[0]) == 0xFF && offset < clip.duration_90k) {
        const std::size_t size = (u8(bytes[3]) & 3U) << 11U | u8(bytes[4]) << 3U | u8(bytes[5]) >> 5U;
        if (size < 7 || size > bytes.size()) return;
        append_parts(clip.parts, ts::Pes::audio, false, offset, bytes.first(size));
        bytes = bytes.subspan(size);
        offset += 5760;
    }
}

} // namespace

void add_second_lens(Clip& clip, Bytes annex_b, ts::StreamType video) {
    clip.second_video = video;
    std::uint64_t offset = 0;
    for (const Buffer& unit : split_at_delimiters(annex_b, video)) {
        if (offset >= clip.duration_90k) break;
        const std::size_t before = clip.parts.size();
        append_parts(clip.parts, ts::Pes::second_video, holds_keyframe(unit, video), offset, unit);
        for (std::size_t i = before; i < clip.parts.size(); ++i) clip.parts[i].keyframe = false; // no preamble of its own
        offset += kFrameDuration90k;
    }
    std::ranges::stable_sort(clip.parts, {}, &ClipPart::offset_90k);
}

Clip multiplex(Bytes annex_b, ts::StreamType video, Bytes samples, ts::StreamType audio) {
    Clip clip{video, audio, ts::StreamType::none, 0, {}};
    for (const Buffer& unit : split_at_delimiters(annex_b, video)) {
        append_parts(clip.parts, ts::Pes::video, holds_keyframe(unit, video), clip.duration_90k, unit);
        clip.duration_90k += kFrameDuration90k;
    }
    const std::size_t size = audio == ts::StreamType::ulaw ? 1600 : 800; // 0.1 s at 16 kHz, at 8 kHz
    if (audio == ts::StreamType::aac)
        append_adts(clip, samples);
    else if (audio != ts::StreamType::none)
        for (std::uint64_t offset = 0; offset < clip.duration_90k && samples.size() >= size;
             offset += kAudioDuration90k) {
            append_parts(clip.parts, ts::Pes::audio, false, offset, samples.first(size));
            samples = samples.subspan(size);
        }
    std::ranges::stable_sort(clip.parts, {}, &ClipPart::offset_90k);
    return clip;
}

ClipLibrary::ClipLibrary() : folder_(CLIP_DIR) {
    if (const char* folder = std::getenv("SIMULATOR_CLIPS"); folder != nullptr) folder_ = folder;
}

std::shared_ptr<const Clip> ClipLibrary::find(const std::string& video, ts::StreamType audio, const std::string& second) {
    const std::lock_guard lock(mutex_);
    auto& clip = clips_[{video, audio, second}];
    if (clip) return clip;
    const Buffer picture = load_file(folder_ + "/" + video);
    if (picture.empty()) return nullptr;
    Buffer samples;
    if (audio != ts::StreamType::none)
        samples = load_file(folder_ + (audio == ts::StreamType::ulaw  ? "/ulaw_16k"
                                       : audio == ts::StreamType::aac ? "/aac_16k"
                                                                      : "/alaw_8k"));
    const auto type = video.starts_with("h265") ? ts::StreamType::h265 : ts::StreamType::h264;
    Clip made = multiplex(picture, type, samples, audio);
    if (!second.empty()) add_second_lens(made, load_file(folder_ + "/" + second), ts::StreamType::h264);
    clip = std::make_shared<const Clip>(std::move(made));
    return clip;
}

namespace {

int linear_of_alaw(unsigned code) {
    code ^= 0x55U;
    const unsigned exponent = code >> 4U & 7U;
    const int mantissa = static_cast<int>(code & 0xFU);
    const int magnitude = exponent == 0 ? mantissa * 16 + 8 : (mantissa * 16 + 264) << (exponent - 1);
    return (code & 0x80U) != 0 ? magnitude : -magnitude;
}

unsigned ulaw_of_linear(int sample) {
    const unsigned sign = sample < 0 ? 0x80U : 0U;
    const int magnitude = std::min(std::abs(sample), 32635) + 132;
    unsigned exponent = 7;
    while (exponent > 0 && (magnitude & (0x80 << exponent)) == 0) --exponent;
    const unsigned mantissa = static_cast<unsigned>(magnitude >> (exponent + 3)) & 0xFU;
    return ~(sign | exponent << 4U | mantissa) & 0xFFU;
}

} // namespace

std::shared_ptr<const FrameClip> ClipLibrary::frames(const std::string& video) {
    const std::lock_guard lock(mutex_);
    auto& clip = frames_[video];
    if (clip) return clip;
    const auto type = video.starts_with("h265") ? ts::StreamType::h265 : ts::StreamType::h264;
    FrameClip made;
    for (Buffer& unit : split_at_delimiters(load_file(folder_ + "/" + video), type)) {
        const bool keyframe = holds_keyframe(unit, type);
        made.frames.push_back({std::move(unit), keyframe});
    }
    for (const std::byte code : load_file(folder_ + "/alaw_8k"))
        made.ulaw_8k.push_back(static_cast<std::byte>(ulaw_of_linear(linear_of_alaw(u8(code)))));
    if (made.frames.empty() || made.ulaw_8k.size() < 8000) return nullptr;
    clip = std::make_shared<const FrameClip>(std::move(made));
    return clip;
}

} // namespace tplink::sim
