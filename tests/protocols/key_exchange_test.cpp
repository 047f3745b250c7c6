#include "protocols/stream/key_exchange.hpp"

#include <gmock/gmock.h>

#include "protocols/stream/part_decoder.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::stream {
namespace {

using test::at;
using test::hex;
namespace json = boost::json;
using test::text;

const json::value& vectors() {
    static const json::value loaded = test::load_vectors("camera_media.json");
    return loaded;
}

KeyExchange exchange_of(const json::value& entry) {
    auto exchange = parse_key_exchange(text(entry, "/header"));
    EXPECT_TRUE(exchange) << exchange.error().what;
    return std::move(exchange).value();
}

TEST(KeyExchange, KnownMd5Sessions) {
    const auto& entries = at(vectors(), "/key_exchange").as_array();
    EXPECT_EQ(entries.size(), 5U);
    for (const auto& each : entries) {
        // "none" sessions take the default secret whatever they are given.
        const std::string name = text(each, "/name");
        const bool is_default = name.starts_with("none");
        PartCipher cipher(exchange_of(each), Secret(is_default ? "something else" : text(each, "/secret")));
        const auto plain = cipher.decrypt(hex(each, "/cipher"), "", "");
        ASSERT_TRUE(plain) << name << ": " << plain.error().what;
        EXPECT_EQ(*plain, hex(each, "/plain")) << name;
    }
}

TEST(KeyExchange, KnownHkdfSessions) {
    const auto& entries = at(vectors(), "/key_exchange_hkdf").as_array();
    EXPECT_EQ(entries.size(), 3U);
    for (const auto& each : entries) {
        PartCipher cipher(exchange_of(each), Secret(text(each, "/secret")));
        const Buffer body = hex(each, "/cipher");
        const std::string nonce = text(each, "/x_nonce");
        const std::string hmac = text(each, "/x_data_hmac");
        const auto plain = cipher.decrypt(body, nonce, hmac);
        ASSERT_TRUE(plain) << text(each, "/name") << ": " << plain.error().what;
        EXPECT_EQ(*plain, hex(each, "/plain"));

        Buffer changed = body;
        changed[100] ^= std::byte{1};
        EXPECT_EQ(cipher.decrypt(changed, nonce, hmac).error().code, Errc::malformed);
        EXPECT_EQ(cipher.decrypt(body, nonce, "").error().code, Errc::malformed) << "unsigned";
        EXPECT_EQ(cipher.decrypt(body, nonce, "AAAA").error().code, Errc::malformed);
        EXPECT_EQ(cipher.decrypt(body, "", hmac).error().code, Errc::malformed) << "no IV";
        EXPECT_EQ(cipher.decrypt(body, "00ff", hmac).error().code, Errc::malformed) << "short IV";
    }
}

const json::value& negative(std::string_view name) {
    for (const auto& each : at(vectors(), "/negative").as_array()) {
        if (text(each, "/name") == name) return each;
    }
    throw std::runtime_error("no such vector");
}

TEST(KeyExchange, WrongPasswordIsAPaddingError) {
    const auto& entry = negative("wrong password");
    PartCipher cipher(exchange_of(entry), Secret(crypto::md5_hex_upper(text(entry, "/password"))));
    EXPECT_EQ(cipher.decrypt(hex(entry, "/cipher"), "", "").error().code, Errc::malformed);
}

TEST(KeyExchange, CutAndEmptyPartsAreErrors) {
    PartCipher cipher(exchange_of(at(vectors(), "/key_exchange/0")), Secret("x"));
    EXPECT_EQ(cipher.decrypt(hex(negative("length not a multiple of 16"), "/cipher"), "", "").error().code,
              Errc::malformed);
    EXPECT_EQ(cipher.decrypt({}, "", "").error().code, Errc::malformed);
}

TEST(KeyExchange, RefusesAndNamesWhatItDoesNotKnow) {
    EXPECT_EQ(parse_key_exchange(text(negative("no nonce in Key-Exchange"), "/header")).error().code,
              Errc::malformed);
    const auto unknown = parse_key_exchange(text(negative("unknown algorithm"), "/header"));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::unsupported);
    EXPECT_THAT(unknown.error().what, testing::HasSubstr("AES_256_GCM"));
    const auto algorithm = parse_key_exchange(R"(cipher="AES_128_CBC" algorithm="X" nonce="n")");
    EXPECT_THAT(algorithm.error().what, testing::HasSubstr("algorithm X"));
    EXPECT_EQ(parse_key_exchange(R"(algorithm="HKDF" nonce="n")").error().code, Errc::malformed) << "no salt";
    EXPECT_EQ(parse_key_exchange("").error().code, Errc::malformed);
}

TEST(KeyExchange, ReadsLooseSpelling) {
    const auto exchange = parse_key_exchange(
        "  nonce=abc   Username=\"admin\",algorithm=md5 future=\"x y\" flag encrypt_type=\"3\"");
    ASSERT_TRUE(exchange) << exchange.error().what;
    EXPECT_EQ(exchange->nonce, "abc");
    EXPECT_EQ(exchange->username, "admin");
    EXPECT_EQ(exchange->encrypt_type, "3");
    EXPECT_FALSE(exchange->uses_default_secret());
}

Part encrypted_part(Buffer body, std::string type = "video/mp2t") {
    Part part;
    part.headers = {{"content-type", std::move(type)}, {"x-if-encrypt", "1"}};
    part.body = std::move(body);
    return part;
}

TEST(PartDecoder, KeepsTheCandidateThatFits) {
    const auto& vigi = at(vectors(), "/key_exchange/4");
    PartDecoder decoder(exchange_of(vigi), {Secret("wrong one"), Secret(text(vigi, "/secret"))});
    for (int i = 0; i < 2; ++i) {
        Part part = encrypted_part(hex(vigi, "/cipher"));
        const auto plain = decoder.decode(part);
        ASSERT_TRUE(plain) << plain.error().what;
        EXPECT_EQ(*plain, hex(vigi, "/plain"));
    }
}

TEST(PartDecoder, RemembersWhichCandidateFitted) {
    const auto& vigi = at(vectors(), "/key_exchange/4");
    const auto memory = std::make_shared<std::atomic<unsigned>>(0);
    for (int session = 0; session < 2; ++session) {
        PartDecoder decoder(exchange_of(vigi), {Secret("wrong one"), Secret(text(vigi, "/secret"))}, memory);
        Part part = encrypted_part(hex(vigi, "/cipher"));
        EXPECT_EQ(decoder.decode(part).value_or(Buffer{}), hex(vigi, "/plain"));
        EXPECT_EQ(*memory, 1U);
    }
}

TEST(PartDecoder, SaysOnceThatTheSecretIsWrong) {
    const auto& entry = negative("wrong password");
    PartDecoder decoder(exchange_of(entry), {Secret("wrong")});
    Error last;
    for (int i = 0; i < 3; ++i) {
        Part part = encrypted_part(hex(entry, "/cipher"));
        const auto plain = decoder.decode(part);
        ASSERT_FALSE(plain);
        last = plain.error();
        EXPECT_EQ(last.code, i < 2 ? Errc::malformed : Errc::auth_failed);
    }
    EXPECT_THAT(last.what, testing::HasSubstr("does not match"));
}

TEST(PartDecoder, ValidPaddingAloneProvesNoKey) {
    const auto& entry = at(vectors(), "/key_exchange/0");
    const crypto::AesKey key = crypto::aes_key(hex(entry, "/key"));
    const crypto::AesIv iv = crypto::aes_key(hex(entry, "/iv"));
    PartDecoder decoder(exchange_of(entry), {Secret(text(entry, "/secret"))});
    Part noise = encrypted_part(crypto::aes128_cbc_encrypt(key, iv, Buffer(376)));
    EXPECT_EQ(decoder.decode(noise).error().code, Errc::malformed);
    Part good = encrypted_part(hex(entry, "/cipher"));
    EXPECT_TRUE(decoder.decode(good));
    Part later = encrypted_part(crypto::aes128_cbc_encrypt(key, iv, Buffer(376)));
    EXPECT_TRUE(decoder.decode(later)) << "once proven, contents are the demuxer's business";
}

TEST(PartDecoder, PlainPartsPassAndEncryptedOnesNeedAKey) {
    PartDecoder decoder(std::nullopt, {});
    Part plain;
    plain.headers = {{"content-type", "video/mp2t"}, {"x-if-encrypt", "0"}};
    plain.body = to_buffer("abc");
    EXPECT_EQ(as_text(decoder.decode(plain).value()), "abc");
    Part encrypted = encrypted_part(Buffer(16));
    const auto refused = decoder.decode(encrypted);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, testing::HasSubstr("Key-Exchange"));
}

} // namespace
} // namespace tplink::stream
