#include "protocols/kasa/xor_transport.hpp"

#include <gtest/gtest.h>

#include "protocols/base/crypto.hpp"
#include "protocols/kasa/xor.hpp"
#include "protocols/tapo/reply.hpp"
#include "tests/protocols/scripted_tcp.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::kasa {
namespace {

using namespace tplink::test;

const std::string kQuestion = R"({"system":{"get_sysinfo":{}}})";

std::string framed(std::string_view plain) { return std::string(as_text(xor_frame(plain))); }

XorTransport over(std::deque<TcpScript> scripts) {
    return {std::make_unique<ScriptedConnector>(std::move(scripts), 9999), "192.168.1.20", kXorPort};
}

TEST(Xor, VectorsBothWays) {
    const json::value vectors = load_vectors("plugs.json");
    for (const json::value& row : at(vectors, "/xor").as_array()) {
        EXPECT_EQ(hex_lower(xor_frame(text(row, "/plain"))), text(row, "/framed_tcp"));
        EXPECT_EQ(hex_lower(xor_encrypt(text(row, "/plain"))), text(row, "/datagram_udp"));
        EXPECT_EQ(xor_decrypt(hex(row, "/datagram_udp")), text(row, "/plain"));
    }
}

TEST(Xor, WhatKasaCamerasWantOverHttps) {
    const json::value all = load_vectors("plugs.json");
    const json::value& v = at(all, "/kasa_camera_https");
    EXPECT_EQ("content=" + url_encode(base64_encode(xor_encrypt(text(v, "/plain")))), text(v, "/body"));
    EXPECT_EQ("Basic " + base64_encode(as_bytes("admin:" + crypto::md5_hex_lower("admin"))),
              text(v, "/authorization"));
    EXPECT_TRUE(tapo::parse_object(xor_decrypt(base64_decode(text(v, "/response_b64_of_xor")).value())));
}

TEST(XorTransport, ManyRequestsOnOneConnectionAndRepliesInPieces) {
    const std::string answer = framed(R"({"a":1})");
    XorTransport transport =
        over({{expect(framed(kQuestion)), reply(answer.substr(0, 2)), reply(answer.substr(2, 5)),
               reply(answer.substr(7)), expect(framed(kQuestion)), reply(answer)}});
    ASSERT_TRUE(transport.login());
    EXPECT_EQ(transport.exchange(kQuestion).value(), R"({"a":1})");
    EXPECT_EQ(transport.exchange(kQuestion).value(), R"({"a":1})");
    EXPECT_TRUE(transport.ready());
}

TEST(XorTransport, AKeptConnectionThatWasClosedIsOpenedOnceMore) {
    const std::string answer = framed("{}");
    XorTransport transport =
        over({{expect(framed(kQuestion)), reply(answer), expect(framed(kQuestion)), closed()},
              {expect(framed(kQuestion)), reply(answer)}});
    ASSERT_TRUE(transport.login());
    EXPECT_TRUE(transport.exchange(kQuestion));
    EXPECT_TRUE(transport.exchange(kQuestion));
}

TEST(XorTransport, AFreshConnectionThatClosesIsNotRepeated) {
    XorTransport transport = over({{expect(framed(kQuestion)), closed()}});
    ASSERT_TRUE(transport.login());
    EXPECT_EQ(transport.exchange(kQuestion).error().code, Errc::unreachable);
    EXPECT_FALSE(transport.ready());
}

TEST(XorTransport, AReplyCutShortIsNotRepeated) {
    const std::string answer = framed(R"({"a":1})");
    XorTransport transport = over({{expect(framed(kQuestion)), reply(answer), expect(framed(kQuestion)),
                                    reply(answer.substr(0, 6)), closed()}});
    ASSERT_TRUE(transport.login());
    EXPECT_TRUE(transport.exchange(kQuestion));
    EXPECT_EQ(transport.exchange(kQuestion).error().code, Errc::unreachable);
}

TEST(XorTransport, SilenceIsATimeoutAndTheLateAnswerIsNeverRead) {
    XorTransport transport = over({{expect(framed(kQuestion)), silence()}});
    ASSERT_TRUE(transport.login());
    EXPECT_EQ(transport.exchange(kQuestion).error().code, Errc::timeout);
    EXPECT_FALSE(transport.ready());
}

TEST(XorTransport, ALengthNobodyCanMeanIsRefused) {
    for (const char* head : {"7fffffff", "00000000", "00040001"}) {
        XorTransport transport =
            over({{expect(framed(kQuestion)), reply(std::string(as_text(from_hex(head).value())))}});
        ASSERT_TRUE(transport.login());
        EXPECT_EQ(transport.exchange(kQuestion).error().code, Errc::malformed);
        EXPECT_FALSE(transport.ready());
    }
}

} // namespace
} // namespace tplink::kasa
