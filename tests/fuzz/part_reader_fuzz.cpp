// Any bytes, in pieces: bounded memory, bounded parts, and the same parts however the bytes are cut.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "protocols/stream/part_reader.hpp"

using namespace tplink;
using stream::PartReader;

namespace {

struct Outcome {
    std::vector<Buffer> bodies;
    std::uint64_t resyncs = 0;
    bool operator==(const Outcome&) const = default;
};

Outcome run(Bytes bytes, std::size_t piece) {
    PartReader reader("--b--");
    Outcome outcome;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
        reader.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)));
        while (auto part = reader.next()) {
            if (part->body.size() > PartReader::kMaxBody) std::abort();
            if (!part->body.empty() && part->body.front() == std::byte{'!'}) reader.put_back(part->body);
            outcome.bodies.push_back(std::move(part->body));
        }
        if (reader.buffered() > PartReader::kMaxBody + PartReader::kMaxHead + bytes.size()) std::abort();
    }
    outcome.resyncs = reader.resyncs();
    return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes = std::as_bytes(std::span(data, size));
    const std::size_t piece = size == 0 ? 1 : 1 + data[0] % 40;
    const Outcome whole = run(bytes, size + 1);
    if (whole != run(bytes, piece)) std::abort();
    stream::boundary_of(as_text(bytes));
    return 0;
}
