// The device side recomputes the known answers that independent clients agreed on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/plug_aes.hpp"
#include "tests/simulators/plug_klap.hpp"
#include "tests/simulators/scripted.hpp"
#include "tests/simulators/vectors.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

HttpRequest post_in(const std::string& cookie, std::string target, std::string body) {
    return post(std::move(target), std::move(body), {{"Cookie", "TP_SESSIONID=" + cookie}});
}

std::string cookie_of(const HttpReply& reply) {
    const std::string& value = reply.headers.at(0).second;
    return value.substr(value.find('=') + 1, value.find(';') - value.find('=') - 1);
}

TEST(KlapVectors, AccountHashesMatch) {
    const json::value vectors = load_vectors("plugs.json");
    for (const json::value& row : vectors.at("klap").at("credentials").as_array()) {
        const std::string user = text(row.at("username"));
        const std::string password = text(row.at("password"));
        EXPECT_EQ(hex_lower(klap_auth_hash(1, user, password)), text(row.at("auth_hash_v1")));
        EXPECT_EQ(hex_lower(klap_auth_hash(2, user, password)), text(row.at("auth_hash_v2")));
    }
}

class KlapSessions : public ::testing::TestWithParam<int> {};

TEST_P(KlapSessions, PlugAnswersTheRecordedExchange) {
    const json::value vectors = load_vectors("plugs.json");
    const json::value& session = vectors.at("klap").at("sessions").at(static_cast<std::size_t>(GetParam()));
    PlugKlapOptions options;
    options.world = scripted_world({hex(session.at("remote_seed"))});
    options.version = session.at("version").to_number<int>();
    for (const json::value& row :
         vectors.at("klap").at("credentials").as_array()) // the account behind this auth_hash
        if (row.at("auth_hash_v" + std::to_string(options.version)) == session.at("auth_hash")) {
            options.username = text(row.at("username"));
            options.password = text(row.at("password"));
        }
    PlugKlap plug(options);

    const HttpReply first =
        plug.handle(post("/app/handshake1", std::string(as_text(hex(session.at("local_seed"))))));
    EXPECT_EQ(hex_lower(as_bytes(first.body)), text(session.at("handshake1_response")));
    const std::string id = cookie_of(first);
    EXPECT_EQ(plug.handle(post_in(id, "/app/handshake2",
                                  std::string(as_text(hex(session.at("handshake2_request"))))))
                  .status,
              200);

    const KlapKeys keys = derive_klap_keys(hex(session.at("local_seed")), hex(session.at("remote_seed")),
                                           hex(session.at("auth_hash")));
    EXPECT_EQ(static_cast<std::int32_t>(keys.seq), session.at("seq_initial").to_number<std::int32_t>());
    for (const json::value& request : session.at("requests").as_array()) {
        const auto seq = static_cast<std::uint32_t>(request.at("seq").to_number<std::int32_t>());
        const auto plain = klap_open(keys, seq, hex(request.at("body")));
        ASSERT_TRUE(plain);
        EXPECT_EQ(as_text(*plain), text(request.at("plain")));
        EXPECT_EQ(hex_lower(klap_seal(keys, seq, as_bytes(text(request.at("response_plain"))))),
                  text(request.at("response_body")));
        const HttpReply reply =
            plug.handle(post_in(id, text(request.at("url")), std::string(as_text(hex(request.at("body"))))));
        ASSERT_EQ(reply.status, 200);
        EXPECT_TRUE(klap_open(keys, seq, as_bytes(reply.body)));
    }
}
INSTANTIATE_TEST_SUITE_P(All, KlapSessions, ::testing::Values(0, 1, 2));

TEST(KlapVectors, CounterWrapsToTheNegativeEnd) {
    const json::value vectors = load_vectors("plugs.json");
    const json::value& session = vectors.at("klap").at("sessions").at(0);
    const json::value& wrap = vectors.at("klap").at("wrap_after_2147483647");
    const KlapKeys keys = derive_klap_keys(hex(session.at("local_seed")), hex(session.at("remote_seed")),
                                           hex(session.at("auth_hash")));
    EXPECT_TRUE(klap_open(keys, 0x80000000U, hex(wrap.at("body"))));
}

TEST(AesVectors, PlugAnswersTheRecordedExchange) {
    const json::value vectors = load_vectors("plugs.json");
    const json::value& aes = vectors.at("aes");
    const json::value& account = vectors.at("account");
    const json::value answer = json::parse(text(aes.at("response").at("inner")));
    PlugAesOptions options;
    options.username = text(account.at("username"));
    options.password = text(account.at("password"));
    options.world = scripted_world({hex(aes.at("decrypted_key_iv")), Buffer(16),
                                    from_hex(text(answer.at("result").at("token"))).value()});
    PlugAes plug(options);

    const HttpReply shaken = plug.handle(post("/app", text(aes.at("handshake_request"))));
    EXPECT_THAT(shaken.headers.at(0).second, ::testing::EndsWith(";TIMEOUT=1440"));
    const auto key = RsaPrivateKey::from_pem(text(aes.at("rsa_private_pkcs8_pem")));
    ASSERT_TRUE(key);
    const auto secret = key->decrypt(*base64_decode(text(json::parse(shaken.body).at("result").at("key"))),
                                     RsaPadding::pkcs1);
    ASSERT_TRUE(secret);
    EXPECT_EQ(hex_lower(*secret), text(aes.at("decrypted_key_iv")));

    const HttpReply login =
        plug.handle(post_in(cookie_of(shaken), "/app", text(aes.at("passthrough").at(0).at("body"))));
    const json::value outer = json::parse(login.body);
    EXPECT_EQ(text(outer.at("result").at("response")), text(aes.at("response").at("response_b64")));
    const HttpReply next = plug.handle(post_in(cookie_of(shaken), text(aes.at("response").at("next_url")),
                                               text(aes.at("passthrough").at(1).at("body"))));
    EXPECT_EQ(json::parse(next.body).at("error_code"), 0);
    EXPECT_EQ(plug.state().at("login_attempts"), 1U);
    EXPECT_EQ(plug.state().at("login_failures"), 0U);
}

TEST(AesVectors, BothFormsOfThePublicKeyAreRead) {
    const json::value vectors = load_vectors("plugs.json");
    for (const char* form : {"public_pem_one_line", "public_pem_64_columns"}) {
        const auto key = RsaPublicKey::from_pem(text(vectors.at("aes").at(form)));
        ASSERT_TRUE(key) << form;
        EXPECT_EQ(key->bits(), 1024);
    }
}

} // namespace
} // namespace tplink::sim
