#include "protocols/net/http_reply.hpp"

#include <gmock/gmock.h>

namespace tplink::net {
namespace {

constexpr std::size_t kMaxBody = 64;

struct Reading {
    Result<void> done;
    ReplyReader reader{kMaxBody};
};

/// Reads `text` in pieces of `piece` bytes, and the end of the connection after it when the reply asks for more.
Reading read(std::string_view text, std::size_t piece, bool has_body = true) {
    Reading reading{{}, ReplyReader(kMaxBody, has_body)};
    for (; !text.empty() && reading.done && !reading.reader.complete(); text.remove_prefix(std::min(piece, text.size())))
        reading.done = reading.reader.take(text.substr(0, piece));
    if (reading.done && !reading.reader.complete()) reading.done = reading.reader.end();
    return reading;
}

struct Good {
    const char* text;
    int status;
    const char* body;
    bool keeps;
};

class GoodReply : public testing::TestWithParam<Good> {};

TEST_P(GoodReply, IsReadInPiecesOfAnySize) {
    const Good& good = GetParam();
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 4096U}) {
        Reading reading = read(good.text, piece);
        ASSERT_TRUE(reading.done) << reading.done.error().what << " by " << piece;
        EXPECT_EQ(reading.reader.keeps_connection(), good.keeps) << piece;
        const HttpResponse response = std::move(reading.reader).response();
        EXPECT_EQ(response.status, good.status);
        EXPECT_EQ(response.body, good.body);
    }
}

INSTANTIATE_TEST_SUITE_P(
    HttpReply, GoodReply,
    testing::Values(Good{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true},
                    Good{"HTTP/1.1 200 OK\nContent-Length:5\n\nhello", 200, "hello", true},
                    Good{"\r\nHTTP/1.1 403\r\ncontent-length: 0\r\n\r\n", 403, "", true},
                    Good{"HTTP/1.1 200 OK\r\nCONNECTION: Close\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
                    Good{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", false},
                    Good{"HTTP/1.0 500 Broken\r\n\r\nwhat there is", 500, "what there is", false},
                    Good{"HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, "{}", true},
                    Good{"HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
                    Good{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n", 200, "abc0123456789", true},
                    Good{"HTTP/1.1 200 OK\r\nno colon\r\n: no name\r\nContent-Length: 1\r\n\r\nx", 200, "x", true}));

class BadReply : public testing::TestWithParam<const char*> {};

TEST_P(BadReply, IsMalformedInPiecesOfAnySize) {
    for (const std::size_t piece : {1U, 5U, 4096U}) {
        const Reading reading = read(GetParam(), piece);
        ASSERT_FALSE(reading.done) << piece;
        EXPECT_EQ(reading.done.error().code, Errc::malformed) << piece;
        EXPECT_FALSE(reading.reader.keeps_connection());
    }
}

INSTANTIATE_TEST_SUITE_P(HttpReply, BadReply,
                         testing::Values("SSH-2.0-dropbear\r\n", "HTTP/1.1 abc\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/2 200\r\n",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
                                         "HTTP/1.1 200 OK\r\n\r\n0123456789012345678901234567890123456789012345678901234567890123456789"));

TEST(HttpReply, EndInTheMiddleIsALostConnection) {
    for (const char* text : {"", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
        const Reading reading = read(text, 4096);
        ASSERT_FALSE(reading.done) << text;
        EXPECT_EQ(reading.done.error().code, Errc::unreachable);
        EXPECT_EQ(reading.reader.begun(), *text != '\0');
    }
}

TEST(HttpReply, WhatComesUnaskedEndsTheConnection) {
    ReplyReader reader(kMaxBody);
    ASSERT_TRUE(reader.take("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(reader.complete());
    EXPECT_FALSE(reader.keeps_connection());
    EXPECT_EQ(std::move(reader).response().body, "{}");
}

TEST(HttpReply, HeadHasNoBody) {
    Reading reading = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 4096, false);
    ASSERT_TRUE(reading.done);
    EXPECT_TRUE(reading.reader.keeps_connection());
}

TEST(HttpReply, HeadersKeepTheirSpelling) {
    Reading reading = read("HTTP/1.1 200 OK\r\nSet-Cookie:  TP_SESSIONID=AB;TIMEOUT=1440 \r\nContent-Length: 0\r\n\r\n", 4096);
    ASSERT_TRUE(reading.done);
    const HttpResponse response = std::move(reading.reader).response();
    EXPECT_EQ(response.header("set-cookie"), "TP_SESSIONID=AB;TIMEOUT=1440");
    EXPECT_THAT(response.headers, testing::Contains(testing::Pair("Set-Cookie", testing::_)));
}

TEST(HttpReply, HeadsAreBounded) {
    for (const std::string& head : {std::string(70000, 'H'), "HTTP/1.1 200 " + std::string(70000, 'x'), "HTTP/1.1 200 OK\r\nA: " + std::string(70000, 'x')}) {
        const Reading reading = read(head, 4096);
        ASSERT_FALSE(reading.done);
        EXPECT_EQ(reading.done.error().code, Errc::malformed);
    }
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 2000; ++i) many += "a: b\r\n";
    EXPECT_FALSE(read(many, 4096).done);
}

} // namespace
} // namespace tplink::net
