#pragma once
// Program tables of a transport stream: which PID carries what (ISO/IEC 13818-1, 2.4.4).

#include <cstdint>
#include <optional>
#include <vector>

#include "media/ts/ts_packet.hpp"

namespace tplink::media {

/// CRC of a section, polynomial 04C11DB7; over a section with its CRC at the end: 0.
std::uint32_t crc32_mpeg(Bytes bytes);

struct Section {
    Bytes bytes; ///< from table_id to the CRC
    bool crc_ok = false;
};

/// Puts one section together from the packets of a PID. Bounded by kMaxSize.
class SectionReader {
public:
    static constexpr std::size_t kMaxSize = 1024; // source: 2.4.4.3, section_length at most 1021

    /// The payload of the PID's next packet. Returns the first section that ends in it (more than one in a
    /// packet was never seen); its bytes are valid until the next call. A section with a packet missing is
    /// dropped.
    std::optional<Section> push(const TsPacket& packet);
    void drop() { open_ = false; }

private:
    std::optional<Section> take();

    Buffer buffer_;
    bool open_ = false;
    std::uint8_t counter_ = 0; // of the last packet
};

/// PID of the first program's map; nothing when there is none.
/// in: a section; anything but a current PAT yields nothing.
std::optional<std::uint16_t> parse_pat(Bytes section);

struct PmtStream {
    std::uint8_t type = 0;
    std::uint16_t pid = 0;
    /// Upper 4 bits of the byte after the PID; reserved in the standard (all ones). TP-Link: audio rate.
    std::uint8_t nibble = 0x0F;
    bool operator==(const PmtStream&) const = default;
};

inline constexpr std::size_t kMaxPmtStreams = 16;

/// The streams of a program, at most kMaxPmtStreams; nothing when it is no current PMT or its lengths do not
/// add up.
std::optional<std::vector<PmtStream>> parse_pmt(Bytes section);

} // namespace tplink::media
