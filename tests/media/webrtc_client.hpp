#pragma once
// A WebRTC viewer made of webrtcbin: offers, receives, decodes.

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <string>

namespace tplink::media::test {

/// talk: speaks a tone into its microphone; opus: takes sound as Opus only.
enum class Tracks { video, video_audio, audio_video, talk, opus };

class WebrtcClient {
public:
    explicit WebrtcClient(Tracks tracks);
    ~WebrtcClient();
    WebrtcClient(const WebrtcClient&) = delete;
    WebrtcClient& operator=(const WebrtcClient&) = delete;

    std::string offer();
    bool accept(const std::string& answer);

    int frames() const { return frames_; }  ///< decoded pictures
    int audio_buffers() const { return audio_; }

private:
    void add_microphone();
    static void on_pad(GstElement* webrtcbin, GstPad* pad, WebrtcClient* self);

    GstElement* pipeline_ = nullptr;
    GstElement* webrtcbin_ = nullptr;
    std::atomic<int> frames_ = 0;
    std::atomic<int> audio_ = 0;
};

}  // namespace tplink::media::test
