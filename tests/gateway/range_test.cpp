#include <gtest/gtest.h>

#include "gateway/web/api_replies.hpp"

namespace tplink::gateway {
namespace {

TEST(RangeHeader, GivesTheBytesAskedFor) {
    const auto is = [](std::string_view header, std::size_t first, std::size_t last) {
        const auto range = parse_range(header, 100);
        ASSERT_TRUE(range) << header;
        EXPECT_FALSE(range->bad) << header;
        EXPECT_EQ(range->first, first) << header;
        EXPECT_EQ(range->last, last) << header;
    };
    is("bytes=0-", 0, 99);
    is("bytes=0-0", 0, 0);
    is("bytes=10-19", 10, 19);
    is("bytes=90-200", 90, 99);
    is("bytes=-5", 95, 99);
    is("bytes=-500", 0, 99);
    for (const char* outside : {"bytes=100-", "bytes=200-300", "bytes=-0"}) {
        ASSERT_TRUE(parse_range(outside, 100)) << outside;
        EXPECT_TRUE(parse_range(outside, 100)->bad) << outside;
    }
    EXPECT_TRUE(parse_range("bytes=0-", 0)->bad);
    for (const char* ignored : {"", "bytes=", "bytes=-", "bytes=x-1", "bytes=5-1", "items=0-1", "bytes=0-1,4-5", "bytes=1", "bytes=99999999999999999999999-"})
        EXPECT_FALSE(parse_range(ignored, 100)) << ignored;
}

} // namespace
} // namespace tplink::gateway
