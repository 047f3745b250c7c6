#include "protocols/stream/digest.hpp"

#include <gmock/gmock.h>

#include "protocols/stream/passwords.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::stream {
namespace {

using test::at;
using test::text;

TEST(Digest, KnownAnswers) {
    const auto vectors = test::load_vectors("camera_media.json");
    const auto& entries = at(vectors, "/digest").as_array();
    EXPECT_EQ(entries.size(), 3U);
    for (const auto& each : entries) {
        const auto challenge = parse_digest_challenge(text(each, "/challenge"));
        ASSERT_TRUE(challenge) << challenge.error().what;
        EXPECT_EQ(digest_response(*challenge, text(each, "/username"), text(each, "/secret"),
                                  text(each, "/method"), text(each, "/uri"), text(each, "/cnonce")),
                  text(each, "/response"))
            << text(each, "/name");
        EXPECT_EQ(challenge->wants_sha256(), text(each, "/name") == "tapo sha256");
    }
}

// The one answer with SHA-256 that is known: that of VIGI's open interface, which has the older form without qop.
TEST(Digest, KnownAnswerWithSha256) {
    const auto vectors = test::load_vectors("tapo_camera_control.json");
    const auto& entry = at(vectors, "/vigi_openapi_doauth");
    const auto challenge = parse_digest_challenge("Digest realm=\"" + text(entry, "/realm_ascii") + "\", nonce=\"" +
                                                  text(entry, "/nonce_ascii") + "\", algorithm=SHA-256");
    ASSERT_TRUE(challenge);
    EXPECT_EQ(digest_response(*challenge, text(entry, "/username_ascii"), text(entry, "/password_utf8"),
                              text(entry, "/method_ascii"), text(entry, "/uri_ascii"), ""),
              text(entry, "/response_lower_hex"));
    EXPECT_THAT(digest_authorization(*challenge, "admin", "correct horse", "POST", "doAuth", ""), testing::EndsWith(", algorithm=SHA-256"));
}

TEST(Digest, WritesTheWholeHeader) {
    const auto challenge = parse_digest_challenge(
        R"(Digest realm="TP-Link IP-Camera",algorithm="MD5",encrypt_type="3",qop="auth",nonce="09939140a84cc97b2a27579bb823b2e1",opaque="64943214654649846565646421")");
    ASSERT_TRUE(challenge);
    EXPECT_EQ(
        digest_authorization(*challenge, "admin",
                             "033A59015E5837C31902AEE293EF424B473D4BD481534AF9E1C65C82936E28B1", "POST",
                             "/stream", "cafebabedeadc0de0011223344556677"),
        R"(Digest username="admin", realm="TP-Link IP-Camera", nonce="09939140a84cc97b2a27579bb823b2e1", )"
        R"(uri="/stream", qop=auth, nc=00000001, cnonce="cafebabedeadc0de0011223344556677", )"
        R"(response="934491b91c57d9b7094a49b0d7ad2dc0", opaque="64943214654649846565646421", algorithm=MD5)");
}

TEST(Digest, ReadsAnyOrderSpacingAndQuoting) {
    for (const std::string_view header :
         {R"(Digest nonce="n1", realm="r, s" , opaque=o1, qop=auth)",
          R"(digest   qop = "auth-int, auth",OPAQUE="o1",nonce=n1,realm="r, s",stale=false)",
          R"(  Digest realm="r, s";nonce="n1";opaque="o1";qop="auth";new="thing")"}) {
        const auto challenge = parse_digest_challenge(header);
        ASSERT_TRUE(challenge) << header << ": " << challenge.error().what;
        EXPECT_EQ(challenge->nonce, "n1");
        EXPECT_EQ(challenge->realm, "r, s");
        EXPECT_EQ(challenge->opaque, "o1");
        EXPECT_FALSE(challenge->wants_sha256());
    }
}

TEST(Digest, WithoutQopTheOlderForm) {
    const auto challenge = parse_digest_challenge(R"(Digest realm="r",nonce="n")");
    ASSERT_TRUE(challenge);
    // md5(md5("admin:r:p"):n:md5("POST:/stream"))
    const std::string header = digest_authorization(*challenge, "admin", "p", "POST", "/stream", "c");
    EXPECT_THAT(header, testing::Not(testing::HasSubstr("cnonce")));
    EXPECT_THAT(header, testing::Not(testing::HasSubstr("opaque")));
    EXPECT_THAT(header, testing::HasSubstr("response=\"13c559e18b9bbe847c7a7b0c2da85dbe\""));
}

TEST(Digest, RefusesWhatItCannotAnswer) {
    EXPECT_EQ(parse_digest_challenge("").error().code, Errc::malformed);
    EXPECT_EQ(parse_digest_challenge("Basic realm=\"x\"").error().code, Errc::malformed);
    EXPECT_EQ(parse_digest_challenge("Digest realm=\"x\"").error().code, Errc::malformed);
    EXPECT_TRUE(parse_digest_challenge("Digest nonce=\"x")) << "a quote that never closes hides nothing";
    EXPECT_EQ(parse_digest_challenge("Digest nonce=x,algorithm=SHA-512-256").error().code, Errc::unsupported);
    EXPECT_EQ(parse_digest_challenge("Digest nonce=x,qop=auth-int").error().code, Errc::unsupported);
}

TEST(Digest, VigiEncoding) {
    const auto vectors = test::load_vectors("camera_media.json");
    const auto& entries = at(vectors, "/vigi_security_encode").as_array();
    EXPECT_EQ(entries.size(), 6U);
    for (const auto& each : entries)
        EXPECT_EQ(vigi_security_encode(text(each, "/password")), text(each, "/encoded"));
}

constexpr std::string_view kMd5 = "40027F3723F9EA9CB5FD3BF9C15C798E";
constexpr std::string_view kSha256 = "033A59015E5837C31902AEE293EF424B473D4BD481534AF9E1C65C82936E28B1";

std::vector<std::string> revealed(const std::vector<Secret>& secrets) {
    std::vector<std::string> all;
    for (const Secret& each : secrets) all.push_back(each.reveal());
    return all;
}

TEST(Passwords, PlainOnesOfferBothHashesTheAskedOneFirst) {
    const Passwords passwords(Scheme::tapo, Secret("s3cret;"));
    EXPECT_THAT(revealed(*passwords.for_digest(true)), testing::ElementsAre(kSha256, kMd5));
    EXPECT_THAT(revealed(*passwords.for_digest(false)), testing::ElementsAre(kMd5, kSha256));
    EXPECT_THAT(revealed(passwords.for_media(Secret("accepted"), true)), testing::ElementsAre("accepted"));
}

TEST(Passwords, ReadyHashesAreTakenAsTheyAre) {
    const Passwords md5(Scheme::tapo, Secret(std::string(kMd5)));
    EXPECT_THAT(revealed(*md5.for_digest(false)), testing::ElementsAre(kMd5));
    EXPECT_EQ(md5.for_digest(true).error().code, Errc::auth_failed);
    EXPECT_THAT(md5.for_digest(true).error().what, testing::HasSubstr("SHA-256"));
    const Passwords sha(Scheme::tapo, Secret(std::string(kSha256)));
    EXPECT_THAT(revealed(*sha.for_digest(true)), testing::ElementsAre(kSha256));
    EXPECT_EQ(sha.for_digest(false).error().code, Errc::auth_failed);
}

TEST(Passwords, VigiEncodesForTheDigestAndTriesPlainFirstForTheMedia) {
    const Passwords passwords(Scheme::vigi, Secret("vigipass12345678"));
    EXPECT_THAT(revealed(*passwords.for_digest(false)), testing::ElementsAre("3277iKrv3A0V8yLX"));
    EXPECT_THAT(revealed(passwords.for_media(Secret("3277iKrv3A0V8yLX"), false)),
                testing::ElementsAre("vigipass12345678", "3277iKrv3A0V8yLX"));
}

} // namespace
} // namespace tplink::stream
