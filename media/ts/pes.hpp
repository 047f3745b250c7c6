#pragma once
// Packetized elementary stream: the frame around one access unit (ISO/IEC 13818-1, 2.4.3.6).

#include <array>
#include <cstdint>
#include <optional>

#include "protocols/base/bytes.hpp"

namespace tplink::media {

/// 33-bit time stamp from its 5 bytes; nothing when a marker bit is wrong.
std::optional<std::uint64_t> parse_pts(std::span<const std::byte, 5> bytes);

/// One PES packet in the making. Bytes are copied once, into a buffer that is moved out.
class PesAssembler {
public:
    struct Unit {
        Buffer data;                      ///< payload without PES header; never empty
        std::optional<std::uint64_t> pts; ///< 33 bits, 90 kHz; key frames of recordings may have none
    };

    /// max_bytes: a larger payload is damage.
    explicit PesAssembler(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    /// The next bytes begin a PES packet; what was open is dropped.
    void start();
    /// expected: about how many bytes will follow, to allocate once. False: damaged or too large, now closed.
    bool append(Bytes payload, std::size_t expected);
    /// start() came, close() or drop() did not.
    bool is_open() const { return state_ != State::closed; }
    /// The length in its header is reached.
    bool is_complete() const { return state_ == State::body && body_size_ && data_.size() >= *body_size_; }
    /// Only the next start tells where it ends.
    bool is_unbounded() const { return state_ == State::body && !body_size_; }
    /// Ends the packet. Nothing when it is cut, empty or its header was not complete.
    std::optional<Unit> close();
    void drop();

private:
    enum class State { closed, header, body };

    bool parse_header();

    static constexpr std::size_t kFixedHeader = 9; // up to PES_header_data_length
    static constexpr std::size_t kMaxHeader = kFixedHeader + 255;

    std::size_t max_bytes_;
    State state_ = State::closed;
    std::array<std::byte, kMaxHeader> header_{};
    std::size_t header_size_ = 0;
    std::optional<std::size_t> body_size_; // nothing: length 0, ends at the next start
    std::optional<std::uint64_t> pts_;
    Buffer data_;
};

/// Makes 33-bit stamps run on past their wrap (26.5 h) and over units without a stamp.
class PtsUnwrapper {
public:
    /// No stamp: the last one plus the last distance. The first without a stamp: 0.
    std::int64_t next(std::optional<std::uint64_t> pts);

    /// Stamps that went back by more than a second, or ahead by more than ten.
    std::uint64_t jumps() const { return jumps_; }
    std::uint64_t missing() const { return missing_; }

private:
    std::uint64_t jumps_ = 0, missing_ = 0;
    std::optional<std::int64_t> last_;
    std::int64_t step_ = 0;
};

} // namespace tplink::media
