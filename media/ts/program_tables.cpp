#include "media/ts/program_tables.hpp"

#include <algorithm>

namespace tplink::media {

std::optional<Section> ProgramTables::read(Table& table, const TsPacket& packet) {
    const auto section = table.reader.push(packet);
    if (!section) return std::nullopt;
    if (!section->crc_ok) ++bad_crc_;
    if (!section->crc_ok && table.was_good) return std::nullopt;
    if (std::equal(section->bytes.begin(), section->bytes.end(), table.last.begin(), table.last.end()))
        return std::nullopt;
    return section;
}

void ProgramTables::put_in_force(Table& table, const Section& section) {
    table.last = to_buffer(section.bytes);
    table.was_good = section.crc_ok;
}

bool ProgramTables::push(const TsPacket& packet) {
    if (packet.pid == 0) {
        const auto section = read(pat_, packet);
        const auto pmt_pid = section ? parse_pat(section->bytes) : std::nullopt;
        if (!pmt_pid || *pmt_pid == 0 || *pmt_pid == kNullPid) return false;
        put_in_force(pat_, *section);
        if (pmt_pid != pmt_pid_) {
            pmt_pid_ = pmt_pid;
            pmt_ = {};
        }
        return false;
    }
    const auto section = read(pmt_, packet);
    auto streams = section ? parse_pmt(section->bytes) : std::nullopt;
    if (!streams) return false;
    put_in_force(pmt_, *section);
    if (*streams == streams_) return false;
    streams_ = std::move(*streams);
    return true;
}

void ProgramTables::lost() {
    pat_.reader.drop();
    pmt_.reader.drop();
}

} // namespace tplink::media
