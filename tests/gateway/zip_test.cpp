#include "gateway/diagnostics/zip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace tplink::gateway {
namespace {

std::uint32_t number(const std::string& bytes, std::size_t at, int size) {
    std::uint32_t value = 0;
    for (int i = size - 1; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes.at(at + static_cast<std::size_t>(i)));
    return value;
}

/// The content of the file whose local header stands at `at`, by zlib's own inflate.
std::string unpacked(const std::string& zip, std::size_t at) {
    const std::size_t body = at + 30 + number(zip, at + 26, 2);
    const std::uint32_t packed = number(zip, at + 18, 4);
    if (number(zip, at + 8, 2) == 0) return zip.substr(body, packed);
    std::string out(number(zip, at + 22, 4), '\0');
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zip.data() + body));
    stream.avail_in = packed;
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    inflateInit2(&stream, -MAX_WBITS);
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    inflateEnd(&stream);
    return out;
}

TEST(ZipWriter, EveryFileIsFoundThroughTheDirectoryAndUnpacks) {
    const std::string text(5000, 'x');
    ZipWriter zip;
    zip.add("a.txt", text);
    zip.add("folder/b.txt", "b");  // does not get smaller: stored
    zip.add("empty", "");
    const std::string bytes = zip.finish();
    EXPECT_LT(bytes.size(), 1000U);
    const std::size_t end = bytes.size() - 22;
    ASSERT_EQ(number(bytes, end, 4), 0x06054b50U);
    ASSERT_EQ(number(bytes, end + 10, 2), 3U);
    std::size_t entry = number(bytes, end + 16, 4);
    for (const auto& [name, content] : {std::pair<std::string, std::string>{"a.txt", text}, {"folder/b.txt", "b"}, {"empty", ""}}) {
        ASSERT_EQ(number(bytes, entry, 4), 0x02014b50U);
        const std::size_t length = number(bytes, entry + 28, 2);
        EXPECT_EQ(bytes.substr(entry + 46, length), name);
        EXPECT_EQ(unpacked(bytes, number(bytes, entry + 42, 4)), content);
        entry += 46 + length;
    }
    EXPECT_EQ(entry, end);
}

}  // namespace
}  // namespace tplink::gateway
