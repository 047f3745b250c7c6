#include "media/talk/wav.hpp"

#include <algorithm>

namespace tplink::media {
namespace {

constexpr unsigned kMaxChannels = 8;
constexpr std::uint32_t kMinRate = 1000, kMaxRate = 384000;

std::uint32_t le(Bytes bytes, std::size_t at, std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8U | u8(bytes[at + i]);
    return value;
}

bool is(Bytes bytes, std::size_t at, std::string_view word) { return as_text(bytes.subspan(at, 4)) == word; }

std::size_t sample_size(SampleForm form) {
    switch (form) {
    case SampleForm::u8:
    case SampleForm::alaw:
    case SampleForm::ulaw: return 1;
    case SampleForm::s16: return 2;
    case SampleForm::s24: return 3;
    case SampleForm::s32:
    case SampleForm::f32: return 4;
    }
    return 1;
}

std::optional<SampleForm> form_of(unsigned tag, unsigned bits) {
    if (tag == 1 && bits == 8) return SampleForm::u8;
    if (tag == 1 && bits == 16) return SampleForm::s16;
    if (tag == 1 && bits == 24) return SampleForm::s24;
    if (tag == 1 && bits == 32) return SampleForm::s32;
    if (tag == 3 && bits == 32) return SampleForm::f32;
    if (tag == 6 && bits == 8) return SampleForm::alaw;
    if (tag == 7 && bits == 8) return SampleForm::ulaw;
    return std::nullopt;
}

Result<void> read_format(Bytes chunk, Wav& wav) {
    constexpr unsigned kExtensible = 0xFFFE;
    if (chunk.size() < 16) return fail(Errc::malformed, "WAV: the format chunk is too short");
    unsigned tag = le(chunk, 0, 2);
    if (tag == kExtensible && chunk.size() >= 26) tag = le(chunk, 24, 2);  // first bytes of its GUID
    wav.channels = le(chunk, 2, 2);
    wav.rate = le(chunk, 4, 4);
    const auto form = form_of(tag, le(chunk, 14, 2));
    if (!form) return fail(Errc::unsupported, "WAV: this sample form is not understood; use 16 bit PCM");
    wav.form = *form;
    if (wav.channels == 0 || wav.channels > kMaxChannels || wav.rate < kMinRate || wav.rate > kMaxRate)
        return fail(Errc::malformed, "WAV: " + std::to_string(wav.channels) + " channels at " + std::to_string(wav.rate) + " Hz cannot be played");
    return {};
}

}  // namespace

Result<Wav> parse_wav(Bytes file) {
    if (file.size() < 12 || !is(file, 0, "RIFF") || !is(file, 8, "WAVE")) return fail(Errc::malformed, "the body is no WAV file");
    Wav wav;
    bool has_format = false;
    for (std::size_t at = 12; at + 8 <= file.size();) {
        const std::size_t claimed = le(file, at + 4, 4);
        const std::size_t size = std::min(claimed, file.size() - at - 8);
        if (is(file, at, "fmt ")) {
            TRY_VOID(read_format(file.subspan(at + 8, size), wav));
            has_format = true;
        } else if (is(file, at, "data")) {
            if (!has_format) return fail(Errc::malformed, "WAV: samples come before their format");
            const std::size_t frame = sample_size(wav.form) * wav.channels;
            const std::size_t all = claimed == 0 ? file.size() - at - 8 : size;
            wav.samples = file.subspan(at + 8, all / frame * frame);
            return wav;
        }
        at += 8 + size + size % 2;
    }
    return fail(Errc::malformed, "WAV: the file has no samples");
}

}  // namespace tplink::media
