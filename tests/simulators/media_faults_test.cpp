// Each fault of the simulated video port is on the wire as its name says, and the stream is good again after
// it.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "tests/simulators/media/media_server.hpp"
#include "tests/simulators/media/ts_mux.hpp"
#include "tests/simulators/media_viewer.hpp"

namespace tplink::sim {
namespace {

using namespace std::chrono_literals;

MediaServerOptions faulty(PartFault part, int after_parts, bool repeat = false) {
    MediaServerOptions options;
    options.faults.part = part;
    options.faults.after_parts = after_parts;
    options.faults.repeat = repeat;
    return options;
}

/// A viewer of the sub stream's video that read the reply and `parts` good parts.
std::unique_ptr<MediaViewer> watch(const MediaServer& server, int parts) {
    auto viewer = std::make_unique<MediaViewer>(server.port());
    EXPECT_EQ(viewer->log_in("password", MediaHash::sha256), "HTTP/1.0 200 OK");
    viewer->ask_preview("VGA", "disable");
    EXPECT_TRUE(viewer->read_part());
    for (int i = 0; i < parts; ++i) {
        const auto part = viewer->read_part();
        EXPECT_TRUE(part && viewer->open(*part)) << "part " << i;
    }
    return viewer;
}

bool is_good(MediaViewer& viewer) {
    const auto part = viewer.read_part();
    const auto packets = part ? viewer.open(*part) : std::nullopt;
    return packets && !packets->empty() && packets->size() % ts::kPacketSize == 0 &&
           (*packets)[0] == std::byte{0x47};
}

TEST(MediaFaults, HaveNames) {
    for (int i = 0; i <= static_cast<int>(PartFault::truncated_cipher); ++i)
        EXPECT_EQ(parse_part_fault(to_string(static_cast<PartFault>(i))), static_cast<PartFault>(i));
    EXPECT_FALSE(parse_part_fault("typo"));
}

TEST(MediaFaults, ShortPartLacks100BytesOfItsLength) {
    const MediaServer server(faulty(PartFault::short_part, 2));
    const auto viewer = watch(server, 2);
    const std::string head = viewer->read_head();
    const std::size_t length = std::stoul(between(head, "Content-Length: ", "\r\n"));
    ASSERT_TRUE(viewer->read_exactly(length - std::min<std::size_t>(length, 100) + 2, 1s));
    EXPECT_TRUE(is_good(*viewer));
}

TEST(MediaFaults, CutHeaderIsFollowedByAWholePart) {
    const MediaServer server(faulty(PartFault::cut_header, 2));
    const auto viewer = watch(server, 2);
    const std::string cut = "----device-stream-boundary--\r\nContent-Type: video/mp2t\r\nCont";
    EXPECT_EQ(viewer->read_exactly(cut.size(), 1s), cut);
    EXPECT_TRUE(is_good(*viewer));
}

TEST(MediaFaults, BadPaddingDoesNotDecryptAndRepeats) {
    const MediaServer server(faulty(PartFault::bad_padding, 2, true));
    const auto viewer = watch(server, 2);
    for (int i = 0; i < 6; ++i) {
        const auto part = viewer->read_part();
        ASSERT_TRUE(part);
        EXPECT_EQ(viewer->open(*part).has_value(), i % 3 != 0);
    }
}

TEST(MediaFaults, TruncatedCipherIsNoMultipleOf16) {
    const MediaServer server(faulty(PartFault::truncated_cipher, 1));
    const auto viewer = watch(server, 1);
    const auto part = viewer->read_part();
    ASSERT_TRUE(part);
    EXPECT_EQ(part->body.size() % 16, 11U);
    EXPECT_TRUE(is_good(*viewer));
}

TEST(MediaFaults, ResetAndCloseEndTheConnection) {
    for (const PartFault fault : {PartFault::reset, PartFault::close}) {
        const MediaServer server(faulty(fault, 3));
        EXPECT_TRUE(watch(server, 3)->sees_end());
    }
}

TEST(MediaFaults, NoiseStandsBetweenParts) {
    const MediaServer server(faulty(PartFault::noise, 2));
    const auto viewer = watch(server, 2);
    const auto noise = viewer->read_exactly(700, 1s);
    ASSERT_TRUE(noise);
    EXPECT_FALSE(noise->starts_with("--"));
    EXPECT_TRUE(is_good(*viewer));
}

TEST(MediaFaults, StallKeepsTheConnectionAndEndsWithAKeyframe) {
    MediaServer server(faulty(PartFault::stall, 2));
    const auto viewer = watch(server, 2);
    EXPECT_FALSE(viewer->read_part(500ms));
    EXPECT_EQ(server.counters().connections_open, 1U);
    server.set_faults({});
    const auto part = viewer->read_part();
    ASSERT_TRUE(part);
    EXPECT_GT(part->body.size(), 20'000U);
}

TEST(MediaFaults, ConnectionsMadeLaterAreGood) {
    MediaServer server((MediaServerOptions()));
    const auto before = watch(server, 2);
    server.set_faults({.part = PartFault::close, .only_running = true});
    const auto after = watch(server, 10);
    EXPECT_TRUE(before->sees_end());
    EXPECT_TRUE(is_good(*after));
}

TEST(MediaFaults, WrongLengthsAreInTheHeader) {
    for (const auto& [fault, text] :
         {std::pair(PartFault::negative_length, "-1"), std::pair(PartFault::huge_length, "4000000000")}) {
        const MediaServer server(faulty(fault, 1));
        EXPECT_EQ(between(watch(server, 1)->read_head(), "Content-Length: ", "\r\n"), text);
    }
}

TEST(MediaFaults, PlainPartSaysSoAndTheNextIsSealed) {
    const MediaServer server(faulty(PartFault::plain, 1));
    const auto viewer = watch(server, 1);
    const auto part = viewer->read_part();
    ASSERT_TRUE(part);
    EXPECT_EQ(part->headers.at("X-If-Encrypt"), "0");
    EXPECT_EQ(part->body.size() % ts::kPacketSize, 0U);
    EXPECT_EQ(part->body[0], 'G');
    const auto next = viewer->read_part();
    ASSERT_TRUE(next);
    EXPECT_EQ(next->headers.at("X-If-Encrypt"), "1");
}

TEST(MediaFaults, UnalignedPartsJoinToWholePackets) {
    const MediaServer server(faulty(PartFault::unaligned_ts, 0));
    const auto viewer = watch(server, 0);
    Buffer joined;
    bool cut = false;
    for (int i = 0; i < 10; ++i) {
        const auto part = viewer->read_part();
        ASSERT_TRUE(part);
        const auto bytes = viewer->open(*part);
        ASSERT_TRUE(bytes);
        cut = cut || bytes->size() % ts::kPacketSize != 0;
        append(joined, *bytes);
    }
    EXPECT_TRUE(cut);
    for (std::size_t at = 0; at < joined.size(); at += ts::kPacketSize)
        ASSERT_EQ(joined[at], std::byte{0x47});
}

TEST(MediaFaults, GapTakesThreePacketsFromABigPart) {
    const MediaServer server(faulty(PartFault::continuity_gap, 0));
    const auto viewer = watch(server, 0);
    const auto part = viewer->read_part();
    ASSERT_TRUE(part);
    const auto packets = viewer->open(*part);
    ASSERT_TRUE(packets);
    int jumps = 0;
    unsigned last = 0;
    for (std::size_t at = 4 * ts::kPacketSize; at < packets->size(); at += ts::kPacketSize) {
        const unsigned counter = u8((*packets)[at + 3]) & 0x0FU;
        if (at > 4 * ts::kPacketSize && counter != (last + 1) % 16) {
            EXPECT_EQ(counter, (last + 4) % 16);
            ++jumps;
        }
        last = counter;
    }
    EXPECT_EQ(jumps, 1);
}

TEST(MediaFaults, LostSyncStrikesOnePart) {
    const MediaServer server(faulty(PartFault::lost_sync, 1));
    const auto viewer = watch(server, 1);
    EXPECT_FALSE(is_good(*viewer));
    EXPECT_TRUE(is_good(*viewer));
}

TEST(MediaFaults, BrokenCrcChangesPatAndPmt) {
    const MediaServer good(faulty(PartFault::none, 0));
    const MediaServer bad(faulty(PartFault::broken_crc, 0));
    const auto first = [](const MediaServer& server) {
        const auto viewer = watch(server, 0);
        const auto part = viewer->read_part();
        return part ? viewer->open(*part).value_or(Buffer{}) : Buffer{};
    };
    const Buffer expected = first(good);
    const Buffer broken = first(bad);
    ASSERT_EQ(expected.size(), broken.size());
    const auto table = [](const Buffer& packets, std::size_t index) {
        return to_buffer(Bytes(packets).subspan(index * ts::kPacketSize, ts::kPacketSize));
    };
    EXPECT_NE(table(expected, 2), table(broken, 2));
    EXPECT_NE(table(expected, 3), table(broken, 3));
    EXPECT_EQ(table(expected, 4), table(broken, 4));
}

TEST(MediaFaults, HeadsAreWrittenAsAsked) {
    MediaServerOptions options;
    options.faults.glued_status = true;
    options.faults.quoted_boundary = true;
    MediaServer server(options);
    MediaViewer viewer(server.port());
    EXPECT_EQ(viewer.log_in("password", MediaHash::sha256), "HTTP ERROR 401HTTP/1.0 200 OK");
    EXPECT_NE(viewer.last_head().find("; boundary=\"--device-stream-boundary--\"\r\n"), std::string::npos);
    server.set_faults({.unbalanced_boundary = true});
    MediaViewer other(server.port());
    EXPECT_EQ(other.log_in("password", MediaHash::sha256), "HTTP/1.0 200 OK");
    EXPECT_NE(other.last_head().find("boundary=\"--device-stream-boundary--\r\n"), std::string::npos);
}

TEST(MediaFaults, DelaysHoldBackHeadAndFirstPart) {
    MediaServerOptions options;
    options.faults.head_delay = 300ms;
    options.faults.first_part_delay = 500ms;
    options.faults.split_reply = true;
    options.faults.dribble = true;
    const MediaServer server(options);
    MediaViewer viewer(server.port());
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(viewer.log_in("password", MediaHash::sha256), "HTTP/1.0 200 OK");
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 600ms);
    viewer.ask_preview("VGA", "default");
    EXPECT_TRUE(viewer.read_part(400ms));
    EXPECT_FALSE(viewer.read_part(200ms));
    EXPECT_TRUE(is_good(viewer));
}

} // namespace
} // namespace tplink::sim
