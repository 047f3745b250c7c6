#pragma once
// A WebRTC viewer made of webrtcbin: offers, receives, decodes.

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "media/ingest/handover.hpp"

namespace tplink::media::test {

/// talk: speaks a tone into its microphone; opus: takes sound as Opus only.
enum class Tracks { video, video_audio, audio_video, talk, opus };

/// Who wants the pictures themselves: access units in Annex B, which are not decoded then. On GStreamer's threads.
struct Taps {
    std::function<void(GstBuffer*)> unit{};
    std::function<void(GstBuffer*)> packet{};  ///< each RTP packet of the picture, in order
    std::function<bool(GstBuffer*)> lose{};    ///< each datagram from the network: true when it is to be lost; what is lost is asked for again
};

class WebrtcClient {
public:
    explicit WebrtcClient(Tracks tracks, Taps taps = {});
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

    void watch_units(GstElement* bin);
    void ask_again();
    void lose_datagrams();
    void count(std::atomic<int> WebrtcClient::*counter) {
        handover_.pass();
        ++(this->*counter);
    }

    const Taps taps_;
    GstElement* pipeline_ = nullptr;
    GstElement* webrtcbin_ = nullptr;
    std::atomic<int> frames_ = 0;
    std::atomic<int> audio_ = 0;
    Handover handover_;  ///< to GStreamer's threads
};

}  // namespace tplink::media::test
