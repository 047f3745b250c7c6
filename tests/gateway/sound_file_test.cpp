#include "gateway/app/sound_file.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "protocols/net/egress.hpp"

namespace tplink::gateway {
namespace {

TEST(SoundFile, TakesAddressesApart) {
    const auto plain = parse_web_address("http://192.168.1.5:8123/api/tts_proxy/x.mp3?a=b");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "192.168.1.5");
    EXPECT_EQ(plain->port, 8123);
    EXPECT_EQ(plain->path, "/api/tts_proxy/x.mp3?a=b");
    EXPECT_FALSE(plain->tls);
    EXPECT_EQ(parse_web_address("https://[::1]/")->host, "::1");
    EXPECT_EQ(parse_web_address("https://ha.local")->port, 443);
    for (const char* bad : {"", "ftp://x/", "http://", "http:///x", "http://h:0/", "http://h:99999/", "http://u:p@h/", "http://h/a b", "http://h/\r\nX: y", "file:///etc/passwd"})
        EXPECT_FALSE(parse_web_address(bad)) << bad;
}

TEST(SoundFile, ReadsFilesOfThisMachine) {
    net::EgressGuard guard;
    const std::string name = testing::TempDir() + "/sound_file_test.wav";
    std::ofstream(name, std::ios::binary) << "RIFFxxxx";
    EXPECT_EQ(load_sound({{"file", name}}, guard)->bytes, "RIFFxxxx");
    std::remove(name.c_str());
    EXPECT_FALSE(load_sound({{"file", name}}, guard));
    EXPECT_FALSE(load_sound({{"file", testing::TempDir()}}, guard));
    EXPECT_FALSE(load_sound({}, guard));
}

} // namespace
} // namespace tplink::gateway
