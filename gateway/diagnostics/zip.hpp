#pragma once
// A zip archive made in memory, for what people download.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tplink::gateway {

/// Files are compressed as they are added. source: PKWARE APPNOTE 6.3.9, the parts without encryption and ZIP64; so
/// the whole stays below 4 GiB and 65535 files, which callers bound far lower.
class ZipWriter {
public:
    /// `name` with forward slashes, relative.
    void add(std::string_view name, std::string_view content);
    /// The archive; the writer is empty afterwards.
    std::string finish();

private:
    struct Entry {
        std::string name;
        std::uint32_t crc = 0, packed = 0, plain = 0, offset = 0;
        std::uint16_t method = 0;
    };
    static void put_common(std::string& out, const Entry& entry);

    std::string out_;
    std::vector<Entry> entries_;
};

}  // namespace tplink::gateway
