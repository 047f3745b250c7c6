#include "protocols/base/bytes.hpp"

#include <gmock/gmock.h>

#include "protocols/base/secret.hpp"

namespace tplink {
namespace {

TEST(Hex, BothWays) {
    const Buffer bytes = from_hex("00fFa1").value();
    EXPECT_EQ(hex_lower(bytes), "00ffa1");
    EXPECT_EQ(hex_upper(bytes), "00FFA1");
    EXPECT_TRUE(from_hex("").value().empty());
    EXPECT_FALSE(from_hex("abc"));
    EXPECT_FALSE(from_hex("0g"));
    EXPECT_FALSE(from_hex("0 "));
}

TEST(Base64, Rfc4648) {
    const std::pair<std::string_view, std::string_view> answers[] = {
        {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
        {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : answers) {
        EXPECT_EQ(base64_encode(as_bytes(plain)), encoded);
        EXPECT_EQ(as_text(base64_decode(encoded).value()), plain);
    }
    EXPECT_EQ(base64_encode(from_hex("fbffbf").value()), "+/+/");
}

TEST(Base64, IsStrict) {
    for (const std::string_view bad :
         {"Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", " Zm9v", "Zm-v", "Zm9vZg=a", "=Zm9"})
        EXPECT_FALSE(base64_decode(bad)) << bad;
}

TEST(Numbers, AreBigEndian) {
    std::array<std::byte, 4> four{};
    store_be32(four, 0x01020304);
    EXPECT_EQ(hex_lower(four), "01020304");
    EXPECT_EQ(load_be32(four), 0x01020304U);
    std::array<std::byte, 2> two{};
    store_be16(two, 0xFFFE);
    EXPECT_EQ(load_be16(two), 0xFFFE);
    std::array<std::byte, 8> eight{};
    eight[0] = std::byte{0x80};
    EXPECT_EQ(load_be64(eight), 0x8000000000000000U);
}

TEST(UrlCoding, EscapesAllButTheUnreserved) {
    EXPECT_EQ(url_encode("aZ09-_.~ +/%\xc3\xbc"), "aZ09-_.~%20%2B%2F%25%C3%BC");
    EXPECT_EQ(url_decode("a%20b%2Bc+d"), "a b+c+d");
    EXPECT_EQ(url_decode("100%"), "100%");
    EXPECT_EQ(url_decode("%4"), "%4");
    EXPECT_EQ(url_decode("%zz%41"), "%zzA");
}

TEST(Bytes, JoinsAndComparesThem) {
    EXPECT_EQ(as_text(concat({as_bytes("ab"), as_bytes(""), as_bytes("c")})), "abc");
    EXPECT_TRUE(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
    EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
    EXPECT_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
    EXPECT_TRUE(equal_constant_time({}, {}));
    EXPECT_EQ(ascii_upper("aZ\xc3\xbc"), "AZ\xc3\xbc");
    EXPECT_EQ(ascii_lower("aZ"), "az");
}

TEST(MacAddress, InAnySpelling) {
    for (const std::string_view spelling : {"AA-BB-CC-00-11-22", "aa:bb:cc:00:11:22", "AABBCC001122"})
        EXPECT_EQ(normalize_mac(spelling), "aabbcc001122") << spelling;
    for (const std::string_view bad : {"", "AA-BB-CC-00-11", "AA-BB-CC-00-11-22-33", "GG-BB-CC-00-11-22"})
        EXPECT_FALSE(normalize_mac(bad)) << bad;
}

TEST(Secret, ShowsStarsOnly) {
    Secret secret("s3cret;");
    EXPECT_EQ(to_string(secret), "***");
    EXPECT_EQ(format_as(secret), "***");
    EXPECT_EQ(secret.reveal(), "s3cret;");
    const Secret moved = std::move(secret);
    EXPECT_EQ(moved.reveal(), "s3cret;");
    EXPECT_TRUE(secret.empty()); // NOLINT(bugprone-use-after-move): the old place must hold nothing
}

} // namespace
} // namespace tplink
