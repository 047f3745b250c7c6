// The camera side recomputes the known answers that independent clients agreed on.

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/simulators/camera_l1.hpp"
#include "tests/simulators/camera_l3.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/discovery.hpp"
#include "tests/simulators/plug_klap.hpp"
#include "tests/simulators/scripted.hpp"
#include "tests/simulators/vectors.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

/// Random bytes that make the camera choose this stok.
Buffer stok_bytes(const std::string& stok) {
    constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    Buffer out;
    for (const char c : stok.substr(0, stok.size() - 2))
        out.push_back(static_cast<std::byte>(kAlphabet.find(c)));
    return out;
}

class SecureLogins : public ::testing::TestWithParam<std::size_t> {};

TEST_P(SecureLogins, CameraAnswersTheRecordedExchange) {
    const json::value vectors = load_vectors("tapo_camera_control.json");
    const json::value& login = vectors.at("secure_login").at(GetParam());
    Buffer start_seq(2);
    store_be16(std::span<std::byte, 2>(start_seq),
               static_cast<std::uint16_t>(login.at("start_seq").to_number<int>() - 100));
    const json::value granted = json::parse(text(login.at("step2_reply_body_json")));
    CameraL3Options options;
    options.password = text(login.at("password_utf8"));
    options.hash = text(login.at("password_hash_kind")) == "md5" ? PasswordHash::md5 : PasswordHash::sha256;
    options.world = scripted_world({from_hex(text(login.at("nonce_ascii"))).value(), start_seq,
                                    stok_bytes(text(granted.at("result").at("stok")))});
    CameraL3 camera(options);

    const HttpReply probed = camera.handle(post("/", text(login.at("step1_request_body_json"))));
    EXPECT_EQ(json::parse(probed.body), json::parse(text(login.at("step1_reply_body_json"))));
    const HttpReply logged_in = camera.handle(post("/", text(login.at("step2_request_body_json"))));
    EXPECT_EQ(json::parse(logged_in.body), granted);

    const L3Keys keys = derive_l3_keys(text(login.at("password_hash_used_ascii")),
                                       text(login.at("cnonce_ascii")), text(login.at("nonce_ascii")));
    EXPECT_EQ(hex_lower(keys.lsk), text(login.at("lsk_hex")));
    EXPECT_EQ(hex_lower(keys.ivb), text(login.at("ivb_hex")));
    for (const json::value& request : login.at("requests").as_array()) {
        const HttpReply reply =
            camera.handle(post(text(login.at("request_path_ascii")), text(request.at("http_body_ascii")),
                               {{"Seq", text(request.at("header_Seq_ascii"))},
                                {"Tapo_tag", text(request.at("header_Tapo_tag_ascii"))}}));
        EXPECT_EQ(reply.status, 200);
        const std::string spaced = text(request.at("same_request_body_with_spaces_ascii"));
        EXPECT_EQ(l3_tag(keys, spaced, request.at("seq").to_number<std::int64_t>()),
                  text(request.at("Tapo_tag_for_body_with_spaces_ascii")));
    }
    for (const json::value& reply : login.at("replies").as_array()) {
        const Buffer cipher = aes_cbc_encrypt(keys.lsk, keys.ivb, as_bytes(text(reply.at("plaintext_utf8"))));
        EXPECT_EQ(base64_encode(cipher), text(reply.at("response_base64")));
    }
    EXPECT_EQ(camera.state().at("requests"), login.at("requests").as_array().size());
    EXPECT_EQ(camera.state().at("login_failures"), 0U);
}
INSTANTIATE_TEST_SUITE_P(All, SecureLogins, ::testing::Values(0U, 1U));

TEST(LegacyLogin, CameraAnswersTheRecordedExchange) {
    const json::value vectors = load_vectors("tapo_camera_control.json");
    const json::value& login = vectors.at("legacy_login");
    const json::value granted = json::parse(text(login.at("reply_body_json")));
    CameraL1Options options;
    options.password = text(login.at("password_utf8"));
    options.world = scripted_world({from_hex(text(granted.at("result").at("stok"))).value()});
    CameraL1 camera(options);
    EXPECT_EQ(json::parse(camera.handle(post("/", text(login.at("request_body_json")))).body), granted);
    const HttpReply reply = camera.handle(
        post(text(login.at("next_request_path_ascii")), R"({"method":"get","led":{"name":["config"]}})"));
    EXPECT_EQ(json::parse(reply.body).at("led").at("config").at("enabled"), "on");
}

TEST(PasswordHashes, Match) {
    const json::value vectors = load_vectors("tapo_camera_control.json");
    for (const json::value& row : vectors.at("password_hashes").as_array()) {
        EXPECT_EQ(md5_hex_upper(text(row.at("password_utf8"))), text(row.at("md5_upper_hex")));
        EXPECT_EQ(sha256_hex_upper(text(row.at("password_utf8"))), text(row.at("sha256_upper_hex")));
    }
}

TEST(Discovery, ReadsTheRecordedProbes) {
    const json::value vectors = load_vectors("plugs.json");
    const json::value& discovery = vectors.at("discovery");
    Buffer probe = hex(discovery.at("probe"));
    const auto read = parse_probe(probe);
    ASSERT_TRUE(read);
    EXPECT_EQ(text(json::parse(text(discovery.at("probe_json"))).at("params").at("rsa_key")), read->rsa_key);
    EXPECT_TRUE(parse_probe(hex(discovery.at("short_probe_without_key"))));
    probe.back() ^= std::byte{1};
    EXPECT_FALSE(parse_probe(probe));
}

TEST(Discovery, BuildsTheRecordedAnswers) {
    const json::value vectors = load_vectors("plugs.json");
    for (const json::value& reply : vectors.at("discovery").at("replies").as_array()) {
        const Buffer datagram = hex(reply.at("datagram"));
        const std::string_view body = as_text(Bytes(datagram).subspan(16));
        EXPECT_EQ(json::parse(body), reply.at("json"));
        EXPECT_EQ(hex_lower(build_answer(body)), text(reply.at("datagram")));
    }
}

TEST(Discovery, CameraWrapsItsFactsForTheKeyOfTheProbe) {
    const json::value vectors = load_vectors("plugs.json");
    const json::value& discovery = vectors.at("discovery");
    const auto key = RsaPrivateKey::from_pem(text(discovery.at("rsa_private_pkcs8_pem")));
    ASSERT_TRUE(key);
    CameraL3 camera(CameraL3Options{});
    const json::object info = camera.announcement(key->public_pem()).at("encrypt_info").as_object();
    const auto key_iv = key->decrypt(*base64_decode(text(info.at("key"))), RsaPadding::oaep_sha1);
    ASSERT_TRUE(key_iv && key_iv->size() == 32);
    const auto plain = aes_cbc_decrypt(Bytes(*key_iv).first(16), Bytes(*key_iv).subspan(16),
                                       *base64_decode(text(info.at("data"))));
    ASSERT_TRUE(plain);
    EXPECT_EQ(json::parse(as_text(*plain)).at("connect_type"), "wireless");
    // The recorded camera did the same.
    for (const json::value& reply : discovery.at("replies").as_array()) {
        const auto* expected = reply.as_object().if_contains("encrypt_info_key_iv");
        if (!expected) continue;
        const auto recorded = key->decrypt(
            *base64_decode(text(reply.at_pointer("/json/result/encrypt_info/key"))), RsaPadding::oaep_sha1);
        ASSERT_TRUE(recorded);
        EXPECT_EQ(hex_lower(*recorded), text(*expected));
    }
}

} // namespace
} // namespace tplink::sim
