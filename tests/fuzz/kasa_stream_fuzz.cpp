// The body of a Kasa camera's video, in pieces of a size the first byte names.
#include <cstdint>
#include <cstdlib>

#include "protocols/stream/kasa_body.hpp"

using namespace tplink;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t step = data[0] % 64U + 1U;
    Bytes rest(reinterpret_cast<const std::byte*>(data + 1), size - 1);
    stream::KasaUnwrapper unwrapper;
    stream::KasaParts parts("data-boundary--");
    std::int64_t now = 0;
    std::size_t given = 0;
    while (!rest.empty()) {
        const Bytes piece = rest.first(std::min(step, rest.size()));
        rest = rest.subspan(piece.size());
        Buffer payload;
        if (!unwrapper.feed(piece, payload)) break;
        parts.feed(payload);
        while (const auto part = parts.next(now += 40)) given += part->data.size();
    }
    if (given > size) std::abort();
    return 0;
}
