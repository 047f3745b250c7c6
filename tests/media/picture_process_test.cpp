// Pictures are decoded next door: what goes wrong there is one picture's trouble.
#include "media/still/picture_process.hpp"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <future>

#include "media/still/jpeg.hpp"
#include "tests/media/test_feed.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;

PictureProgram program(const std::string& word = "decode-pictures", std::chrono::milliseconds limit = 30s) {
    return {.path = PICTURE_PROGRAM, .word = word, .limit = limit};
}

SteadyTime now() { return std::chrono::steady_clock::now(); }

class PictureProcessTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        gst_init(nullptr, nullptr);
        const auto hub = std::make_shared<Hub>();
        test::TestFeed feed(hub, {.audio = false});
        ASSERT_TRUE(feed.wait_live());
        keyframe_ = {hub->last_keyframe().value()};
    }
    static std::vector<AccessUnit> nonsense() {
        AccessUnit unit = keyframe_.front();
        unit.data = std::make_shared<const Buffer>(Buffer(2000, std::byte{0x5A}));
        return {unit};
    }
    static bool is_jpeg(const Result<Buffer>& picture) {
        return picture && picture->size() > 100 && (*picture)[0] == std::byte{0xFF} && (*picture)[1] == std::byte{0xD8};
    }
    static inline std::vector<AccessUnit> keyframe_;
};

TEST_F(PictureProcessTest, MakesTheSamePictureAsThisProcessWould) {
    PictureProcess process(program());
    const auto there = process.encode(keyframe_, 160);
    ASSERT_TRUE(is_jpeg(there)) << (there ? "no JPEG" : there.error().what);
    const auto here = encode_jpeg(keyframe_, 160);
    ASSERT_TRUE(here);
    EXPECT_EQ(*there, *here);
    EXPECT_TRUE(is_jpeg(process.encode(keyframe_, 0)));
}

TEST_F(PictureProcessTest, SaysThatNonsenseIsNoPictureAndGoesOn) {
    PictureProcess process(program());
    const auto picture = process.encode(nonsense(), 0);
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error().code, Errc::malformed);
    EXPECT_EQ(process.encode({}, 0).error().code, Errc::malformed);
    EXPECT_TRUE(is_jpeg(process.encode(keyframe_, 0)));
}

TEST_F(PictureProcessTest, ADecoderThatCrashesHangsOrBabblesCostsOnePicture) {
    for (const char* word : {"crash", "babble"}) {
        PictureProcess process(program(word));
        EXPECT_EQ(process.encode(keyframe_, 0).error().code, Errc::malformed) << word;
        EXPECT_EQ(process.encode(keyframe_, 0).error().code, Errc::malformed) << word;
    }
    PictureProcess hanging(program("hang", 200ms));
    EXPECT_EQ(hanging.encode(keyframe_, 0).error().code, Errc::malformed);
    PictureProcess absent({.path = "/nonexistent/program"});
    EXPECT_EQ(absent.encode(keyframe_, 0).error().code, Errc::refused);
}

TEST_F(PictureProcessTest, RestsWhenNobodyAsksAndComesBack) {
    PictureProcess process(program());
    EXPECT_FALSE(process.rest(now())) << "none runs yet";
    ASSERT_TRUE(is_jpeg(process.encode(keyframe_, 0)));
    const auto due = process.rest(now());
    ASSERT_TRUE(due) << "it is kept for the next picture";
    EXPECT_FALSE(process.rest(*due)) << "unused for so long, it ends";
    EXPECT_TRUE(is_jpeg(process.encode(keyframe_, 0)));
}

TEST_F(PictureProcessTest, WhoeverWaitsReturnsWhenTheGatewayStops) {
    PictureProcess process(program("hang"));
    auto waiting = std::async(std::launch::async, [&] { return process.encode(keyframe_, 0); });
    process.stop();
    EXPECT_EQ(waiting.get().error().code, Errc::cancelled);
}

}  // namespace
}  // namespace tplink::media
