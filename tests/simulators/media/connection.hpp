#pragma once
// One client on the video port, served by one thread.

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "tests/simulators/media/camera_state.hpp"
#include "tests/simulators/media/client_input.hpp"
#include "tests/simulators/media/part_writer.hpp"
#include "tests/simulators/media/wire.hpp"

namespace tplink::sim {

class MediaConnection {
public:
    /// `on_end` is called by the connection's thread as its last act.
    MediaConnection(Fd socket, CameraState& camera, std::function<void()> on_end);
    ~MediaConnection();
    MediaConnection(const MediaConnection&) = delete;
    MediaConnection& operator=(const MediaConnection&) = delete;

    bool has_ended() const { return ended_; }
    /// To a client that has a session: sends the JSON; with `ends_stream` no media after it.
    void post(std::string json, bool ends_stream);

private:
    struct Note {
        std::string json;
        bool ends_stream;
    };

    void run(const std::stop_token& stop);
    bool log_in(const std::stop_token& stop);
    bool answer(const RequestHead& head, const std::stop_token& stop);
    void serve(const std::stop_token& stop);
    void handle(const ClientPart& part);
    void start_preview(const std::string& seq, bool main_stream, bool with_audio);
    void end_preview();
    /// Speech: only one client at a time may speak.
    void start_talk(const std::string& seq);
    void take_speech(const ClientPart& part);
    void end_talk();
    /// A recording, or with media types 2 and 3 one picture.
    void start_download(const std::string& seq, const ClientPart& part);
    bool send_recording(const std::stop_token& stop);
    void end_stream();
    bool heart_beats() const;
    void reply(const std::string& seq, int error_code, const std::string& session);
    bool send_due(const std::stop_token& stop);
    bool send_next(const FaultPlan& plan, const std::stop_token& stop);
    bool send_notes(const std::stop_token& stop);
    bool pump(Deadline deadline, const std::stop_token& stop);
    bool pause(std::chrono::milliseconds time, const std::stop_token& stop);
    bool write(Bytes data, const std::stop_token& stop);
    /// What is planned for this connection.
    FaultPlan current_plan() const;

    Fd socket_;
    CameraState& camera_;
    std::function<void()> on_end_;
    Wakeup wakeup_;
    ClientInput input_;
    std::optional<MediaKey> key_;
    std::optional<LiveStream> live_;
    std::optional<PartWriter> writer_;
    const unsigned born_; ///< generation of the fault plan when the client came
    FaultTrigger trigger_;
    Buffer pending_; ///< a reply that waits for the first part
    bool needs_keyframe_ = false;
    std::string session_;
    bool talks_ = false;
    struct Download {
        LiveStream stream;
        SteadyTime end;       ///< on the stream's own time
        std::int64_t start_s; ///< since 1970
        unsigned window, sent = 0, acknowledged = 0;
    };
    std::optional<Download> download_;
    SteadyTime last_beat_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::deque<Note> notes_;
    std::atomic<bool> ended_{false};
    std::jthread thread_;
};

} // namespace tplink::sim
