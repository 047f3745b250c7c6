#pragma once
// A talk with a camera in real time: 20 ms by 20 ms, over a connection of its own that ends with it.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "media/talk/talk_line.hpp"
#include "protocols/base/clock.hpp"
#include "protocols/stream/talk_session.hpp"

namespace tplink::media {

struct SpeakerOptions {
    /// More than that waiting is dropped, the newest first: live speech must not lag behind. Bytes, 8000 a second.
    std::size_t most_waiting = 3200;
    /// Live speech: silence that long frees the line. 0: when all is said, as finish() tells.
    std::chrono::milliseconds idle{800};
};

/// Connects in its own thread, from the first moment on.
class Speaker final : public TalkLine {
public:
    Speaker(std::unique_ptr<stream::TalkSession> session, const SpeakerOptions& options);
    ~Speaker() override;

    void push(Bytes alaw) override;
    std::optional<Error> error() const override;
    /// No more comes: waits until all was spoken. errors: why it was not; cancelled when stop() came first.
    Result<void> finish();
    /// Ends it at once, from any thread.
    void stop();
    bool is_over() const override;

private:
    void run() noexcept;
    Result<void> talk(stream::TalkSession& session);
    /// The next frame, padded with silence when it is the last; nothing when there is none now.
    std::optional<Buffer> take_frame();
    bool wait_for_speech();

    const SpeakerOptions options_;
    std::shared_ptr<stream::TalkSession> session_;  // given up when the talk is over: that frees the line
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Buffer waiting_;
    std::size_t taken_ = 0;  // of waiting_
    bool finishing_ = false, stopped_ = false, over_ = false;
    std::optional<Error> error_;
    std::thread thread_;  // last: it uses the others
};

}  // namespace tplink::media
