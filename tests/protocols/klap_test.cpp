#include "protocols/tapo/klap.hpp"

#include <gtest/gtest.h>

#include "tests/protocols/vectors.hpp"

namespace tplink::tapo {
namespace {

using test::at;
namespace json = boost::json;
using test::hex;
using test::text;

const json::value& vectors() {
    static const json::value value = test::load_vectors("plugs.json");
    return value;
}

KlapVersion version_of(const json::value& session) {
    return at(session, "/version").to_number<int>() == 1 ? KlapVersion::v1 : KlapVersion::v2;
}

KlapCipher cipher_of(const json::value& session) {
    return {hex(session, "/local_seed"), hex(session, "/remote_seed"), hex(session, "/auth_hash")};
}

TEST(KlapAuthHash, MatchesKnownAccounts) {
    for (const json::value& account : at(vectors(), "/klap/credentials").as_array()) {
        const std::string user = text(account, "/username");
        const std::string password = text(account, "/password");
        EXPECT_EQ(hex_lower(klap_auth_hash(KlapVersion::v1, user, password)), text(account, "/auth_hash_v1"));
        EXPECT_EQ(hex_lower(klap_auth_hash(KlapVersion::v2, user, password)), text(account, "/auth_hash_v2"));
        EXPECT_EQ(crypto::md5_hex_lower(user), text(account, "/owner_hash"));
    }
}

TEST(KlapHandshake, ProofsMatchKnownSessions) {
    for (const json::value& session : at(vectors(), "/klap/sessions").as_array()) {
        const Buffer local = hex(session, "/local_seed");
        const Buffer remote = hex(session, "/remote_seed");
        const Buffer auth = hex(session, "/auth_hash");
        const auto server = klap_server_hash(version_of(session), local, remote, auth);
        EXPECT_EQ(hex_lower(concat({remote, server})), text(session, "/handshake1_response"));
        EXPECT_EQ(hex_lower(klap_client_hash(version_of(session), local, remote, auth)),
                  text(session, "/handshake2_request"));
    }
}

TEST(KlapCipher, SealsAndOpensKnownRequests) {
    for (const json::value& session : at(vectors(), "/klap/sessions").as_array()) {
        KlapCipher cipher = cipher_of(session);
        EXPECT_EQ(cipher.seq(), at(session, "/seq_initial").to_number<std::int32_t>());
        for (const json::value& request : at(session, "/requests").as_array()) {
            const std::int32_t seq = cipher.next_seq();
            EXPECT_EQ(seq, at(request, "/seq").to_number<std::int32_t>());
            EXPECT_EQ(hex_lower(cipher.seal(seq, as_bytes(text(request, "/plain")))), text(request, "/body"));
            const Result<Buffer> reply = cipher.open(seq, hex(request, "/response_body"));
            ASSERT_TRUE(reply) << reply.error().what;
            EXPECT_EQ(as_text(*reply), text(request, "/response_plain"));
        }
    }
}

TEST(KlapCipher, NumbersAfterTheWrapAreTwosComplement) {
    KlapCipher cipher = cipher_of(at(vectors(), "/klap/sessions/0"));
    const json::value& wrap = at(vectors(), "/klap/wrap_after_2147483647");
    const std::string plain = text(vectors(), "/klap/sessions/0/requests/0/plain");
    EXPECT_EQ(hex_lower(cipher.seal(at(wrap, "/seq").to_number<std::int32_t>(), as_bytes(plain))),
              text(wrap, "/body"));
}

TEST(KlapCipher, RefusesEveryChangedByteAndEveryShorterFrame) {
    const json::value& session = at(vectors(), "/klap/sessions/0");
    KlapCipher cipher = cipher_of(session);
    const std::int32_t seq = at(session, "/requests/0/seq").to_number<std::int32_t>();
    const Buffer good = hex(session, "/requests/0/response_body");
    for (std::size_t i = 0; i < good.size(); ++i) {
        Buffer bad = good;
        bad[i] ^= std::byte{1};
        EXPECT_FALSE(cipher.open(seq, bad)) << "byte " << i;
        EXPECT_FALSE(cipher.open(seq, Bytes(good).first(i))) << "length " << i;
    }
    EXPECT_FALSE(cipher.open(seq + 1, good));
    EXPECT_TRUE(cipher.open(seq, good));
}

} // namespace
} // namespace tplink::tapo
