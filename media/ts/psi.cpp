#include "media/ts/psi.hpp"

#include <algorithm>
#include <array>

namespace tplink::media {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i << 24;
        for (int bit = 0; bit < 8; ++bit)
            value = (value << 1) ^ ((value & 0x80000000U) != 0 ? 0x04C11DB7U : 0U);
        table[i] = value;
    }
    return table;
}
constexpr auto kCrcTable = make_crc_table();

constexpr std::size_t kCrcSize = 4;
constexpr std::size_t kTableHeader = 8; // table_id to last_section_number

std::uint16_t be16(Bytes bytes, std::size_t at) { return load_be16(bytes.subspan(at).first<2>()); }
std::size_t section_size(Bytes bytes) { return 3 + (be16(bytes, 1) & 0x0FFFU); }

/// The part between table header and CRC of a table that is in force.
std::optional<Bytes> table_body(Bytes section, std::uint8_t table_id) {
    if (section.size() < kTableHeader + kCrcSize || u8(section[0]) != table_id) return std::nullopt;
    const bool current = (u8(section[5]) & 1U) != 0;
    if (!current) return std::nullopt;
    return section.subspan(kTableHeader, section.size() - kTableHeader - kCrcSize);
}

} // namespace

std::uint32_t crc32_mpeg(Bytes bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::byte b : bytes) crc = (crc << 8) ^ kCrcTable[(crc >> 24) ^ u8(b)];
    return crc;
}

std::optional<Section> SectionReader::push(const TsPacket& packet) {
    if (!packet.has_payload) return std::nullopt;
    if (packet.counter != ((counter_ + 1U) & 0x0FU)) drop();
    counter_ = packet.counter;
    Bytes payload = packet.payload;
    if (packet.unit_start) {
        if (payload.empty()) return std::nullopt;
        const std::size_t pointer = u8(payload[0]);
        payload = payload.subspan(1);
        if (pointer > payload.size()) {
            drop();
            return std::nullopt;
        }
        if (open_) { // the rest of the section before
            append(buffer_, payload.first(std::min(pointer, kMaxSize - buffer_.size())));
            if (auto section = take()) return section;
        }
        payload = payload.subspan(pointer);
        buffer_.clear();
        open_ = true;
    }
    if (!open_) return std::nullopt;
    append(buffer_, payload.first(std::min(payload.size(), kMaxSize - buffer_.size())));
    return take();
}

std::optional<Section> SectionReader::take() {
    if (buffer_.size() < 3) return std::nullopt;
    const std::size_t size = section_size(buffer_);
    if (size > kMaxSize || size < kTableHeader + kCrcSize) { // also stuffing, table_id FF
        open_ = false;
        return std::nullopt;
    }
    if (buffer_.size() < size) return std::nullopt;
    open_ = false;
    const Bytes bytes = Bytes(buffer_).first(size);
    return Section{bytes, crc32_mpeg(bytes) == 0};
}

std::optional<std::uint16_t> parse_pat(Bytes section) {
    const auto body = table_body(section, 0x00);
    if (!body) return std::nullopt;
    for (std::size_t at = 0; at + 4 <= body->size(); at += 4) {
        const bool network = be16(*body, at) == 0;
        if (!network) return static_cast<std::uint16_t>(be16(*body, at + 2) & 0x1FFFU);
    }
    return std::nullopt;
}

std::optional<std::vector<PmtStream>> parse_pmt(Bytes section) {
    const auto body = table_body(section, 0x02);
    if (!body || body->size() < 4) return std::nullopt;
    std::vector<PmtStream> streams;
    std::size_t at = 4 + std::size_t{be16(*body, 2) & 0x0FFFU}; // PCR PID, program descriptors
    while (at + 5 <= body->size() && streams.size() < kMaxPmtStreams) {
        PmtStream stream;
        stream.type = u8((*body)[at]);
        stream.pid = be16(*body, at + 1) & 0x1FFFU;
        stream.nibble = static_cast<std::uint8_t>(u8((*body)[at + 3]) >> 4);
        streams.push_back(stream);
        at += 5 + std::size_t{be16(*body, at + 3) & 0x0FFFU};
    }
    if (at > body->size()) return std::nullopt;
    return streams;
}

} // namespace tplink::media
