#include "media/rtp/srtp.hpp"

#include <gtest/gtest.h>

#include "media/rtp/feedback.hpp"

namespace tplink::media::rtp {
namespace {

Buffer hex(std::string_view text) { return from_hex(text).value_or(Buffer{}); }

// Keys of RFC 3711 B.3.
SrtpKeys rfc_keys() {
    SrtpKeys keys;
    const Buffer key = hex("e1f97a0d3e018be0d64fa32c06de4139"), salt = hex("0ec675ad498afeebb6960b3aabe6");
    std::copy(key.begin(), key.end(), keys.key.begin());
    std::copy(salt.begin(), salt.end(), keys.salt.begin());
    return keys;
}

std::string seal(SrtpSealer& sealer, std::string_view packet, std::uint64_t index) {
    Buffer bytes = hex(packet);
    const std::size_t size = bytes.size();
    bytes.resize(size + SrtpSealer::kMostRtpGrowth);
    bytes.resize(sealer.seal_rtp(bytes, size, index));
    return hex_lower(bytes);
}

TEST(CounterMode, GivesTheKeystreamOfTheRfc) {  // RFC 3711 B.2
    crypto::AesIv iv{};
    const Buffer start = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000");
    std::copy(start.begin(), start.end(), iv.begin());
    Buffer bytes(48);
    crypto::AesCounter cipher(crypto::aes_key(hex("2b7e151628aed2a6abf7158809cf4f3c")));
    cipher.apply(iv, bytes);
    EXPECT_EQ(hex_lower(bytes), "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0");
}

TEST(HmacOfPackets, IsThatOfBothParts) {  // RFC 2202, case 1, twice with one context
    crypto::HmacSha1 mac(hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"));
    for (int i = 0; i < 2; ++i) EXPECT_EQ(hex_lower(mac.sign(as_bytes("Hi "), as_bytes("There"))), "b617318655057264e28bc0b6fb378c8ef146be00");
}

// Packets known from other implementations of RFC 3711 with these keys.
TEST(Srtp, SealsKnownPackets) {
    SrtpSealer sealer(rfc_keys());
    constexpr std::string_view kPlain = "800f1234decafbadcafebabeabababababababababababababababab";
    constexpr std::string_view kSealed = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb";
    EXPECT_EQ(seal(sealer, kPlain, 0x1234), kSealed);
    EXPECT_EQ(seal(sealer, kPlain, 0x1234), kSealed) << "the same packet again has the same bytes";
    EXPECT_NE(seal(sealer, kPlain, 0x11234), kSealed) << "after a turnover of the sequence numbers";
    SrtpKeys short_tag = rfc_keys();
    short_tag.tag_size = 4;
    SrtpSealer other(short_tag);
    EXPECT_EQ(seal(other, kPlain, 0x1234), kSealed.substr(0, kSealed.size() - 12));
    Buffer report = hex("81c8000bcafebabeabababababababababababababababab");
    sealer.seal_rtcp(report, 1);
    EXPECT_EQ(hex_lower(report), "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798");
}

TEST(Feedback, NamesWhatIsMissing) {
    // A receiver report in front, then a NACK for 0xFFFE and the first and last of the 16 after it.
    const auto missing = parse_nacks(hex("80c9000100000001" "81cd000300000001cafebabefffe8001"));
    EXPECT_EQ(missing, (std::vector<Missing>{{0xcafebabe, 0xFFFE}, {0xcafebabe, 0xFFFF}, {0xcafebabe, 14}}));
}

TEST(Feedback, TakesNothingFromBadPackets) {
    for (const char* packet : {"", "81", "81cd0003", "81cd000300000001cafebabe", "81cd00ff00000001cafebabefffe8001", "01cd000300000001cafebabefffe8001",
                               "81cd000200000001cafebabe", "81cd0000", "82cd000300000001cafebabefffe8001", "81ce000300000001cafebabefffe8001"})
        EXPECT_TRUE(parse_nacks(hex(packet)).empty()) << packet;
    std::string long_one = "81cd006600000001cafebabe";
    for (int i = 0; i < 100; ++i) long_one += "1000ffff";
    EXPECT_EQ(parse_nacks(hex(long_one)).size(), kMostMissing);
}

TEST(Feedback, ReportsCarryTheSendersName) {
    const Buffer report = write_report_with_name({0xcafebabe, 1, 2, 3, 4}, "me");
    EXPECT_EQ(hex_lower(report), "80c80006cafebabe0000000000000001000000020000000300000004" "81ca0003cafebabe" "01026d6500000000");
    EXPECT_EQ(write_report_with_name({}, std::string(1000, 'x')).size() % 4, 0U);
}

}  // namespace
}  // namespace tplink::media::rtp
