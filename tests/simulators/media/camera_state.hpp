#pragma once
// What all connections of one simulated camera share.

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "tests/simulators/media/clip.hpp"
#include "tests/simulators/media/fault_trigger.hpp"
#include "tests/simulators/media/live_stream.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::sim {

class CameraState {
public:
    explicit CameraState(MediaServerOptions options);

    /// As given at the start; password and faults are not to be read here.
    const MediaServerOptions& options() const { return options_; }
    SteadyTime started() const { return started_; }
    ClipLibrary& clips() { return *clips_; }

    std::string secret() const;
    void set_password(std::string password);
    FaultPlan fault_plan() const;
    void set_faults(const MediaFaults& faults);

    /// A nonce is good on every connection of the camera, as on real ones.
    std::string issue_nonce();
    bool has_issued(const std::string& nonce) const;

    /// False when the camera has all the viewers it takes.
    bool enter_session();
    void leave_session();
    unsigned next_session_id() { return session_id_++; }

    /// The main stream's clip; null when it is missing.
    std::shared_ptr<const Clip> main_clip();
    /// False while somebody else talks.
    bool enter_talk();
    void leave_talk();
    void add_speech(Bytes alaw);
    Buffer spoken() const;

    bool is_private() const { return options_.privacy_on && options_.privacy_on(); }

    struct Tally {
        std::atomic<std::uint64_t> connections_open{0}, connections_total{0}, sessions_total{0},
            sessions_with_audio{0}, sessions_refused{0}, auth_failures{0}, heartbeats{0}, talks_total{0}, talks_refused{0},
            downloads_total{0}, pictures_total{0}, acknowledgements{0}, parts{0}, bytes{0};
    } tally;
    MediaCounters counters() const;

private:
    MediaServerOptions options_;
    std::shared_ptr<ClipLibrary> clips_;
    SteadyTime started_ = std::chrono::steady_clock::now();
    std::atomic<unsigned> session_id_{21};
    mutable std::mutex mutex_;
    FaultPlan plan_;
    std::deque<std::string> nonces_;
    int sessions_open_ = 0;
    bool talking_ = false;
    Buffer speech_;
};

} // namespace tplink::sim
