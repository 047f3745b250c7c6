#pragma once
// The body of a Kasa camera's video answer, whatever its head claims. Pure: bytes in, parts out. Source: kasa_stream.md.

#include <optional>
#include <string>

#include "protocols/stream/media_source.hpp"
#include "protocols/stream/part_reader.hpp"

namespace tplink::stream {

/// Takes chunk sizes out of a byte stream, if it has any: told by the first bytes, not by the head.
class KasaUnwrapper {
public:
    /// Appends what is payload to `out`. errors: malformed when chunks make no sense.
    Result<void> feed(Bytes bytes, Buffer& out);

private:
    enum class State { peeking, raw, size, data, end };
    Result<void> peek(Bytes& bytes, Buffer& out);
    Result<void> size_byte(char c);

    State state_ = State::peeking;
    std::string line_;        ///< of what is looked at, or a chunk's size
    std::size_t left_ = 0;    ///< of this chunk
};

/// Turns parts into pictures and sound with a usable clock.
class KasaParts {
public:
    explicit KasaParts(std::string_view boundary) : reader_(boundary) {}

    void feed(Bytes payload) { reader_.feed(payload); }
    /// now_ms: arrival, any origin. Parts of unknown types are skipped.
    std::optional<MediaPart> next(std::int64_t now_ms);
    std::uint64_t resyncs() const { return reader_.resyncs(); }

private:
    std::int64_t clock_of(const Part& part, std::int64_t now_ms);

    PartReader reader_;
    std::optional<std::int64_t> last_ms_;
    bool stamped_ = false;      ///< the camera sends time stamps
    double exact_ms_ = 0;       ///< of pictures without: where the frame rate puts them
};

}  // namespace tplink::stream
