#pragma once
// One stream of one camera, on demand: the camera session runs while somebody watches and a little longer.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "media/elements/ingest.hpp"
#include "media/service.hpp"
#include "media/viewing.hpp"

namespace tplink::media {

/// Wakes the one thread that steps all streams.
class Wake {
public:
    void notify();
    /// Returns when notified since the last call, or at `deadline`.
    void wait_until(SteadyTime deadline);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool notified_ = false;
};

/// Counts the viewers of all streams against the limit. Thread-safe.
class ViewerLimit {
public:
    explicit ViewerLimit(unsigned most) : most_(most) {}
    bool take();
    void give_back();
    unsigned most() const { return most_; }

private:
    std::mutex mutex_;
    const unsigned most_;
    unsigned taken_ = 0;
};

struct LiveStreamOptions {
    std::chrono::milliseconds linger{15000};
    std::chrono::milliseconds stall_timeout{5000};
    std::chrono::seconds view_limit{0};  ///< 0: none
};

/// Thread-safe; step() from one thread only.
class LiveStream : public std::enable_shared_from_this<LiveStream> {
public:
    using Changed = std::function<void(const StreamStatus&)>;

    LiveStream(StreamSpec spec, LiveStreamOptions options, std::shared_ptr<Wake> wake, std::shared_ptr<ViewerLimit> limit,
               Changed changed);
    ~LiveStream();

    /// Joins the running session or starts one; returns when it is live. `counted` is false for our own looks (stills).
    tl::expected<std::shared_ptr<Viewing>, Denial> view(std::chrono::milliseconds limit, bool counted);

    /// With a reason: nobody may watch, those who do are sent away.
    void set_unavailable(std::optional<std::string> reason);

    /// Does what is due: starts, ends or restarts the session. Returns when it wants to be called again at the latest.
    SteadyTime step(SteadyTime now);
    /// The stream is no longer wanted: the next step() ends session and viewers, for good.
    void close();
    /// True when close() has been carried out.
    bool is_over() const;
    /// The same at once. Not while step() may run.
    void shut_down();

    StreamStatus status() const;
    const StreamSpec& spec() const { return spec_; }
    const std::shared_ptr<Hub>& hub() const { return hub_; }
    /// The format of the running or of the last session.
    StreamFormat known_format() const;

    /// A human changed something: what was hopeless may be tried again.
    void forget_error();

private:
    class Seat;

    std::optional<Denial> refusal() const;
    bool is_ready(SteadyTime now);
    bool is_wanted(SteadyTime now) const;
    void leave(bool counted);
    void start_session(SteadyTime now);
    void check_session(SteadyTime now);
    void fail_session(Error error, SteadyTime now);
    void began();
    void ended(std::uint64_t session, Error error);
    void revoke_all();
    SteadyTime stall_deadline() const;
    SteadyTime next_deadline(SteadyTime now) const;
    StreamStatus status_locked() const;

    const StreamSpec spec_;
    const LiveStreamOptions options_;
    const std::shared_ptr<Wake> wake_;
    const std::shared_ptr<ViewerLimit> limit_;
    const Changed changed_;
    const std::shared_ptr<Hub> hub_ = std::make_shared<Hub>();

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable moved_;
    std::shared_ptr<Ingest> ingest_;  // made and ended by step() outside the lock
    std::vector<std::weak_ptr<Viewing>> viewings_;
    unsigned viewers_ = 0;  // all holds, counted or not
    StreamState state_ = StreamState::idle;
    std::uint64_t session_ = 0;  // number of the running or last session
    std::optional<Error> session_end_;
    std::optional<Error> error_;
    std::optional<std::string> unavailable_;
    std::uint64_t failures_ = 0;         // attempts that came to nothing, for those who wait
    unsigned failures_in_row_ = 0;
    unsigned reconnects_ = 0;
    SteadyTime started_{};
    SteadyTime retry_at_{};
    SteadyTime idle_since_{};
    std::optional<SteadyTime> first_picture_;
    StreamFormat last_format_;
    stream::SourceStats source_stats_;  // of the last session
    bool closed_ = false;
};

}  // namespace tplink::media
