#include "media/elements/endpoint_uri.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tplink::media {
namespace {

TEST(EndpointUri, ReadsWhatPeopleWrite) {
    const auto plain = parse_endpoint_uri("tapo://192.168.1.20");
    ASSERT_TRUE(plain) << plain.error().what;
    EXPECT_EQ(plain->host, "192.168.1.20");
    EXPECT_EQ(plain->port, 8800);
    EXPECT_EQ(plain->quality, stream::Quality::hd);
    EXPECT_TRUE(plain->audio);

    const auto full = parse_endpoint_uri("VIGI://admin:p%40ss%3Aword@[fe80::1]:18800/sd?audio=0&channel=2");
    ASSERT_TRUE(full) << full.error().what;
    EXPECT_EQ(full->scheme, stream::Scheme::vigi);
    EXPECT_EQ(full->host, "fe80::1");
    EXPECT_EQ(full->port, 18800);
    EXPECT_EQ(full->credentials.username, "admin");
    EXPECT_EQ(full->credentials.password.reveal(), "p@ss:word");
    EXPECT_EQ(full->quality, stream::Quality::sd);
    EXPECT_FALSE(full->audio);
    EXPECT_EQ(full->channel, 2U);
    EXPECT_EQ(format_endpoint_uri(*full), "vigi://[fe80::1]:18800/sd?audio=0&channel=2") << "no password in what is shown";
}

TEST(EndpointUri, RefusesTheRestInOneSentence) {
    for (const char* text : {"", "tapo", "rtsp://host", "tapo://", "tapo://host:0", "tapo://host:99999", "tapo://host:x", "tapo://host/4k",
                             "tapo://host?audio=2", "tapo://host?speed=1", "tapo://host?channel=64", "tapo://:8800", "tapo://user@"}) {
        const auto endpoint = parse_endpoint_uri(text);
        ASSERT_FALSE(endpoint) << text;
        EXPECT_EQ(endpoint.error().code, Errc::malformed) << text;
        EXPECT_NE(endpoint.error().what.find("tapo://"), std::string::npos) << endpoint.error().what;
    }
}

}  // namespace
}  // namespace tplink::media
