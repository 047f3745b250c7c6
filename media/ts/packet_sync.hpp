#pragma once
// Finds packet borders in pieces of a transport stream that may be cut anywhere.

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "media/ts/ts_packet.hpp"

namespace tplink::media {

/// Copies nothing but packets that lie across two pieces. A packet whose successor does not begin with a sync
/// byte is not trusted: either of the two is damaged.
class PacketSync {
public:
    struct Packet {
        TsPacketBytes bytes; ///< valid until the next call
        std::size_t ahead;   ///< bytes of the piece that follow: a hint for allocations
    };

    /// The next piece; call next() until it yields nothing, before feeding more.
    void feed(Bytes piece) { piece_ = piece; }
    std::optional<Packet> next();
    /// No piece follows soon: yields the last packet if only its successor was missing to trust it.
    std::optional<Packet> flush();

    /// The next piece does not continue the last one.
    void drop() {
        carried_ = 0;
        in_sync_ = true;
    }

    /// True once after bytes were skipped: packets may be missing before the next one.
    bool take_loss() { return std::exchange(loss_, false); }

    std::uint64_t losses() const { return losses_; }
    std::uint64_t skipped_bytes() const { return skipped_bytes_; }

private:
    struct Found {
        bool packet = false;
        std::size_t at = 0; ///< of the packet; without one, how many bytes are of no use
    };
    Found scan(Bytes bytes);
    std::optional<Packet> next_from_carry();

    Bytes piece_;
    // Between two pieces: a packet that is not whole, or while searching one that waits for its successor.
    // Room for the packet and its successor's first byte; never more than one packet's size is kept.
    std::array<std::byte, 2 * kTsPacketSize> carry_{};
    std::size_t carried_ = 0;
    bool in_sync_ = true;
    bool loss_ = false;
    std::uint64_t losses_ = 0;
    std::uint64_t skipped_bytes_ = 0;
};

} // namespace tplink::media
