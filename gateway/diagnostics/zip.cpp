#include "gateway/diagnostics/zip.hpp"

#include <zlib.h>

namespace tplink::gateway {
namespace {

constexpr std::uint32_t kLocalFile = 0x04034b50, kCentralFile = 0x02014b50, kEnd = 0x06054b50;
constexpr std::uint16_t kVersion = 20;           // 2.0: deflate
constexpr std::uint16_t kUtf8Names = 1U << 11;
constexpr std::uint16_t kStored = 0, kDeflated = 8;
constexpr std::uint16_t kMidnight = 0, kFirstDay = 0x21;  // 1980-01-01: the bundle's own time stands inside

void put16(std::string& out, std::uint16_t value) {
    out.push_back(static_cast<char>(value & 0xFF));
    out.push_back(static_cast<char>(value >> 8));
}
void put32(std::string& out, std::uint32_t value) {
    put16(out, static_cast<std::uint16_t>(value & 0xFFFF));
    put16(out, static_cast<std::uint16_t>(value >> 16));
}

/// Raw deflate; empty when it does not get smaller (or zlib has no memory: then it is stored).
std::string deflated(std::string_view content) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    std::string out(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));  // zlib reads only
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return result == Z_STREAM_END && out.size() < content.size() ? out : std::string();
}

}  // namespace

void ZipWriter::put_common(std::string& out, const Entry& entry) {
    put16(out, kVersion);
    put16(out, kUtf8Names);
    put16(out, entry.method);
    put16(out, kMidnight);
    put16(out, kFirstDay);
    put32(out, entry.crc);
    put32(out, entry.packed);
    put32(out, entry.plain);
    put16(out, static_cast<std::uint16_t>(entry.name.size()));
    put16(out, 0);  // extra field
}

void ZipWriter::add(std::string_view name, std::string_view content) {
    const std::string packed = deflated(content);
    const std::string_view body = packed.empty() ? content : std::string_view(packed);
    Entry entry;
    entry.name = name;
    entry.crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
    entry.packed = static_cast<std::uint32_t>(body.size());
    entry.plain = static_cast<std::uint32_t>(content.size());
    entry.offset = static_cast<std::uint32_t>(out_.size());
    entry.method = packed.empty() ? kStored : kDeflated;
    put32(out_, kLocalFile);
    put_common(out_, entry);
    out_ += entry.name;
    out_ += body;
    entries_.push_back(std::move(entry));
}

std::string ZipWriter::finish() {
    const auto start = static_cast<std::uint32_t>(out_.size());
    for (const Entry& entry : entries_) {
        put32(out_, kCentralFile);
        put16(out_, kVersion);  // made by
        put_common(out_, entry);
        put16(out_, 0);  // comment
        put16(out_, 0);  // disk
        put16(out_, 0);  // internal attributes
        put32(out_, 0);  // external attributes
        put32(out_, entry.offset);
        out_ += entry.name;
    }
    const auto count = static_cast<std::uint16_t>(entries_.size());
    const auto size = static_cast<std::uint32_t>(out_.size()) - start;
    put32(out_, kEnd);
    put16(out_, 0);
    put16(out_, 0);
    put16(out_, count);
    put16(out_, count);
    put32(out_, size);
    put32(out_, start);
    put16(out_, 0);
    entries_.clear();
    return std::move(out_);
}

}  // namespace tplink::gateway
