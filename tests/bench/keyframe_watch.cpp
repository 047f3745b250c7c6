#include "tests/bench/keyframe_watch.hpp"

namespace tplink::bench {
namespace {

constexpr std::uint8_t kH264Idr = 5, kH264Sps = 7, kH264Pps = 8, kH264StapA = 24, kH264FuA = 28;
constexpr std::uint8_t kH265FirstIrap = 16, kH265LastIrap = 21, kH265Vps = 32, kH265Sps = 33, kH265Pps = 34,
                       kH265Ap = 48, kH265Fu = 49;
constexpr unsigned kVps = 1, kSps = 2, kPps = 4;

std::uint8_t octet(Bytes bytes, std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); }

std::uint16_t be16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>(octet(bytes, at) << 8 | octet(bytes, at + 1));
}

/// Where the payload lies; empty for anything that is no RTP packet.
Bytes payload_of(Bytes packet) {
    constexpr std::size_t kHeader = 12;
    if (packet.size() < kHeader || octet(packet, 0) >> 6 != 2) return {};
    std::size_t begin = kHeader + 4U * (octet(packet, 0) & 0x0F);
    if ((octet(packet, 0) & 0x10) != 0) {
        if (packet.size() < begin + 4) return {};
        begin += 4U + 4U * be16(packet, begin + 2);
    }
    std::size_t end = packet.size();
    if ((octet(packet, 0) & 0x20) != 0) end -= std::min<std::size_t>(end, octet(packet, end - 1));
    return begin < end ? packet.subspan(begin, end - begin) : Bytes{};
}

} // namespace

bool KeyframeWatch::feed(Bytes packet) {
    const Bytes payload = payload_of(packet);
    if (payload.empty()) return false;
    const std::uint16_t sequence = be16(packet, 2);
    const std::uint32_t timestamp = static_cast<std::uint32_t>(be16(packet, 4)) << 16 | be16(packet, 6);
    if (!begun_) {
        begun_ = true;
        broken_ = false; // gst-rtsp-server and every other server begin at a packet that begins a unit
        timestamp_ = timestamp;
    } else if (sequence != next_sequence_) {
        lost_ += static_cast<std::uint16_t>(sequence - next_sequence_);
        broken_ = true;
    }
    next_sequence_ = static_cast<std::uint16_t>(sequence + 1);
    if (timestamp != timestamp_) { // the marker of the unit before was lost
        timestamp_ = timestamp;
        keyframe_ = fragment_open_ = false;
    }
    read_payload(payload);
    const bool marker = (octet(packet, 1) & 0x80) != 0;
    if (!marker) return false;
    const unsigned needed = codec_ == Codec::h264 ? kSps | kPps : kVps | kSps | kPps;
    const bool complete = keyframe_ && !broken_ && (parameter_sets_ & needed) == needed;
    frames_ += broken_ ? 0 : 1;
    keyframe_ = broken_ = fragment_open_ = false;
    return complete;
}

void KeyframeWatch::read_payload(Bytes payload) {
    if (codec_ == Codec::h264) {
        const std::uint8_t type = octet(payload, 0) & 0x1F;
        if (type == kH264StapA) return read_aggregate(payload.subspan(1));
        if (type != kH264FuA) return saw(type);
        if (payload.size() >= 2) read_fragment(octet(payload, 1), octet(payload, 1) & 0x1F);
    } else {
        const std::uint8_t type = octet(payload, 0) >> 1 & 0x3F;
        if (type == kH265Ap && payload.size() > 2) return read_aggregate(payload.subspan(2));
        if (type != kH265Fu) return saw(type);
        if (payload.size() >= 3) read_fragment(octet(payload, 2), octet(payload, 2) & 0x3F);
    }
}

void KeyframeWatch::read_aggregate(Bytes units) {
    while (units.size() > 2) {
        const std::size_t size = be16(units, 0);
        if (size == 0 || size > units.size() - 2) return;
        saw(codec_ == Codec::h264 ? octet(units, 2) & 0x1F : octet(units, 2) >> 1 & 0x3F);
        units = units.subspan(2 + size);
    }
}

void KeyframeWatch::read_fragment(std::uint8_t flags_and_type, std::uint8_t type) {
    if ((flags_and_type & 0x80) != 0) fragment_open_ = true;
    if (!fragment_open_) broken_ = true;
    if ((flags_and_type & 0x40) == 0) return;
    fragment_open_ = false;
    saw(type);
}

void KeyframeWatch::saw(std::uint8_t type) {
    if (codec_ == Codec::h264) {
        if (type == kH264Idr) keyframe_ = true;
        if (type == kH264Sps) parameter_sets_ |= kSps;
        if (type == kH264Pps) parameter_sets_ |= kPps;
    } else {
        if (type >= kH265FirstIrap && type <= kH265LastIrap) keyframe_ = true;
        if (type == kH265Vps) parameter_sets_ |= kVps;
        if (type == kH265Sps) parameter_sets_ |= kSps;
        if (type == kH265Pps) parameter_sets_ |= kPps;
    }
}

} // namespace tplink::bench
