// TPAP: known answers, and a plug asked by a raw client.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/hand_clock.hpp"
#include "tests/simulators/plug_tpap.hpp"
#include "tests/simulators/tpap_client.hpp"
#include "tests/simulators/vectors.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

Buffer from_base64(const json::value& value) { return base64_decode(value.as_string()).value(); }

/// "0x1f2e.." to 32 bytes.
Buffer scalar_of(const json::value& value) {
    std::string digits = text(value).substr(2);
    digits.insert(0, 64 - digits.size(), '0');
    return from_hex(digits).value();
}

TEST(TpapVectors, TranscriptAndRecordLayer) {
    const json::value vectors = load_vectors("plugs.json");
    int seen = 0;
    for (const json::value& row : vectors.at("tpap").at("sessions").as_array()) {
        if (row.at("suite") != 1 || row.at("cipher") != "aes_128_ccm")
            continue; // what devices were seen to take
        ++seen;
        const json::value& registered = row.at("register_result");
        const UserPake user =
            user_pake(text(row.at("secret")), from_base64(registered.at("dev_salt")),
                      registered.at("iterations").to_number<int>(), scalar_of(row.at("client_x")),
                      from_base64(row.at("user_random_b64")), from_base64(registered.at("dev_random")),
                      from_base64(registered.at("dev_share")), ScalarForm::minimal);
        EXPECT_EQ("0x" + user.w0, text(row.at("w0")));
        EXPECT_EQ("0x" + user.w1, text(row.at("w1")));
        EXPECT_EQ(base64_encode(user.share), text(row.at("user_share_b64")));
        EXPECT_EQ(base64_encode(user.keys.user_confirm), text(row.at("user_confirm_b64")));
        EXPECT_EQ(base64_encode(user.keys.dev_confirm), text(row.at("expected_dev_confirm_b64")));
        EXPECT_EQ(hex_lower(user.keys.shared), text(row.at("shared_key")));
        const RecordKeys keys = record_keys(user.keys.shared);
        EXPECT_EQ(hex_lower(keys.key), text(row.at("session_key")));
        EXPECT_EQ(hex_lower(keys.base), text(row.at("base_nonce")));
        const auto seq = row.at("request").at("seq").to_number<std::uint32_t>();
        EXPECT_EQ(hex_lower(record_seal(keys, seq, text(row.at("request").at("plain")))),
                  text(row.at("request").at("body")));
        EXPECT_EQ(record_open(keys, hex(row.at("response").at("body"))),
                  text(row.at("response").at("plain")));
    }
    EXPECT_EQ(seen, 1);
}

TEST(TpapVectors, ScalarsArePaddedByTheOddRule) {
    const json::value vectors = load_vectors("plugs.json");
    for (const json::value& row : vectors.at("tpap").at("encode_w").as_array())
        EXPECT_EQ(hex_lower(encode_minimal(scalar_of(row.at("w")))), text(row.at("encoded")));
}

TEST(TpapVectors, FactoryPasscodeComesFromTheMac) {
    const json::value vectors = load_vectors("plugs.json");
    EXPECT_EQ(default_passcode(text(vectors.at("tpap").at("mac"))),
              text(vectors.at("tpap").at("default_passcode_from_mac")));
}

TEST(TpapVectors, CameraExchangesFromTheDevicesSide) {
    const json::value vectors = load_vectors("tapo_camera_control.json");
    for (const json::value& row : vectors.at("tpap_camera").at("exchanges").as_array()) {
        SCOPED_TRACE(text(row.at("name")));
        const json::value& registered = row.at("pake_register_result");
        const PakeRecord record =
            make_pake_record(text(row.at("credential_ascii")), from_base64(registered.at("dev_salt")),
                             registered.at("iterations").to_number<int>());
        EXPECT_EQ(hex_lower(record.w0), text(row.at("w0_hex")));
        const Buffer y = hex(row.at("y_device_secret_hex"));
        EXPECT_EQ(hex_lower(pake_device_share(record, y)), text(row.at("dev_share_hex")));
        const auto keys =
            pake_finish(record, y, hex(row.at("user_share_hex")), from_base64(row.at("user_random_base64")),
                        from_base64(registered.at("dev_random")), ScalarForm::fixed);
        ASSERT_TRUE(keys);
        EXPECT_EQ(hex_lower(keys->user_confirm), text(row.at("user_confirm_hex")));
        EXPECT_EQ(hex_lower(keys->dev_confirm), text(row.at("dev_confirm_hex")));
        EXPECT_EQ(hex_lower(keys->shared), text(row.at("shared_key_hex")));
        const RecordKeys channel = record_keys(keys->shared);
        EXPECT_EQ(hex_lower(channel.key), text(row.at("session_key_hex")));
        for (const json::value& request : row.at("requests").as_array())
            EXPECT_EQ(record_open(channel, hex(request.at("http_body_hex"))),
                      text(request.at("plaintext_utf8")));
    }
}

class TpapPlug : public ::testing::Test {
protected:
    void start(PlugTpapOptions options = {}) {
        options.address = "127.0.72.1";
        options.world = clock_.world();
        plug_ = std::make_unique<PlugTpap>(options);
        plug_->start();
        client_ = std::make_unique<TpapClient>("127.0.72.1", plug_->port());
    }
    int log_in(const std::string& password = "demo-password") {
        return client_->log_in(hex_lower(sha1(as_bytes(password))), kAdmin, "userpw", ScalarForm::minimal);
    }

    const std::string kAdmin = hex_lower(md5(as_bytes("admin")));
    HandClock clock_;
    std::unique_ptr<PlugTpap> plug_;
    std::unique_ptr<TpapClient> client_;
};

constexpr const char* kInfo = R"({"method":"get_device_info"})";

TEST_F(TpapPlug, AnswersAfterLogin) {
    start();
    ASSERT_EQ(log_in(), 0);
    EXPECT_EQ(client_->ask(kInfo).at("result").at("model"), "P110");
    EXPECT_EQ(client_->ask(R"({"method":"set_device_info","params":{"device_on":true}})").at("error_code"),
              0);
    EXPECT_EQ(plug_->state().at("device_on"), true);
    EXPECT_EQ(plug_->state().at("open_sessions"), 1U);
}

TEST_F(TpapPlug, DiscoverNamesWhatItWants) {
    start();
    const json::object found = client_->step({{"sub_method", "discover"}}).at("result").as_object();
    EXPECT_EQ(found.at("tpap").at("pake"), json::array({2}));
    EXPECT_EQ(found.at("tpap").at("port"), plug_->port());
    EXPECT_EQ(found.at("mac"), "02-00-00-00-00-01");
    const json::object announced = plug_->announcement("");
    EXPECT_EQ(announced.at("mgt_encrypt_schm").at("encrypt_type"), "TPAP");
    EXPECT_EQ(announced.at("tpap"), found.at("tpap"));
}

TEST_F(TpapPlug, WrongPasswordsAreCountedAndThenBlocked) {
    PlugTpapOptions options;
    options.max_attempts = 2;
    start(options);
    EXPECT_EQ(log_in("wrong"), -1501);
    EXPECT_EQ(log_in("wrong"), -1501);
    EXPECT_EQ(log_in(), -40404);
    EXPECT_EQ(plug_->state().at("login_failures"), 2U);
    *clock_.now += std::chrono::minutes(31);
    EXPECT_EQ(log_in(), 0);
}

TEST_F(TpapPlug, EndedSessionIsToldInClearJson) {
    start();
    ASSERT_EQ(log_in(), 0);
    plug_->expire_sessions();
    EXPECT_EQ(client_->ask(kInfo), (json::object{{"error_code", -2203}}));
    ASSERT_EQ(log_in(), 0);
    EXPECT_TRUE(client_->ask(kInfo).contains("result"));
    client_->seq -= 1; // a repeat
    EXPECT_EQ(client_->ask(kInfo).at("error_code"), -2203);
    EXPECT_EQ(plug_->state().at("repeated_seqs"), 1U);
}

TEST_F(TpapPlug, ExpiryMayAlsoBe403) {
    PlugTpapOptions options;
    options.expiry_code = 0;
    start(options);
    ASSERT_EQ(log_in(), 0);
    plug_->expire_sessions();
    client_->ask(kInfo);
    EXPECT_EQ(client_->last_status, 403);
}

TEST_F(TpapPlug, SecondRegisterKillsTheFirst) {
    start();
    const json::object share{{"sub_method", "pake_share"},
                             {"user_share", base64_encode(Buffer(65))},
                             {"user_confirm", base64_encode(Buffer(32))}};
    EXPECT_EQ(client_->step(share).at("error_code"), -2203);
}

TEST_F(TpapPlug, UnboundPlugTakesTheFactoryPasscode) {
    PlugTpapOptions options;
    options.secret = TpapSecret::factory;
    options.compressed_share = true;
    start(options);
    EXPECT_EQ(
        client_->log_in(default_passcode("02-00-00-00-00-01"), kAdmin, "default_userpw", ScalarForm::minimal),
        0);
    EXPECT_EQ(log_in(), -40209);
}

TEST_F(TpapPlug, ThirdPartySwitchBringsKlapBackAndTakesItAway) {
    start();
    SimClient http("127.0.72.1", plug_->port());
    const std::string seed(16, 's');
    EXPECT_EQ(http.post("/app/handshake1", seed).status, 403);
    EXPECT_EQ(http.post("/app", R"({"method":"handshake"})").body, R"({"error_code":1003})");
    ASSERT_EQ(log_in(), 0);
    ASSERT_TRUE(plug_->set_state({{"third_party", true}}));
    EXPECT_EQ(client_->ask(kInfo).at("error_code"), -2203);
    EXPECT_EQ(log_in(), 1003);
    EXPECT_EQ(http.post("/app/handshake1", seed).status, 200);
    EXPECT_EQ(plug_->announcement("").at("mgt_encrypt_schm").at("encrypt_type"), "KLAP");
    EXPECT_FALSE(plug_->announcement("").contains("tpap"));
    ASSERT_TRUE(plug_->set_state({{"third_party", false}}));
    EXPECT_EQ(http.post("/app/handshake1", seed).status, 403);
    EXPECT_EQ(log_in(), 0);
}

TEST_F(TpapPlug, AnnouncesTpapButPrefersKlap) {
    PlugTpapOptions options;
    options.third_party = options.announces_tpap_always = true;
    start(options);
    EXPECT_EQ(plug_->announcement("").at("mgt_encrypt_schm").at("encrypt_type"), "TPAP");
    const json::object found = client_->step({{"sub_method", "discover"}}).at("result").as_object();
    EXPECT_EQ(found.at("tpap_preferred"), false);
    EXPECT_FALSE(found.contains("tpap"));
}

} // namespace
} // namespace tplink::sim
