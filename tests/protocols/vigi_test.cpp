#include <gtest/gtest.h>

#include "protocols/base/crypto.hpp"
#include "protocols/tapo/camera_session.hpp"
#include "protocols/vigi/login.hpp"
#include "protocols/vigi/quoting.hpp"
#include "protocols/vigi/vigi_transport.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_http.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::vigi {
namespace {

using namespace tplink::test;
using tplink::test::status;

const json::value& v() {
    static const json::value value = load_vectors("tapo_camera_control.json").at("vigi_rsa");
    return value;
}
crypto::RsaKey camera_key() {
    return crypto::RsaKey::from_private_pem(text(v(), "/private_key_pkcs8_pem_TEST_ONLY")).value();
}
Step question() {
    return {"/",
            text(v(), "/get_encrypt_info_request_json"),
            status(401, text(v(), "/get_encrypt_info_reply_json")),
            {},
            {}};
}
const std::string kStok = R"({"error_code":0,"stok":"ab%2Bcd%2Fef%3D","user_group":"root"})";

TEST(VigiLogin, DigestHasTheConstantInFront) {
    EXPECT_EQ(password_digest(text(v(), "/password_utf8")), text(v(), "/md5_upper_hex"));
    const json::value all = load_vectors("tapo_camera_control.json");
    for (const json::value& row : at(all, "/password_hashes").as_array())
        EXPECT_EQ(password_digest(text(row, "/password_utf8")), text(row, "/vigi_md5_upper_hex"));
}

TEST(VigiLogin, EncryptsForTheCamerasKey) {
    const EncryptInfo info = read_encrypt_info(text(v(), "/get_encrypt_info_reply_json")).value();
    EXPECT_EQ(base64_encode(info.key), text(v(), "/public_key_der_base64"));
    EXPECT_EQ(info.nonce, text(v(), "/nonce_ascii"));
    const json::value body = json::parse(login_body(info, "admin", text(v(), "/password_utf8")).value());
    const std::string sent = text(body, "/login/password");
    EXPECT_EQ(sent.find('+'), std::string::npos);
    EXPECT_EQ(as_text(camera_key().decrypt_pkcs1(base64_decode(url_decode(sent)).value()).value()),
              text(v(), "/rsa_plaintext_ascii"));
    EXPECT_EQ(as_text(camera_key()
                          .decrypt_pkcs1(base64_decode(text(v(), "/sample_ciphertext_base64")).value())
                          .value()),
              text(v(), "/rsa_plaintext_ascii"));
    EXPECT_EQ(url_encode(text(v(), "/sample_ciphertext_base64")), text(v(), "/sample_ciphertext_urlencoded"));
    EXPECT_EQ(text(body, "/login/encrypt_type"), "2");
    EXPECT_FALSE(at(body, "/login").as_object().contains("keyType"));
}

TEST(VigiLogin, OlderCamerasTakeTheDigestItself) {
    const EncryptInfo info =
        read_encrypt_info(R"({"error_code":-40401,"data":{"code":-40401,"encrypt_type":["1"],"nonce":"x"}})")
            .value();
    EXPECT_EQ(login_body(info, "admin", text(v(), "/password_utf8")).value(),
              text(v(), "/login_request_json_encrypt_type_1"));
}

TEST(VigiLogin, TheSecondKeyIsNamed) {
    json::object reply = json::parse(text(v(), "/get_encrypt_info_reply_json")).as_object();
    reply["data"].as_object()["key_2"] = text(v(), "/public_key_as_sent_by_camera_urlencoded");
    const EncryptInfo info = read_encrypt_info(json::serialize(reply)).value();
    EXPECT_TRUE(info.second);
    EXPECT_EQ(text(json::parse(login_body(info, "admin", "x").value()), "/login/keyType"), "1");
}

TEST(VigiLogin, LocksAndNonsense) {
    const auto locked = read_encrypt_info(
        R"({"error_code":-40401,"data":{"code":-40404,"sec_left":120,"encrypt_type":["1","2"]}})");
    EXPECT_EQ(locked.error().code, Errc::locked_out);
    EXPECT_EQ(locked.error().retry_after, 120s);
    EXPECT_EQ(read_encrypt_info("<html>").error().code, Errc::unsupported);
    EXPECT_EQ(read_encrypt_info(R"({"error_code":-40210})").error().code, Errc::unsupported);
    EXPECT_EQ(read_encrypt_info(R"({"data":{"encrypt_type":["2"],"key":"***","nonce":"n"}})").error().code,
              Errc::malformed);
    EXPECT_EQ(login_body({to_buffer("no key"), false, "n"}, "admin", "x").error().code, Errc::malformed);
    EXPECT_EQ(
        read_stok(R"({"error_code":-40401,"data":{"code":-40401,"time":3,"max_time":10}})", 401).error().code,
        Errc::auth_failed);
    EXPECT_EQ(read_stok(kStok, 200)->reveal(), text(v(), "/stok_decoded_ascii"));
}

TEST(VigiQuoting, TextsBothWaysKeysNeither) {
    const json::value plain = json::parse(R"({"a b":["1.1.17 Build 20",{"x":"\u00e4+%"}],"n":7,"t":true})");
    const json::value coded = quoted(plain);
    EXPECT_EQ(json::serialize(coded),
              R"({"a b":["1.1.17%20Build%2020",{"x":"%C3%A4%2B%25"}],"n":7,"t":true})");
    EXPECT_EQ(unquoted(coded), plain);
}

TEST(VigiTransport, OneLoginPathsAndTextsAsTheCameraWantsThem) {
    Script script({question(),
                   {"/", std::nullopt, ok(kStok), {}, {}},
                   {"/stok=ab+cd%2Fef=/ds",
                    R"({"method":"set","system":{"sys":{"dev_alias":"Front%20door"}}})",
                    ok(R"({"error_code":0})"),
                    {},
                    {}}});
    VigiTransport transport(script.client(), {"192.0.2.9", 443}, {"me@example.com", Secret("correct horse")});
    ASSERT_TRUE(transport.login());
    EXPECT_TRUE(transport.exchange(R"({"method":"set","system":{"sys":{"dev_alias":"Front door"}}})"));
}

TEST(VigiTransport, NewStyleRowsTravelInTheOldStyle) {
    FakeClock clock;
    Script script({question(),
                   {"/", std::nullopt, ok(kStok), {}, {}},
                   {"/stok=ab+cd%2Fef=/ds",
                    R"({"method":"get","lens_mask":{"name":["lens_mask_info"]}})",
                    ok(R"({"error_code":0,"lens_mask":{"lens_mask_info":{"enabled":"on"}}})"),
                    {},
                    {}},
                   {"/stok=ab+cd%2Fef=/ds", std::nullopt, status(401), {}, {}}, // expired
                   question(),
                   {"/", std::nullopt, ok(kStok), {}, {}},
                   {"/stok=ab+cd%2Fef=/ds",
                    R"({"method":"set","lens_mask":{"lens_mask_info":{"enabled":"off"}}})",
                    ok(R"({"error_code":0})"),
                    {},
                    {}}});
    tapo::CameraSession session(
        std::make_unique<VigiTransport>(script.client(), tapo::CameraHost{"192.0.2.9", 443},
                                        Credentials{"admin", Secret("correct horse")}),
        clock);
    const Request get{"getLensMaskConfig", json::parse(R"({"lens_mask":{"name":["lens_mask_info"]}})")};
    EXPECT_EQ(session.query({&get, 1})->at(0).result->at_pointer("/lens_mask/lens_mask_info/enabled"), "on");
    EXPECT_TRUE(session.call(
        {"setLensMaskConfig", json::parse(R"({"lens_mask":{"lens_mask_info":{"enabled":"off"}}})")}));
}

TEST(VigiTransport, AWrongPasswordIsOneAttempt) {
    FakeClock clock;
    Script script({question(),
                   {"/",
                    std::nullopt,
                    status(401, R"({"error_code":-40401,"data":{"code":-40401,"time":1,"max_time":10}})"),
                    {},
                    {}}});
    tapo::CameraSession session(std::make_unique<VigiTransport>(script.client(),
                                                                tapo::CameraHost{"192.0.2.9", 443},
                                                                Credentials{"admin", Secret("wrong")}),
                                clock);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(session.identify().error().code, Errc::auth_failed);
}

} // namespace
} // namespace tplink::vigi
