#pragma once
// One stream of one camera, on demand: the camera session runs while somebody watches and a little longer.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "media/ingest/ingest.hpp"
#include "media/on_demand.hpp"
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
    unsigned most() {
        const std::lock_guard lock(mutex_);
        return most_;
    }
    /// Who is there already stays.
    void set_most(unsigned most) {
        const std::lock_guard lock(mutex_);
        most_ = most;
    }

private:
    std::mutex mutex_;
    unsigned most_;
    unsigned taken_ = 0;
};

/// How long a camera may be watched in 24 hours, over all its streams. Thread-safe.
class DayBudget {
public:
    explicit DayBudget(std::chrono::seconds limit) : limit_(limit) {}
    void spend(SteadyTime now, SteadyTime::duration time);
    SteadyTime::duration left(SteadyTime now);
    std::chrono::seconds limit() const { return limit_; }

private:
    void renew(SteadyTime now);  // under the lock

    const std::chrono::seconds limit_;
    std::mutex mutex_;
    std::optional<SteadyTime> begun_;  // of the 24 hours: the first look in them
    SteadyTime::duration spent_{};
};

struct LiveStreamOptions {
    std::chrono::milliseconds linger{15000};
    std::chrono::milliseconds stall_timeout{4000};
    std::chrono::seconds view_limit{0};  ///< 0: none
    std::shared_ptr<DayBudget> budget{};  ///< shared by the streams of a camera; null: none
};

/// What somebody wants of a stream.
struct ViewWish {
    std::chrono::milliseconds limit{9500};  ///< how long to wait for the picture
    bool counted = true;                    ///< false: our own look (stills), no viewer
    bool sound = true;                      ///< false: a camera that nobody listens to is asked to send none
    unsigned lens = 0;
};

/// Thread-safe; step() from one thread only.
class LiveStream : public std::enable_shared_from_this<LiveStream> {
public:
    using Changed = std::function<void(const StreamStatus&)>;

    LiveStream(StreamSpec spec, const LiveStreamOptions& options, std::shared_ptr<Wake> wake, std::shared_ptr<ViewerLimit> limit,
               Changed changed);
    /// Counts from the next time the last viewer leaves.
    void set_linger(std::chrono::milliseconds linger);

    ~LiveStream();

    /// Joins the running session or starts one; returns when it is live.
    tl::expected<std::shared_ptr<Viewing>, Denial> view(const ViewWish& wish);

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
    const std::shared_ptr<Hub>& hub(unsigned lens = 0) const { return hubs_[lens]; }
    /// The format of the running or of the last session.
    StreamFormat known_format() const;
    /// Of the running or last session; 0: never seen.
    unsigned known_lenses() const;

    /// A human changed something: what was hopeless may be tried again.
    void forget_error();

private:
    class Seat;

    bool is_ready(const ViewWish& wish, SteadyTime now);
    bool lacks_lens(const ViewWish& wish) const;
    std::optional<Denial> obstacle(const ViewWish& wish, std::uint64_t session_before) const;
    std::optional<Denial> wait_ready(std::unique_lock<std::mutex>& lock, std::uint64_t session_before, const ViewWish& wish);
    bool may_have_sound() const { return spec_.endpoint.audio; }
    void note(OnDemand::Action action);
    void note_quietly(OnDemand::Action action);
    void leave(const ViewWish& wish);
    Result<std::shared_ptr<Ingest>> make_ingest(std::uint64_t session);
    void start_session();
    void interrupt_hubs();
    void opened(std::uint64_t session);
    void began(std::uint64_t session);
    void ended(std::uint64_t session, Error error);
    void revoke_all();
    /// Counts the time the session runs. When the budget is next to be looked at; nothing: it is not being spent.
    std::optional<SteadyTime> spend(SteadyTime now);
    bool is_day_over() const { return options_.budget && options_.budget->left(std::chrono::steady_clock::now()) <= SteadyTime::duration::zero(); }
    void report(std::unique_lock<std::mutex>& lock);
    StreamStatus status_locked() const;

    const StreamSpec spec_;
    const std::shared_ptr<std::atomic<unsigned>> key_memory_ = std::make_shared<std::atomic<unsigned>>(0);
    const LiveStreamOptions options_;
    const std::shared_ptr<Wake> wake_;
    const std::shared_ptr<ViewerLimit> limit_;
    const Changed changed_;
    const Hubs hubs_{std::make_shared<Hub>(), std::make_shared<Hub>()};

    mutable std::mutex mutex_;  // guards all below
    std::condition_variable moved_;
    std::shared_ptr<Ingest> ingest_;  // made and ended by step() outside the lock
    std::vector<std::weak_ptr<Viewing>> viewings_;
    OnDemand demand_;
    bool start_due_ = false, stop_due_ = false;  // what demand_ decided and step() has to do
    bool restart_due_ = false;      // the session runs without sound and somebody wants it
    bool session_has_sound_ = false;
    unsigned listeners_ = 0;        // viewers who want sound
    unsigned known_lenses_ = 0;
    std::optional<std::string> unavailable_;
    bool closed_ = false;
    std::optional<SteadyTime> first_picture_;
    std::optional<SteadyTime> spent_until_;
    StreamFormat last_format_;
    stream::SourceStats source_stats_;  // of the sessions that are over
    TsStats damage_;                    // likewise
    std::tuple<StreamState, unsigned, std::uint64_t> reported_{};
};

}  // namespace tplink::media
