#include "media/ts/packet_sync.hpp"

#include <algorithm>

namespace tplink::media {

std::optional<PacketSync::Packet> PacketSync::next() {
    if (carried_ > 0) return next_from_carry();
    const Found found = scan(piece_);
    if (found.packet) {
        const TsPacketBytes bytes = piece_.subspan(found.at).first<kTsPacketSize>();
        piece_ = piece_.subspan(found.at + kTsPacketSize);
        return Packet{bytes, piece_.size()};
    }
    const Bytes rest = piece_.subspan(found.at);
    std::copy(rest.begin(), rest.end(), carry_.begin());
    carried_ = rest.size();
    piece_ = {};
    return std::nullopt;
}

std::optional<PacketSync::Packet> PacketSync::next_from_carry() {
    const std::size_t added = std::min(piece_.size(), carry_.size() - carried_);
    std::copy_n(piece_.begin(), added, carry_.begin() + static_cast<std::ptrdiff_t>(carried_));
    const Bytes joined = Bytes(carry_).first(carried_ + added);
    const Found found = scan(joined);
    const std::size_t used = found.packet ? found.at + kTsPacketSize : found.at;
    if (used >= carried_) { // the rest of what was added is still in the piece
        piece_ = piece_.subspan(used - carried_);
        carried_ = 0;
        if (!found.packet) return next();
        return Packet{joined.subspan(found.at).first<kTsPacketSize>(), piece_.size()};
    }
    // Only when the piece is too short to decide.
    std::copy(joined.begin() + static_cast<std::ptrdiff_t>(used), joined.end(), carry_.begin());
    carried_ = joined.size() - used;
    piece_ = {};
    return std::nullopt;
}

std::optional<PacketSync::Packet> PacketSync::flush() {
    if (in_sync_ || carried_ != kTsPacketSize) return std::nullopt;
    in_sync_ = true;
    carried_ = 0;
    return Packet{TsPacketBytes(carry_.data(), kTsPacketSize), 0};
}

PacketSync::Found PacketSync::scan(Bytes bytes) {
    if (bytes.empty()) return {};
    std::size_t at = 0;
    if (in_sync_) {
        if (bytes[0] == kTsSync) {
            if (bytes.size() < kTsPacketSize) return {};
            if (bytes.size() == kTsPacketSize || bytes[kTsPacketSize] == kTsSync) return {true, 0};
        }
        in_sync_ = false;
        loss_ = true;
        ++losses_;
        at = 1;
    }
    while (at < bytes.size()) {
        at = static_cast<std::size_t>(
            std::find(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), kTsSync) - bytes.begin());
        if (at + kTsPacketSize >= bytes.size())
            break; // its successor has not come yet, or no sync byte at all
        if (bytes[at + kTsPacketSize] == kTsSync) {
            in_sync_ = true;
            skipped_bytes_ += at;
            return {true, at};
        }
        ++at;
    }
    skipped_bytes_ += at;
    return {false, at};
}

} // namespace tplink::media
