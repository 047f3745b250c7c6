#include "media/rtp/feedback.hpp"

namespace tplink::media::rtp {
namespace {

constexpr std::size_t kHead = 4, kNackHead = 12;
constexpr unsigned kFeedback = 205, kGenericNack = 1, kDescription = 202, kCname = 1;

void take_nack(Bytes packet, std::vector<Missing>& out) {
    const std::uint32_t ssrc = load_be32(packet.subspan(8).first<4>());
    for (Bytes rest = packet.subspan(kNackHead); rest.size() >= 4; rest = rest.subspan(4)) {
        const std::uint16_t first = load_be16(rest.first<2>());
        const unsigned following = load_be16(rest.subspan(2).first<2>());
        for (unsigned i = 0; i <= 16; ++i) {
            if (i > 0 && (following >> (i - 1) & 1U) == 0) continue;
            if (out.size() == kMostMissing) return;
            out.push_back({ssrc, static_cast<std::uint16_t>(first + i)});
        }
    }
}

}  // namespace

std::vector<Missing> parse_nacks(Bytes compound) {
    std::vector<Missing> out;
    while (compound.size() >= kHead && u8(compound[0]) >> 6U == 2) {
        const std::size_t size = 4 * (std::size_t{load_be16(compound.subspan(2).first<2>())} + 1);
        if (size > compound.size()) break;
        const bool nack = u8(compound[1]) == kFeedback && (u8(compound[0]) & 0x1FU) == kGenericNack;
        if (nack && size > kNackHead) take_nack(compound.first(size), out);
        compound = compound.subspan(size);
    }
    return out;
}

Buffer write_report_with_name(const SenderReport& report, std::string_view name) {
    constexpr std::size_t kLongest = 255;
    name = name.substr(0, kLongest);
    const auto head = write_sender_report(report);
    Buffer out(head.begin(), head.end());
    Buffer text{std::byte{kCname}, static_cast<std::byte>(name.size())};
    append(text, name);
    text.resize((text.size() / 4 + 1) * 4);  // at least one zero ends the list
    const std::size_t at = out.size();
    out.resize(at + 8);
    const std::span<std::byte> description(out);
    description[at] = std::byte{0x81};
    description[at + 1] = static_cast<std::byte>(kDescription);
    store_be16(description.subspan(at + 2).first<2>(), static_cast<std::uint16_t>(1 + text.size() / 4));
    store_be32(description.subspan(at + 4).first<4>(), report.ssrc);
    append(out, text);
    return out;
}

}  // namespace tplink::media::rtp
