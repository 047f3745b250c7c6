#include "protocols/stream/talk_session.hpp"

#include <gtest/gtest.h>

#include "protocols/stream/media_json.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::stream {
namespace {

const boost::json::value& vectors() {
    static const boost::json::value loaded = test::load_vectors("camera_media.json");
    return loaded;
}

TEST(TalkStream, IsWhatCamerasAreKnownToTake) {
    EXPECT_EQ(talk_tables(), test::hex(vectors(), "/ts/talk_tables_go2rtc"));
    Buffer frame;
    for (unsigned i = 0; i < 160; ++i) frame.push_back(static_cast<std::byte>(i));
    EXPECT_EQ(talk_packet(frame, 0), test::hex(vectors(), "/ts/talk_frame0_go2rtc_payload_00_9f_pts_0"));
    Buffer second = talk_packet(frame, 1), known = test::hex(vectors(), "/ts/talk_frame1_go2rtc_pts_160");
    // Its clock is not the 90 kHz of the standard; cameras play both.
    constexpr std::size_t kPts = 4 + 10 + 9;
    for (std::size_t i = 0; i < 5; ++i) second[kPts + i] = known[kPts + i] = std::byte{0};
    EXPECT_EQ(second, known);
    EXPECT_EQ(u8(talk_packet(frame, 16)[3]), 0x30) << "the counter has four bits";
}

TEST(TalkRequest, SaysWhatTheVectorSays) {
    const std::string known = test::text(vectors(), "/wire/talk_part");
    EXPECT_EQ(boost::json::parse(talk_request(3)), boost::json::parse(known.substr(known.find('{'))));
}

TEST(AckPart, IsWhatTheVectorSays) {
    EXPECT_EQ(client_part(R"({"type":"notification","params":{"event_type":"stream_sequence"}})", {{"X-Data-Received", "25"}, {"X-Session-Id", "21"}}),
              test::text(vectors(), "/wire/ack_part_25_session_21"));
}

} // namespace
} // namespace tplink::stream
