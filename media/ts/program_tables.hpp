#pragma once
// From PAT and PMT packets to the list of streams.

#include <cstdint>
#include <optional>
#include <vector>

#include "media/ts/psi.hpp"

namespace tplink::media {

/// Follows the first program. A table with a bad CRC counts only as long as no good one came: some senders
/// never compute it right, and a damaged copy must not replace a good one.
class ProgramTables {
public:
    bool owns(std::uint16_t pid) const { return pid == 0 || (pmt_pid_ && pid == *pmt_pid_); }
    /// A packet of one of its PIDs. True when streams() changed.
    bool push(const TsPacket& packet);
    /// Packets may be missing.
    void lost();

    const std::vector<PmtStream>& streams() const { return streams_; }
    std::uint64_t bad_crc() const { return bad_crc_; }

private:
    struct Table {
        SectionReader reader;
        Buffer last;           // the section in force
        bool was_good = false; // its CRC
    };
    /// The section if it may replace what is in force and differs from it.
    std::optional<Section> read(Table& table, const TsPacket& packet);
    static void put_in_force(Table& table, const Section& section);

    Table pat_;
    Table pmt_;
    std::optional<std::uint16_t> pmt_pid_;
    std::vector<PmtStream> streams_;
    std::uint64_t bad_crc_ = 0;
};

} // namespace tplink::media
