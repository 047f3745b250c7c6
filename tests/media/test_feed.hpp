#pragma once
// A live synthetic camera for tests: encodes a test picture and a tone into a hub.

#include <gst/gst.h>

#include <memory>
#include <string>

#include "media/hub.hpp"

namespace tplink::media::test {

struct FeedOptions {
    bool h265 = false;
    bool audio = true;
    int width = 320;
    int height = 240;
    int fps = 15;
    int keyframe_every = 60;
    bool noise = false;  ///< a picture that compresses badly: some 10 Mbit/s
};

/// Pushes into the hub from pipeline threads until destroyed.
class TestFeed {
public:
    TestFeed(std::shared_ptr<Hub> hub, const FeedOptions& options);
    ~TestFeed();
    TestFeed(const TestFeed&) = delete;
    TestFeed& operator=(const TestFeed&) = delete;

    /// False when no keyframe (and audio, if asked for) came within 10 s.
    bool wait_live() const;

private:
    std::shared_ptr<Hub> hub_;
    bool audio_;
    GstElement* pipeline_ = nullptr;
};

}  // namespace tplink::media::test
