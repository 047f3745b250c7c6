// Cameras with the TPAP login, and VIGI cameras, asked by raw clients.

#include <crypt.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/simulators/camera_l4.hpp"
#include "tests/simulators/camera_vigi.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/hand_clock.hpp"
#include "tests/simulators/tpap_client.hpp"
#include "tests/simulators/vectors.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

std::shared_ptr<const TlsIdentity> shared_identity() {
    static const auto identity = std::make_shared<const TlsIdentity>(1024);
    return identity;
}

constexpr const char* kLensMask =
    R"({"method":"multipleRequest","params":{"requests":[{"method":"getLensMaskConfig","params":{"lens_mask":{"name":["lens_mask_info"]}}}]}})";
const std::string kMd5Admin = "21232f297a57a5a743894a0e4a801fc3";

class L4 : public ::testing::Test {
protected:
    void start(CameraL4Options options = {}) {
        options.address = "127.0.73.1";
        options.identity = shared_identity();
        options.world = clock_.world();
        camera_ = std::make_unique<CameraL4>(options);
        camera_->start();
        client_ = std::make_unique<TpapClient>("127.0.73.1", camera_->port(), true);
    }
    int log_in(const std::string& credential, const std::string& user = kMd5Admin) {
        return client_->log_in(credential, user, "userpw", ScalarForm::fixed);
    }
    const std::string kPasscode = hex_lower(md5(as_bytes("demo-password")));
    HandClock clock_;
    std::unique_ptr<CameraL4> camera_;
    std::unique_ptr<TpapClient> client_;
};

TEST_F(L4, AnswersBatchesAndNothingElse) {
    start();
    ASSERT_EQ(log_in(kPasscode), 0);
    EXPECT_EQ(client_->ask(kLensMask)
                  .at("result")
                  .at("responses")
                  .at(0)
                  .at("result")
                  .at("lens_mask")
                  .at("lens_mask_info")
                  .at("enabled"),
              "off");
    EXPECT_EQ(
        client_->ask(R"({"method":"getLedStatus","params":{"led":{"name":["config"]}}})").at("error_code"),
        -40209);
    EXPECT_EQ(client_->ask(kLensMask).at("error_code"), 0);
}

TEST_F(L4, ProbeAndWrongNamesCostNoAttempt) {
    start();
    EXPECT_EQ(client_->step({{"encrypt_type", "3"}, {"username", "admin"}, {"cnonce", "0123456789ABCDEF"}})
                  .at("error_code"),
              -40211);
    EXPECT_EQ(log_in(kPasscode, "admin"), -40209);
    EXPECT_EQ(camera_->state().at("login_attempts"), 0U);
    EXPECT_EQ(client_->step({{"sub_method", "discover"}}).at("result").at("tpap").at("pake"),
              json::array({2}));
}

TEST_F(L4, WrongPasswordTellsHowManyAreLeftAndThenLocks) {
    CameraL4Options options;
    options.max_attempts = 2;
    start(options);
    EXPECT_EQ(log_in(hex_lower(md5(as_bytes("wrong")))), -40401);
    EXPECT_EQ(log_in(hex_lower(md5(as_bytes("wrong")))), -40401);
    EXPECT_EQ(log_in(kPasscode), -40404);
    camera_->reboot();
    EXPECT_EQ(camera_->state().at("login_failures"), 2U);
}

TEST_F(L4, Sha256CryptPasscode) {
    CameraL4Options options;
    options.hash = PasswordHash::sha256;
    options.crypt = L4Crypt::sha256_crypt;
    options.user = L4User::sha256;
    start(options);
    EXPECT_EQ(log_in(sha256_hex_upper("demo-password"), sha256_hex_upper("admin")), -40401);
    crypt_data data{};
    EXPECT_EQ(log_in(crypt_r(sha256_hex_upper("demo-password").c_str(), "$5$simulated$", &data),
                     sha256_hex_upper("admin")),
              0);
    const json::object announced = camera_->announcement("");
    EXPECT_EQ(announced.at("encrypt_type"), json::array({"4"}));
    EXPECT_TRUE(announced.contains("tpap"));
}

TEST_F(L4, EndedSessionIsPlainJsonAndTheNextLoginMayBeRefusedOnce) {
    CameraL4Options options;
    options.refuses_first_relogin = true;
    start(options);
    ASSERT_EQ(log_in(kPasscode), 0);
    camera_->expire_sessions();
    EXPECT_EQ(client_->ask(kLensMask).at("error_code"), -40401);
    EXPECT_EQ(log_in(kPasscode), -40401);
    EXPECT_EQ(log_in(kPasscode), 0);
    *clock_.now += std::chrono::seconds(3601);
    EXPECT_EQ(client_->ask(kLensMask).at("error_code"), -40401);
}

TEST_F(L4, EscapedTokenIsAnotherToken) {
    start();
    ASSERT_EQ(log_in(kPasscode), 0);
    client_->stok += "%21";
    EXPECT_EQ(client_->ask(kLensMask).at("error_code"), -40421);
}

TEST(VigiVectors, DigestAndKey) {
    const json::value row = load_vectors("tapo_camera_control.json").at("vigi_rsa");
    EXPECT_EQ(vigi_digest(text(row.at("password_utf8"))), text(row.at("md5_upper_hex")));
    const auto key = RsaPrivateKey::from_pem(text(row.at("private_key_pkcs8_pem_TEST_ONLY")));
    ASSERT_TRUE(key);
    const auto plain =
        key->decrypt(base64_decode(text(row.at("sample_ciphertext_base64"))).value(), RsaPadding::pkcs1);
    ASSERT_TRUE(plain);
    EXPECT_EQ(as_text(*plain), text(row.at("rsa_plaintext_ascii")));
}

class Vigi : public ::testing::Test {
protected:
    void start(CameraVigiOptions options = {}) {
        options.address = "127.0.73.2";
        options.identity = shared_identity();
        camera_ = std::make_unique<CameraVigi>(options);
        camera_->start();
        client_ = std::make_unique<SimClient>("127.0.73.2", camera_->port(), true);
    }
    json::object post(const std::string& target, const json::value& body) {
        const Posted posted = client_->post(target, json::serialize(body));
        status_ = posted.status;
        return json::parse(posted.body).as_object();
    }
    json::object info() {
        return post("/", json::parse(R"({"method":"do","user_management":{"get_encrypt_info":null}})"))
            .at("data")
            .as_object();
    }
    json::object log_in(const std::string& password) {
        const json::object data = info();
        const bool newer = data.contains("key_2");
        const std::string der = url_decode(text(data.at(newer ? "key_2" : "key")));
        const auto key =
            RsaPublicKey::from_pem("-----BEGIN PUBLIC KEY-----\n" + der + "\n-----END PUBLIC KEY-----\n");
        const std::string plain = vigi_digest(password) + ":" + text(data.at("nonce"));
        std::string secret = base64_encode(key->encrypt(as_bytes(plain), RsaPadding::pkcs1).value());
        for (const auto& [from, to] : {std::pair{"+", "%2B"}, {"/", "%2F"}, {"=", "%3D"}})
            for (std::size_t at = 0; (at = secret.find(from, at)) != std::string::npos; at += 3)
                secret.replace(at, 1, to);
        json::object login{
            {"username", "admin"}, {"password", secret}, {"passwdType", "md5"}, {"encrypt_type", "2"}};
        if (newer) login["keyType"] = "1";
        return post("/", json::object{{"method", "do"}, {"login", login}});
    }
    std::unique_ptr<CameraVigi> camera_;
    std::unique_ptr<SimClient> client_;
    int status_ = 0;
};

TEST_F(Vigi, SpeaksOldStyleInEncodedStrings) {
    start();
    const json::object data = info();
    EXPECT_EQ(status_, 401);
    EXPECT_EQ(data.at("encrypt_type"), (json::array{"1", "2"}));
    EXPECT_EQ(text(data.at("key")).find_first_of("+/="), std::string::npos);
    const json::object entered = log_in("demo-password");
    ASSERT_EQ(entered.at("error_code"), 0);
    EXPECT_EQ(status_, 200);
    const std::string path = "/stok=" + url_decode(text(entered.at("stok"))) + "/ds";
    const json::object mask =
        post(path, json::parse(R"({"method":"get","lens_mask":{"name":["lens_mask_info"]}})"));
    EXPECT_EQ(mask.at("lens_mask").at("lens_mask_info").at("enabled"), "off");
    const json::object basic =
        post(path, json::parse(R"({"method":"get","device_info":{"name":["basic_info"]}})"));
    EXPECT_NE(text(basic.at("device_info").at("basic_info").at("sw_version")).find("%20"), std::string::npos);
    EXPECT_EQ(post(path, json::parse(R"({"method":"set","system":{"sys":{"dev_alias":"Back%20yard"}}})"))
                  .at("error_code"),
              0);
    EXPECT_EQ(camera_->state().at("alias"), "Back yard");
    camera_->expire_sessions();
    post(path, json::parse(R"({"method":"get","lens_mask":{"name":["lens_mask_info"]}})"));
    EXPECT_EQ(status_, 401);
}

TEST_F(Vigi, SecondKeyNeedsItsType) {
    CameraVigiOptions options;
    options.key_2 = true;
    start(options);
    EXPECT_EQ(log_in("demo-password").at("error_code"), 0);
}

TEST_F(Vigi, LocksAfterWrongPasswords) {
    CameraVigiOptions options;
    options.max_attempts = 2;
    start(options);
    EXPECT_EQ(log_in("wrong").at("data").at("code"), -40401);
    EXPECT_EQ(log_in("wrong").at("data").at("code"), -40404);
    const json::object data = info();
    EXPECT_EQ(data.at("code"), -40404);
    EXPECT_GT(data.at("sec_left").to_number<int>(), 1700);
    EXPECT_FALSE(data.contains("nonce"));
}

} // namespace
} // namespace tplink::sim
