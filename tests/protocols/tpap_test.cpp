#include "protocols/tapo/tpap.hpp"

#include <gtest/gtest.h>

#include "protocols/tapo/reply.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;

const json::value& plugs() {
    static const json::value value = load_vectors("plugs.json").at("tpap");
    return value;
}
const json::value& cameras() {
    static const json::value value = load_vectors("tapo_camera_control.json").at("tpap_camera");
    return value;
}
Buffer b64(const json::value& value, std::string_view pointer) {
    return base64_decode(text(value, pointer)).value();
}

/// "0x1f..." of any length to bytes of the given length.
Buffer number(const std::string& value, std::size_t bytes) {
    std::string digits = value.substr(2);
    if (digits.size() % 2 == 1) digits.insert(0, "0");
    Buffer out = from_hex(digits).value();
    out.insert(out.begin(), bytes > out.size() ? bytes - out.size() : 0, std::byte{0});
    return out;
}

TEST(Spake2, Rfc9383) {
    const json::value& v = at(cameras(), "/spake2plus_rfc9383");
    const Buffer w0 = hex(v, "/w0_hex");
    const Buffer w1 = hex(v, "/w1_hex");
    const Buffer x = hex(v, "/x_hex");
    const Buffer device_share = hex(v, "/share_verifier_hex");
    const std::string context = text(v, "/context_ascii");
    const std::string prover = text(v, "/id_prover_ascii");
    const std::string verifier = text(v, "/id_verifier_ascii");
    const auto out = crypto::spake2_prove({.suite = *crypto::spake2_suite(1),
                                           .w0 = w0,
                                           .w1 = w1,
                                           .x = x,
                                           .device_share = device_share,
                                           .context = as_bytes(context),
                                           .prover = prover,
                                           .verifier = verifier})
                         .value();
    EXPECT_EQ(hex_lower(out.share), text(v, "/share_prover_hex"));
    EXPECT_EQ(hex_lower(out.confirm), text(v, "/confirm_prover_hex"));
    EXPECT_EQ(hex_lower(out.device_confirm), text(v, "/confirm_verifier_hex"));
    EXPECT_EQ(hex_lower(out.shared_key), text(v, "/K_shared_hex"));
}

TEST(Spake2, SharesThatAreNoPointsAreRefused) {
    const Buffer one(32, std::byte{1});
    const auto prove = [&](const Buffer& share) {
        return crypto::spake2_prove({.suite = *crypto::spake2_suite(1),
                                     .w0 = one,
                                     .w1 = one,
                                     .x = one,
                                     .device_share = share,
                                     .context = {}});
    };
    EXPECT_EQ(prove({}).error().code, Errc::malformed);
    EXPECT_EQ(prove(Buffer(1)).error().code, Errc::malformed); // the identity
    EXPECT_EQ(prove(Buffer(65, std::byte{4})).error().code, Errc::malformed);
    // The share w0*N leaves nothing of the secret.
    const json::value& v = at(plugs(), "/points");
    Buffer unit(32);
    unit.back() = std::byte{1};
    EXPECT_EQ(crypto::spake2_prove({.suite = *crypto::spake2_suite(1),
                                    .w0 = unit,
                                    .w1 = one,
                                    .x = one,
                                    .device_share = hex(v, "/P256_N"),
                                    .context = {}})
                  .error()
                  .code,
              Errc::malformed);
}

TEST(Spake2, ScalarsAreNeitherZeroNorTooLarge) {
    EXPECT_FALSE(crypto::is_scalar(crypto::Curve::p256, Buffer(32)));
    EXPECT_FALSE(crypto::is_scalar(crypto::Curve::p256, Buffer(32, std::byte{0xff})));
    EXPECT_TRUE(crypto::is_scalar(crypto::Curve::p256, Buffer(32, std::byte{1})));
}

TEST(Spake2, ShortNumbers) {
    for (const json::value& row : at(plugs(), "/encode_w").as_array()) {
        EXPECT_EQ(hex_lower(crypto::short_number(number(text(row, "/w"), 0))), text(row, "/encoded"));
        EXPECT_EQ(hex_lower(crypto::short_number(number(text(row, "/w"), 48))), text(row, "/encoded"));
    }
}

TEST(CryptHash, Sha256Crypt) {
    for (const json::value& row : at(cameras(), "/sha256_crypt").as_array()) {
        json::object params{{"passwd_id", 5}, {"passwd_prefix", at(row, "/prefix_ascii")}};
        const json::object extra{{"type", "password_shadow"}, {"params", params}};
        EXPECT_EQ(tpap_credential(extra, "", text(row, "/key_ascii"), "")->reveal(),
                  text(row, "/result_ascii"));
    }
}

TEST(CryptHash, UnbelievableRoundsAreRefused) {
    for (const char* prefix : {"$5$rounds=999999999$salt$", "$5$rounds=99999999999999999999$salt$",
                               "$6$salt$", "", "$5$rounds=7", "$2b$05$aaaaaaaaaaaaaaaaaaaaaa"})
        EXPECT_FALSE(crypto::crypt_hash("x", prefix)) << prefix;
}

TEST(Tpap, CredentialsOfPlugs) {
    for (const json::value& row : at(plugs(), "/credential_strings").as_array()) {
        const json::value& given = at(row, "/extra_crypt");
        const json::object extra = given.is_object() ? given.as_object() : json::object{};
        const auto secret = tpap_credential(extra, "user@example.com", "Sim-pass1", text(plugs(), "/mac"));
        ASSERT_TRUE(secret) << json::serialize(given);
        EXPECT_EQ(secret->reveal(), text(row, "/secret")) << json::serialize(given);
    }
    EXPECT_EQ(factory_passcode(text(plugs(), "/mac"))->reveal(), text(plugs(), "/default_passcode_from_mac"));
    EXPECT_EQ(tpap_credential({}, "", "pw", "")->reveal(), "pw");
    EXPECT_EQ(tpap_credential({{"type", "rot13"}}, "", "pw", "").error().code, Errc::unsupported);
    EXPECT_EQ(tpap_credential({{"type", "password_shadow"}, {"params", {{"passwd_id", 4}}}}, "", "pw", "")
                  .error()
                  .code,
              Errc::unsupported);
}

TEST(Tpap, UserNames) {
    EXPECT_EQ(tpap_user(TpapUser::md5), text(plugs(), "/register_username/user_hash_type_absent_or_0"));
    EXPECT_EQ(tpap_user(TpapUser::sha256), text(plugs(), "/register_username/user_hash_type_1"));
    EXPECT_EQ(tpap_user(TpapUser::md5), text(cameras(), "/username_md5_lower_hex"));
    EXPECT_EQ(tpap_user(TpapUser::sha256), text(cameras(), "/username_sha256_upper_hex"));
}

TEST(Tpap, SessionsOfPlugsInEverySuiteAndCipher) {
    for (const json::value& row : at(plugs(), "/sessions").as_array()) {
        SCOPED_TRACE(json::serialize(at(row, "/suite")) + text(row, "/cipher"));
        const TpapRegistration registration =
            read_registration(at(row, "/register_result").as_object()).value();
        const crypto::Curve curve = crypto::spake2_suite(registration.suite)->curve;
        const Buffer x = number(text(row, "/client_x"), crypto::scalar_bytes(curve));
        ASSERT_TRUE(crypto::is_scalar(curve, x));
        const auto proof =
            tpap_prove(registration, Secret(text(row, "/secret")), b64(row, "/user_random_b64"), x, true)
                .value();
        EXPECT_EQ(base64_encode(proof.share), text(row, "/user_share_b64"));
        EXPECT_EQ(base64_encode(proof.confirm), text(row, "/user_confirm_b64"));
        EXPECT_EQ(base64_encode(proof.device_confirm), text(row, "/expected_dev_confirm_b64"));
        EXPECT_EQ(hex_lower(proof.shared_key), text(row, "/shared_key"));
        TpapCipher cipher(registration.cipher, crypto::spake2_suite(registration.suite)->hash, proof.shared_key);
        EXPECT_EQ(hex_lower(cipher.seal(1000, as_bytes(text(row, "/request/plain")))),
                  text(row, "/request/body"));
        EXPECT_EQ(as_text(cipher.open(hex(row, "/response/body")).value()), text(row, "/response/plain"));
        Buffer bent = hex(row, "/response/body");
        bent.back() ^= std::byte{1};
        EXPECT_EQ(cipher.open(bent).error().code, Errc::malformed);
    }
}

TEST(Tpap, ExchangesOfCameras) {
    for (const json::value& row : at(cameras(), "/exchanges").as_array()) {
        SCOPED_TRACE(text(row, "/name"));
        const TpapRegistration registration =
            read_registration(at(row, "/pake_register_result").as_object()).value();
        const Secret credential =
            tpap_credential(registration.extra_crypt, "", text(row, "/passcode_ascii"), "").value();
        EXPECT_EQ(credential.reveal(), text(row, "/credential_ascii"));
        const auto proof =
            tpap_prove(registration, credential, b64(row, "/user_random_base64"), hex(row, "/x_hex"), false)
                .value();
        EXPECT_EQ(hex_lower(proof.share), text(row, "/user_share_hex"));
        EXPECT_EQ(hex_lower(proof.confirm), text(row, "/user_confirm_hex"));
        EXPECT_EQ(hex_lower(proof.device_confirm), text(row, "/dev_confirm_hex"));
        EXPECT_EQ(hex_lower(proof.shared_key), text(row, "/shared_key_hex"));
        TpapCipher cipher(registration.cipher, crypto::spake2_suite(registration.suite)->hash, proof.shared_key);
        for (const json::value& request : at(row, "/requests").as_array()) {
            const auto seq = static_cast<std::uint32_t>(at(request, "/seq").as_int64());
            EXPECT_EQ(hex_lower(cipher.seal(seq, as_bytes(text(request, "/plaintext_utf8")))),
                      text(request, "/http_body_hex"));
        }
        EXPECT_EQ(as_text(cipher.open(hex(row, "/reply/http_body_hex")).value()),
                  text(row, "/reply/plaintext_utf8"));
    }
}

TEST(Tpap, RegistrationsThatCannotBeBelieved) {
    const json::object good = at(plugs(), "/sessions/0/register_result").as_object();
    const auto with = [&](std::string_view key, const json::value& value) {
        json::object changed = good;
        changed[key] = value;
        return read_registration(changed);
    };
    EXPECT_TRUE(read_registration(good));
    EXPECT_EQ(with("iterations", 100001).error().code, Errc::malformed);
    EXPECT_EQ(with("iterations", 0).error().code, Errc::malformed);
    EXPECT_EQ(with("cipher_suites", 77).error().code, Errc::unsupported);
    EXPECT_EQ(with("encryption", "rot13").error().code, Errc::unsupported);
    EXPECT_EQ(with("dev_share", "").error().code, Errc::malformed);
    EXPECT_EQ(with("dev_random", "***").error().code, Errc::malformed);
}

TEST(Tpap, Offers) {
    const auto read = [](std::string_view reply) { return read_tpap_offer(parse_object(reply).value()); };
    const auto offer = read(
        R"({"mac":"5C-A6-E6-01-02-03","tpap":{"tls":1,"dac":1,"noc":0,"pake":[2],"port":4433,"user_hash_type":1}})");
    ASSERT_TRUE(offer);
    EXPECT_EQ(offer->port, 4433);
    EXPECT_TRUE(offer->attests);
    EXPECT_EQ(offer->user_hash_type, 1);
    EXPECT_FALSE(read(R"({"sub_method":"discover","tpap_preferred":false})"));
    EXPECT_FALSE(read(R"({"tpap_preferred":false,"tpap":{}})"));
    EXPECT_EQ(plug_passcode_type({}), "default_userpw");
    EXPECT_EQ(plug_passcode_type({2}), "userpw");
    EXPECT_EQ(plug_passcode_type({5}), "userpw");
    EXPECT_EQ(plug_passcode_type({3}), "shared_token");
    EXPECT_EQ(plug_passcode_type({0, 2}), "default_userpw");
}

TEST(Tpap, RefusalsInClear) {
    EXPECT_EQ(error_code(*clear_refusal(R"({"error_code":-2203})")), -2203);
    EXPECT_FALSE(clear_refusal(R"({"seq":1})"));
    EXPECT_FALSE(clear_refusal("{\x01\x02\x03 sealed"));
}

} // namespace
} // namespace tplink::tapo
