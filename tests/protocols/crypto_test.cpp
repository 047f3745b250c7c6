#include "protocols/base/crypto.hpp"

#include <gmock/gmock.h>

#include "protocols/base/crypto_kdf.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::crypto {
namespace {

using test::at;
using test::hex;
using test::text;

Buffer bytes_of(std::string_view digits) { return from_hex(digits).value(); }

TEST(Hashes, KnownAnswers) {
    EXPECT_EQ(hex_lower(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex_lower(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hex_lower(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha1_hex_lower(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U);
    EXPECT_EQ(crc32({}), 0U);
}

TEST(Hashes, OfPasswords) {
    const auto media = test::load_vectors("camera_media.json");
    for (const auto& each : at(media, "/password_hash").as_array()) {
        EXPECT_EQ(md5_hex_upper(text(each, "/password")), text(each, "/md5_upper"));
        EXPECT_EQ(sha256_hex_upper(text(each, "/password")), text(each, "/sha256_upper"));
    }
    const auto control = test::load_vectors("tapo_camera_control.json");
    for (const auto& each : at(control, "/password_hashes").as_array()) {
        EXPECT_EQ(md5_hex_upper(text(each, "/password_utf8")), text(each, "/md5_upper_hex"));
        EXPECT_EQ(sha256_hex_upper(text(each, "/password_utf8")), text(each, "/sha256_upper_hex"));
    }
}

TEST(Hmac, Rfc4231Case2) {
    EXPECT_EQ(hex_lower(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hkdf, Rfc5869Cases1And3) {
    const Buffer ikm(22, std::byte{0x0b});
    EXPECT_EQ(hex_lower(hkdf_sha256(ikm, bytes_of("000102030405060708090a0b0c"),
                                    "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", 42)),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    EXPECT_EQ(hex_lower(hkdf_sha256(ikm, {}, "", 42)),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

// RFC 7914, section 11; the third, with a key longer than a block, computed by Python's hashlib.
TEST(Pbkdf2, KnownAnswers) {
    EXPECT_EQ(hex_lower(pbkdf2_sha256("passwd", as_bytes("salt"), 1, 64)),
              "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
    EXPECT_EQ(hex_lower(pbkdf2_sha256("Password", as_bytes("NaCl"), 80000, 64)),
              "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d");
    EXPECT_EQ(hex_lower(pbkdf2_sha256(std::string(80, 'k'), as_bytes("salt"), 3000, 80)),
              "22847ccd9a60d1da8c3dfe22ff551c03af11969652cd1bcbe5a68e8a53976fc7fe271e1fca12a5672c35191c01d685a74aa19d2307a0a3d51f20f0f24c8460c4615c77bf36a20ec66c3e48592e0ebcff");
}

TEST(AesCbc, KnownAnswersBothWays) {
    const auto media = test::load_vectors("camera_media.json");
    for (const auto& each : at(media, "/key_exchange").as_array()) {
        const AesKey key = aes_key(hex(each, "/key"));
        const AesIv iv = aes_key(hex(each, "/iv"));
        EXPECT_EQ(aes128_cbc_encrypt(key, iv, hex(each, "/plain")), hex(each, "/cipher"))
            << text(each, "/name");
        EXPECT_EQ(aes128_cbc_decrypt(key, iv, hex(each, "/cipher")).value(), hex(each, "/plain"));
    }
}

TEST(AesCbc, AFullBlockOfPaddingWhenTheTextFillsItsBlocks) {
    const AesKey key{};
    EXPECT_EQ(aes128_cbc_encrypt(key, key, Buffer(16)).size(), 32U);
    EXPECT_EQ(aes128_cbc_encrypt(key, key, Buffer(15)).size(), 16U);
    EXPECT_EQ(aes128_cbc_encrypt(key, key, {}).size(), 16U);
    EXPECT_TRUE(aes128_cbc_decrypt(key, key, aes128_cbc_encrypt(key, key, {})).value().empty());
}

/// One block whose plaintext is `block`, without padding of its own: the two blocks of an encryption, second
/// cut off.
Buffer encrypt_raw_block(const AesKey& key, Bytes block) {
    Buffer cipher = aes128_cbc_encrypt(key, AesIv{}, block);
    cipher.resize(16);
    return cipher;
}

TEST(AesCbc, ChecksEveryPaddingByte) {
    const AesKey key{};
    const auto padding_error = [&](std::string_view digits) {
        const auto plain = aes128_cbc_decrypt(key, AesIv{}, encrypt_raw_block(key, bytes_of(digits)));
        return !plain && plain.error().code == Errc::malformed;
    };
    const auto media = test::load_vectors("camera_media.json");
    int seen = 0;
    for (const auto& each : at(media, "/negative").as_array()) {
        if (!each.as_object().contains("plain_last_block")) continue;
        EXPECT_TRUE(padding_error(text(each, "/plain_last_block"))) << text(each, "/name");
        ++seen;
    }
    EXPECT_EQ(seen, 2);
    EXPECT_TRUE(padding_error("00000000000000000000000000030103"));
    EXPECT_TRUE(padding_error("000000000000000000000000000000ff"));
    EXPECT_FALSE(padding_error("00000000000000000000000000030303"));
}

TEST(AesCbc, RefusesCutCiphertextsAndGoesOn) {
    const AesKey key{};
    AesCbcDecryptor decryptor(key, AesIv{});
    const Buffer cipher = aes128_cbc_encrypt(key, AesIv{}, as_bytes("hello"));
    EXPECT_EQ(decryptor.decrypt({}).error().code, Errc::malformed);
    EXPECT_EQ(decryptor.decrypt(Bytes(cipher).first(15)).error().code, Errc::malformed);
    EXPECT_EQ(decryptor.decrypt(Buffer(32)).error().code, Errc::malformed);
    EXPECT_EQ(as_text(decryptor.decrypt(cipher).value()), "hello");
    EXPECT_EQ(as_text(decryptor.decrypt(cipher).value()), "hello") << "the IV starts anew with each message";
}

TEST(RsaKey, UnderstandsWhatWasEncryptedForIt) {
    const auto key = RsaKey::generate(1024);
    ASSERT_TRUE(key);
    const auto cipher = rsa_encrypt_pkcs1(key->public_der(), as_bytes("secret"));
    ASSERT_TRUE(cipher);
    EXPECT_EQ(cipher->size(), 128U);
    EXPECT_EQ(as_text(key->decrypt_pkcs1(*cipher).value()), "secret");
    EXPECT_FALSE(rsa_encrypt_pkcs1(key->public_der(), Buffer(200)));
    EXPECT_FALSE(rsa_encrypt_pkcs1(as_bytes("no key"), as_bytes("x")));
    EXPECT_FALSE(key->decrypt_oaep_sha1(*cipher));
}

TEST(RsaKey, KnownHandshakeKey) {
    const auto plugs = test::load_vectors("plugs.json");
    const auto key = RsaKey::from_private_pem(text(plugs, "/aes/rsa_private_pkcs8_pem"));
    ASSERT_TRUE(key) << key.error().what;
    const std::string pem = key->public_pem(0);
    EXPECT_THAT(pem, testing::StartsWith("-----BEGIN PUBLIC KEY-----\n"));
    EXPECT_THAT(pem, testing::EndsWith("\n-----END PUBLIC KEY-----\n"));
    EXPECT_EQ(std::count(pem.begin(), pem.end(), '\n'), 3) << "base64 on one line";
    EXPECT_GT(key->public_pem(64).size(), pem.size());
    EXPECT_FALSE(RsaKey::from_private_pem("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"));
}

} // namespace
} // namespace tplink::crypto
