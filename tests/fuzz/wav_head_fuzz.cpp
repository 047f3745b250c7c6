// The head of a WAV file: its samples always lie inside the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "media/talk/wav.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const tplink::Bytes file = std::as_bytes(std::span(data, size));
    const auto wav = tplink::media::parse_wav(file);
    if (!wav || wav->samples.empty()) return 0;
    const bool inside = wav->samples.data() >= file.data() && wav->samples.data() + wav->samples.size() <= file.data() + file.size();
    if (!inside || wav->channels == 0 || wav->rate == 0) std::abort();
    return 0;
}
