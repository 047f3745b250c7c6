#include "protocols/stream/part_reader.hpp"

#include <gmock/gmock.h>

namespace tplink::stream {
namespace {

constexpr std::string_view kBoundary = "--device-stream-boundary--";
constexpr std::string_view kDelimiter = "----device-stream-boundary--\r\n";

std::string part(std::string_view body, std::string_view headers = "Content-Type: video/mp2t\r\n") {
    return std::string(kDelimiter) + std::string(headers) + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body) + "\r\n";
}

std::vector<std::string> bodies(PartReader& reader) {
    std::vector<std::string> all;
    while (const auto next = reader.next()) all.emplace_back(as_text(next->body));
    return all;
}

std::vector<std::string> bodies(std::string_view stream, std::uint64_t& resyncs) {
    PartReader reader(kBoundary);
    reader.feed(as_bytes(stream));
    auto all = bodies(reader);
    resyncs = reader.resyncs();
    return all;
}

TEST(PartReader, CutsPartsAndReadsTheirHeaders) {
    PartReader reader(kBoundary);
    reader.feed(as_bytes(part("hello", "content-TYPE:  Video/MP2T; x=1 \r\nX-If-Encrypt: 1\r\n") + part("")));
    const auto first = reader.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(as_text(first->body), "hello");
    EXPECT_EQ(first->content_type(), "video/mp2t");
    EXPECT_EQ(first->header("x-if-encrypt"), "1");
    EXPECT_EQ(first->header("absent"), "");
    const auto second = reader.next();
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->body.empty());
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.resyncs(), 0U);
}

TEST(PartReader, HandsAPartOutWithItsLastByte) {
    PartReader reader(kBoundary);
    const std::string text = part("hello");
    reader.feed(as_bytes(std::string_view(text).substr(0, text.size() - 2)));
    EXPECT_THAT(bodies(reader), testing::ElementsAre("hello"));
}

TEST(PartReader, GivesTheSameHoweverTheBytesArrive) {
    const std::string stream = "noise\r\n" + part("one") + part(std::string(300, '-')) + "garbage" +
                               part("----device-stream-boundary--\r\n") + std::string(kDelimiter) +
                               "Content-Length: -1\r\n\r\n" + part("last");
    std::uint64_t expected_resyncs = 0;
    const auto expected = bodies(stream, expected_resyncs);
    EXPECT_EQ(expected.size(), 4U);
    EXPECT_EQ(expected_resyncs, 3U);
    for (const std::size_t size : {1U, 2U, 3U, 7U, 29U, 64U}) {
        PartReader reader(kBoundary);
        std::vector<std::string> got;
        for (std::size_t at = 0; at < stream.size(); at += size) {
            reader.feed(as_bytes(std::string_view(stream).substr(at, size)));
            for (auto& each : bodies(reader)) got.push_back(std::move(each));
        }
        EXPECT_EQ(got, expected) << "in pieces of " << size;
        EXPECT_EQ(reader.resyncs(), expected_resyncs);
    }
}

TEST(PartReader, GoesOnAtTheNextDelimiter) {
    const std::string huge_header = std::string(kDelimiter) + "X: " + std::string(20000, 'x') + "\r\n\r\n";
    const std::string broken[] = {
        "noise between parts",
        std::string(700, '-'),
        "\r\n--\r\n",
        std::string(kDelimiter) + "Content-Length: -1\r\n\r\nabc",
        std::string(kDelimiter) + "Content-Length: 4000000000\r\n\r\nabc",
        std::string(kDelimiter) + "Content-Length: 4194305\r\n\r\nabc",
        std::string(kDelimiter) + "Content-Length: 99999999999999999999999\r\n\r\nabc",
        std::string(kDelimiter) + "Content-Length: 5x\r\n\r\nabcde",
        std::string(kDelimiter) + "Content-Length:\r\n\r\nabc",
        std::string(kDelimiter) + "Content-Type: video/mp2t\r\n\r\nabc",
        std::string(kDelimiter) + "no colon here\r\nContent-Length: 3\r\n\r\nabc",
        std::string(kDelimiter) + "\r\n",
        std::string(kDelimiter) + "Content-Type: video/mp2t\r\nCont", // the header breaks off
        std::string(kDelimiter),
        "----device-stream-boundary----\r\n", // a closing delimiter; the stream goes on all the same
        "----device-stream-boundary--X\r\nContent-Length: 3\r\n\r\nabc",
        huge_header,
    };
    for (const std::string& fault : broken) {
        std::uint64_t resyncs = 0;
        EXPECT_THAT(bodies(part("before") + fault + part("after"), resyncs),
                    testing::ElementsAre("before", "after"))
            << fault.substr(0, 80);
        EXPECT_GE(resyncs, 1U) << fault.substr(0, 80);
    }
}

TEST(PartReader, TakesLineFeedsOnlyAndMissingTrailers) {
    std::uint64_t resyncs = 0;
    const std::string stream = "\r\n----device-stream-boundary--\nContent-Length: 3\n\nabc"
                               "----device-stream-boundary--\r\nContent-Length: 3\r\n\r\ndef\r\n\r\n\n" +
                               part("ghi");
    EXPECT_THAT(bodies(stream, resyncs), testing::ElementsAre("abc", "def", "ghi"));
    EXPECT_EQ(resyncs, 0U);
}

TEST(PartReader, FindsThePartsAShortOneHasSwallowed) {
    PartReader reader(kBoundary);
    const std::string liar = std::string(kDelimiter) + "Content-Length: 150\r\n\r\nshort\r\n";
    reader.feed(as_bytes(liar + part("swallowed") + part("half swallowed") + part("behind")));
    const auto bad = reader.next();
    ASSERT_TRUE(bad);
    EXPECT_EQ(bad->body.size(), 150U);
    reader.put_back(bad->body);
    EXPECT_THAT(bodies(reader), testing::ElementsAre("swallowed", "half swallowed", "behind"));
    EXPECT_GE(reader.resyncs(), 1U);
}

TEST(PartReader, PuttingBackABodyWithoutDelimiterChangesNothing) {
    PartReader reader(kBoundary);
    reader.feed(as_bytes(part("one") + part("two")));
    const auto one = reader.next();
    ASSERT_TRUE(one);
    reader.put_back(one->body);
    EXPECT_THAT(bodies(reader), testing::ElementsAre("two"));
    EXPECT_EQ(reader.resyncs(), 0U);
}

TEST(PartReader, HoldsNoMoreThanItNeeds) {
    PartReader reader(kBoundary);
    const std::string noise(64 << 10, '-');
    for (int i = 0; i < 200; ++i) {
        reader.feed(as_bytes(noise));
        EXPECT_FALSE(reader.next());
        ASSERT_LT(reader.buffered(), 100U);
    }
    EXPECT_EQ(reader.resyncs(), 1U) << "one search, however long";
}

TEST(PartReader, PartsOfTheGreatestSizePass) {
    std::uint64_t resyncs = 0;
    const auto all = bodies(part(std::string(PartReader::kMaxBody, 'x')) + part("next"), resyncs);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].size(), PartReader::kMaxBody);
    EXPECT_EQ(resyncs, 0U);
}

TEST(Boundary, InAnyQuoting) {
    EXPECT_EQ(boundary_of("multipart/mixed;boundary=--device-stream-boundary--"), kBoundary);
    EXPECT_EQ(boundary_of("multipart/mixed; boundary=--device-stream-boundary-- "), kBoundary);
    EXPECT_EQ(boundary_of("multipart/mixed; BOUNDARY=\"--device-stream-boundary--\""), kBoundary);
    EXPECT_EQ(boundary_of("multipart/mixed; boundary=\"--device-stream-boundary--"), kBoundary);
    EXPECT_EQ(boundary_of("multipart/mixed; boundary=x; charset=utf-8"), "x");
    EXPECT_EQ(boundary_of("multipart/mixed"), "");
    EXPECT_EQ(boundary_of("multipart/mixed; boundary="), "");
    EXPECT_EQ(boundary_of("boundary=" + std::string(300, 'x')), "");
}

} // namespace
} // namespace tplink::stream
