// The client of the video port against the simulated camera, with everything the camera can do wrong.
#include <future>
#include <gmock/gmock.h>

#include "protocols/base/crypto.hpp"
#include "protocols/stream/media_source.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;
using sim::MediaServer;
using sim::MediaServerOptions;
using sim::PartFault;

std::unique_ptr<MediaSource> viewer(const MediaServer& server, const std::string& password = "password") {
    MediaEndpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = server.port();
    endpoint.credentials = {"user@example.com", Secret(password)};
    return make_media_source(endpoint, net::make_tcp_connector(), system_random());
}

/// Reads `count` parts of one session; the error that ended it early, if any.
std::optional<Error> read_parts(MediaSource& source, int count, std::chrono::milliseconds timeout = 5s) {
    for (int i = 0; i < count; ++i) {
        const auto media = source.read(timeout);
        if (!media) return media.error();
        EXPECT_EQ(media->type, PartType::mpegts);
        EXPECT_FALSE(media->data.empty());
    }
    return std::nullopt;
}

template <class Condition> bool wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

void expect_picture(const MediaServer& server, const std::string& password = "password") {
    auto source = viewer(server, password);
    const auto opened = source->open();
    ASSERT_TRUE(opened) << opened.error().what;
    const auto ended = read_parts(*source, 5);
    EXPECT_FALSE(ended) << ended->what;
    EXPECT_EQ(source->stats().bad_parts, 0U);
    EXPECT_EQ(source->stats().resyncs, 0U);
}

TEST(MediaLoopback, EveryKindOfCamera) {
    for (const auto hash : {sim::MediaHash::md5, sim::MediaHash::sha256}) {
        for (const auto exchange :
             {sim::MediaKeyExchange::md5, sim::MediaKeyExchange::none, sim::MediaKeyExchange::plain}) {
            MediaServerOptions options;
            options.hash = hash;
            options.key_exchange = exchange;
            const MediaServer server(options);
            SCOPED_TRACE(static_cast<int>(hash) * 10 + static_cast<int>(exchange));
            expect_picture(server);
            EXPECT_EQ(server.counters().auth_failures, 0U);
        }
    }
}

TEST(MediaLoopback, ReadyHashes) {
    MediaServerOptions options;
    const MediaServer server(options);
    expect_picture(server, crypto::sha256_hex_upper(options.password));
}

TEST(MediaLoopback, FactoryState) {
    MediaServerOptions options;
    options.skips_digest = true;
    options.key_exchange = sim::MediaKeyExchange::none;
    const MediaServer server(options);
    expect_picture(server, "");
}

TEST(MediaLoopback, OddWaysToOpen) {
    sim::MediaFaults faults[7];
    faults[0].glued_status = true;
    faults[1].quoted_boundary = true;
    faults[2].unbalanced_boundary = true;
    faults[3].closes_after_401 = true;
    faults[4].split_reply = true;
    faults[5].dribble = true;
    faults[6].head_delay = 100ms;
    faults[6].first_part_delay = 100ms;
    for (const sim::MediaFaults& each : faults) {
        SCOPED_TRACE(&each - faults);
        MediaServerOptions options;
        options.faults = each;
        const MediaServer server(options);
        expect_picture(server);
        EXPECT_EQ(server.counters().auth_failures, 0U);
    }
}

class MediaFault : public testing::TestWithParam<PartFault> {};

/// Watches as the media layer does: whatever ends a session, a new one is opened.
TEST_P(MediaFault, PictureComesBackAndNothingHangs) {
    MediaServerOptions options;
    options.faults.part = GetParam();
    options.faults.after_parts = 6;
    options.faults.repeat = true;
    const MediaServer server(options);
    std::vector<Errc> endings;
    std::uint64_t parts = 0;
    const auto start = std::chrono::steady_clock::now();
    while (parts < 20 && endings.size() < 10) {
        auto source = viewer(server);
        const auto opened = source->open();
        ASSERT_TRUE(opened) << opened.error().what;
        const auto ended = read_parts(*source, static_cast<int>(20 - parts), 700ms);
        parts += source->stats().parts;
        if (ended) endings.push_back(ended->code);
    }
    EXPECT_GE(parts, 20U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 20s);
    switch (GetParam()) {
    case PartFault::reset:
    case PartFault::close:
        EXPECT_THAT(endings,
                    testing::AllOf(testing::Not(testing::IsEmpty()), testing::Each(Errc::unreachable)));
        break;
    case PartFault::stall:
        EXPECT_THAT(endings, testing::AllOf(testing::Not(testing::IsEmpty()), testing::Each(Errc::timeout)));
        break;
    default: EXPECT_THAT(endings, testing::IsEmpty()) << "such a fault costs a part, not the session";
    }
}

INSTANTIATE_TEST_SUITE_P(MediaLoopback, MediaFault,
                         testing::Values(PartFault::short_part, PartFault::cut_header, PartFault::bad_padding,
                                         PartFault::reset, PartFault::close, PartFault::noise,
                                         PartFault::stall, PartFault::negative_length, PartFault::huge_length,
                                         PartFault::plain, PartFault::plain_stays, PartFault::unaligned_ts,
                                         PartFault::continuity_gap, PartFault::lost_sync,
                                         PartFault::broken_crc, PartFault::truncated_cipher),
                         [](const auto& param) { return std::string(sim::to_string(param.param)); });

TEST(MediaLoopback, WrongPasswordIsSentOncePerHash) {
    const MediaServer server(MediaServerOptions{});
    const auto opened = viewer(server, "wrong")->open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::auth_failed);
    EXPECT_EQ(server.counters().auth_failures, 2U);
    EXPECT_EQ(viewer(server, std::string(64, 'A'))->open().error().code, Errc::auth_failed);
    EXPECT_EQ(server.counters().auth_failures, 3U);
}

TEST(MediaLoopback, FreesItsSessionWhenItEnds) {
    const MediaServer server(MediaServerOptions{});
    auto source = viewer(server);
    ASSERT_TRUE(source->open());
    EXPECT_EQ(server.counters().sessions_open, 1U);
    source.reset();
    EXPECT_TRUE(wait_until([&] { return server.counters().sessions_open == 0; }));
}

TEST(MediaLoopback, TooManyViewersAndPrivacyAreNamed) {
    MediaServerOptions options;
    options.max_sessions = 1;
    std::atomic<bool> privacy = false;
    options.privacy_on = [&] { return privacy.load(); };
    const MediaServer server(options);
    auto first = viewer(server);
    ASSERT_TRUE(first->open());
    const auto second = viewer(server)->open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().device_code, -52407);
    first.reset();
    ASSERT_TRUE(wait_until([&] { return server.counters().sessions_open == 0; }));
    privacy = true;
    const auto hidden = viewer(server)->open();
    ASSERT_FALSE(hidden);
    EXPECT_EQ(hidden.error().code, Errc::refused);
    EXPECT_EQ(hidden.error().device_code, -64324);
}

TEST(MediaLoopback, EndedStreamAndSwitchedOffCamera) {
    MediaServer server(MediaServerOptions{});
    auto source = viewer(server);
    ASSERT_TRUE(source->open());
    server.notify(R"({"event_type":"heartbeat"})");
    EXPECT_FALSE(read_parts(*source, 3));
    server.end_streams("finished");
    std::optional<Error> ended;
    while (!ended) ended = read_parts(*source, 1);
    EXPECT_EQ(ended->code, Errc::unreachable);
    server.set_unavailable(true);
    EXPECT_EQ(viewer(server)->open().error().code, Errc::unreachable);
    server.set_unavailable(false);
    expect_picture(server);
}

TEST(MediaLoopback, CancelFreesTheReader) {
    MediaServerOptions options;
    options.faults.part = PartFault::stall;
    options.faults.after_parts = 1;
    const MediaServer server(options);
    auto source = viewer(server);
    ASSERT_TRUE(source->open());
    auto reading = std::async(std::launch::async, [&] { return read_parts(*source, 1000, 60s); });
    source->cancel();
    const auto ended = reading.get();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code, Errc::cancelled);
}

} // namespace
} // namespace tplink::stream
