// Recordings of the simulated card: whole, also when the line breaks, with the sound where it belongs.
#include "media/recording/shelf.hpp"

#include <gst/gst.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "tests/media/run_command.hpp"
#include "tests/media/wait_until.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;

constexpr sim::MediaRecording kMinute{1789688911, 1789688971};

class RecordingTest : public ::testing::Test {
protected:
    void SetUp() override { gst_init(nullptr, nullptr); }
    void TearDown() override { std::remove(file_.c_str()); }

    void camera(sim::MediaServerOptions options = {}) {
        options.recordings = {kMinute};
        camera_ = std::make_unique<sim::MediaServer>(options);
        endpoint_.host = "127.0.0.1";
        endpoint_.port = camera_->port();
        endpoint_.credentials = {"", Secret(options.password)};
    }
    Result<FetchStats> fetch(const sim::MediaRecording& which = kMinute) {
        return fetch_recording(endpoint_, {which.start_s, which.end_s}, file_, {.stall = 2000ms, .pause = 50ms, .attempts = 3, .wait = {}});
    }
    std::string probe(const std::string& entries) {
        return test::run_command("ffprobe -v error -count_packets -show_entries " + entries + " -of csv=p=0 " + file_);
    }

    const std::string file_ = testing::TempDir() + "/recording_" + std::to_string(getpid()) + ".mp4";
    std::unique_ptr<sim::MediaServer> camera_;
    stream::MediaEndpoint endpoint_;
};

TEST_F(RecordingTest, AMinuteArrivesWhole) {
    camera();
    const auto stats = fetch();
    ASSERT_TRUE(stats) << stats.error().what;
    const auto content = camera_->content_of(kMinute);
    EXPECT_EQ(stats->frames, content.frames);
    EXPECT_EQ(stats->samples, content.samples);
    EXPECT_EQ(stats->resumed, 0U);
    EXPECT_GT(camera_->counters().acknowledgements, 10U);
    const std::string out = probe("stream=codec_name,nb_read_packets");
    EXPECT_NE(out.find("h264," + std::to_string(content.frames)), std::string::npos) << out;
    EXPECT_NE(out.find("aac"), std::string::npos) << out;
    EXPECT_NE(probe("format=duration").find("60."), std::string::npos) << probe("format=duration");
}

TEST_F(RecordingTest, TwoBreaksCostNothing) {
    camera();
    sim::MediaFaults faults;
    faults.part = sim::PartFault::reset;
    faults.after_parts = 400;
    camera_->set_faults(faults);
    std::jthread mender([&] {
        test::wait_until([&] { return camera_->counters().connections_total >= 3; }, 20s);
        camera_->set_faults({});
    });
    const auto stats = fetch();
    ASSERT_TRUE(stats) << stats.error().what;
    EXPECT_GE(stats->resumed, 2U);
    const auto content = camera_->content_of(kMinute);
    EXPECT_EQ(stats->frames, content.frames);
    EXPECT_EQ(stats->samples, content.samples);
    EXPECT_NE(probe("stream=codec_name,nb_read_packets").find("h264," + std::to_string(content.frames)), std::string::npos);
}

TEST_F(RecordingTest, SoundIsPlacedByTheCamerasClockAndNotByItsStamps) {
    camera({.codec = sim::MediaCodec::h265, .audio_pts_shift_90k = 4 * 90000});
    const auto stats = fetch();
    ASSERT_TRUE(stats) << stats.error().what;
    const std::string out = probe("stream=codec_name,start_time");
    EXPECT_NE(out.find("hevc,0.0"), std::string::npos) << out;
    EXPECT_NE(out.find("aac,0.0"), std::string::npos) << out;
}

/// All that comes, into the file.
Result<void> read_all(Arrival::Reader& reader, const std::string& file) {
    std::ofstream out(file, std::ios::binary);
    for (;;) {
        const Buffer piece = TRY(reader.next(30s));
        if (piece.empty()) return {};
        out.write(as_text(piece).data(), static_cast<std::streamsize>(piece.size()));
    }
}

TEST_F(RecordingTest, PlaysWhileItIsStillFetched) {
    sim::MediaFaults slow;
    slow.bytes_per_s = 500'000;
    camera({.faults = slow});
    Shelf shelf;
    const auto watched = shelf.watch("a", endpoint_, {kMinute.start_s, kMinute.end_s});
    ASSERT_TRUE(watched) << watched.error().what;
    const auto at_first = camera_->counters().bytes;
    EXPECT_EQ(watched->file, nullptr);
    EXPECT_EQ(watched->content_type.substr(0, 24), "video/mp4; codecs=\"avc1.");
    EXPECT_EQ(watched->content_type.substr(watched->content_type.size() - 11), ",mp4a.40.2\"");
    camera_->set_faults({});
    const auto second = shelf.watch("a", endpoint_, {kMinute.start_s, kMinute.end_s});  // another viewer of the same
    ASSERT_TRUE(second) << second.error().what;
    ASSERT_TRUE(read_all(*watched->reader, file_));
    EXPECT_GT(camera_->counters().bytes, 2 * at_first) << "it began when all was there";
    EXPECT_EQ(camera_->counters().downloads_total, 1U);
    const auto content = camera_->content_of(kMinute);
    EXPECT_NE(probe("stream=codec_name,nb_read_packets").find("h264," + std::to_string(content.frames)), std::string::npos) << probe("stream=codec_name,nb_read_packets");
    const auto again = shelf.watch("a", endpoint_, {kMinute.start_s, kMinute.end_s});
    ASSERT_TRUE(again) << again.error().what;
    ASSERT_NE(again->file, nullptr) << "pieces of a complete file can be asked for";
    EXPECT_EQ(shelf.get("a", endpoint_, {kMinute.start_s, kMinute.end_s}).value(), again->file);
    EXPECT_EQ(camera_->counters().downloads_total, 1U);
}

TEST_F(RecordingTest, BreaksAreNotSeenByWhoWatches) {
    sim::MediaFaults faults;
    faults.part = sim::PartFault::reset;
    faults.after_parts = 400;
    camera({.faults = faults});
    Shelf shelf;
    const auto watched = shelf.watch("a", endpoint_, {kMinute.start_s, kMinute.end_s});
    ASSERT_TRUE(watched) << watched.error().what;
    std::jthread mender([&] {
        test::wait_until([&] { return camera_->counters().connections_total >= 2; }, 20s);
        camera_->set_faults({});
    });
    ASSERT_TRUE(read_all(*watched->reader, file_));
    EXPECT_NE(probe("stream=codec_name,nb_read_packets").find("h264," + std::to_string(camera_->content_of(kMinute).frames)), std::string::npos);
}

TEST_F(RecordingTest, WhatNobodyWatchesAnyMoreIsNotFetchedOn) {
    sim::MediaFaults slow;
    slow.bytes_per_s = 400'000;
    camera({.faults = slow});
    Shelf shelf(0ms);
    {
        const auto watched = shelf.watch("a", endpoint_, {kMinute.start_s, kMinute.end_s});
        ASSERT_TRUE(watched) << watched.error().what;
    }
    EXPECT_TRUE(test::wait_until([&] { return camera_->counters().connections_open == 0; }, 30s));
    camera_->set_faults({});
    EXPECT_TRUE(shelf.get("a", endpoint_, {kMinute.start_s, kMinute.end_s})) << "the camera is free for the next one";
}

TEST_F(RecordingTest, TheReasonIsToldWhenNothingComes) {
    camera();
    Shelf shelf;
    const auto watched = shelf.watch("a", endpoint_, {1, 2});
    ASSERT_FALSE(watched);
    EXPECT_EQ(watched.error().device_code, -52402);
}

TEST_F(RecordingTest, AGatewayThatStopsLetsGoOfWhoWatches) {
    sim::MediaFaults slow;
    slow.bytes_per_s = 400'000;
    camera({.faults = slow});
    Shelf shelf;
    const auto watched = shelf.watch("a", endpoint_, {kMinute.start_s, kMinute.end_s});
    ASSERT_TRUE(watched) << watched.error().what;
    shelf.stop();
    EXPECT_EQ(read_all(*watched->reader, file_).error().code, Errc::cancelled);
}

TEST_F(RecordingTest, AGatewayThatStopsWaitsForNoSilentCamera) {
    sim::MediaFaults faults;
    faults.part = sim::PartFault::stall;
    faults.after_parts = 300;
    camera({.faults = faults});
    Shelf shelf;
    const auto watched = shelf.watch("a", endpoint_, {kMinute.start_s, kMinute.end_s});
    ASSERT_TRUE(watched) << watched.error().what;
    while (watched->reader->next(500ms)) {}  // all that came
    shelf.stop();
    EXPECT_EQ(watched->reader->next(10s).error().code, Errc::cancelled) << "a camera may be silent for 20 s";
    EXPECT_EQ(shelf.watch("a", endpoint_, {kMinute.start_s, kMinute.end_s}).error().code, Errc::cancelled);
}

TEST_F(RecordingTest, WhatIsNotOnTheCardIsRefusedAtOnce) {
    camera();
    const auto stats = fetch({1, 2});
    ASSERT_FALSE(stats);
    EXPECT_EQ(stats.error().device_code, -52402);
    EXPECT_EQ(camera_->counters().connections_total, 1U);
}

TEST_F(RecordingTest, APictureOfNowNeedsNoVideoSession) {
    camera({.jpeg = "\xFF\xD8picture\xFF\xD9"});
    const auto jpeg = fetch_picture(endpoint_, {}, stream::DownloadKind::picture, 2000ms);
    ASSERT_TRUE(jpeg) << jpeg.error().what;
    EXPECT_EQ(as_text(*jpeg), "\xFF\xD8picture\xFF\xD9");
    EXPECT_EQ(camera_->counters().sessions_total, 0U);
    camera();
    EXPECT_EQ(fetch_picture(endpoint_, {}, stream::DownloadKind::picture, 2000ms).error().code, Errc::unsupported);
}

}  // namespace
}  // namespace tplink::media
