#pragma once
// A viewer of an RTSP stream over TCP that decodes nothing: how soon a keyframe is complete, how much came.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/keyframe_watch.hpp"

namespace tplink::bench {

struct ViewerReport {
    std::string url;
    std::string error;        ///< empty: it went well
    double answer_ms = -1;    ///< TCP connect to the end of the PLAY answer
    double keyframe_ms = -1;  ///< TCP connect to the last byte of a complete keyframe
    std::uint64_t bytes = 0;  ///< RTP of all tracks
    std::uint64_t frames = 0; ///< complete video access units
    std::uint64_t lost = 0;   ///< missing video packets
};

class RtspViewer {
public:
    /// url: rtsp://ADDRESS:PORT/PATH without credentials.
    explicit RtspViewer(std::string url);
    ~RtspViewer();
    RtspViewer(const RtspViewer&) = delete;
    RtspViewer& operator=(const RtspViewer&) = delete;

    /// Connects and reads until stop() or, with `only_keyframe`, until one is complete. Blocks; call once.
    void run(bool only_keyframe);
    /// From any thread: run() ends.
    void stop();
    /// True as soon as a keyframe is complete or the viewer failed.
    bool settled() const { return settled_; }
    /// After run().
    const ViewerReport& report() const { return report_; }

private:
    using Time = std::chrono::steady_clock::time_point;
    bool connect();
    bool start_playing();
    bool read_packets(bool only_keyframe);
    /// Sends a request and reads its answer; empty when there is none or its status is not 200.
    std::string ask(const std::string& method, const std::string& url, const std::string& headers);
    bool send_text(const std::string& text);
    bool fill(std::size_t wanted); // buffer_ holds at least `wanted` unread bytes, or the connection ended
    Bytes unread() const { return Bytes(buffer_).subspan(read_, filled_ - read_); }
    bool take_packet(bool only_keyframe, bool& done);
    double since_start_ms() const;
    bool fail_with(const std::string& sentence);

    std::string session_;
    int sequence_ = 0;
    int fd_ = -1;
    Time begun_;
    Time spoken_;
    std::optional<KeyframeWatch> video_;
    Buffer buffer_;
    std::size_t read_ = 0, filled_ = 0;
    ViewerReport report_;
    std::atomic<bool> settled_ = false, stopped_ = false;
};

} // namespace tplink::bench
