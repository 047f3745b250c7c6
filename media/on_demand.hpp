#pragma once
// When a camera session is started, kept, ended and tried again: decisions only, no thread and no clock of
// its own.

#include <chrono>
#include <cstdint>
#include <optional>

#include "media/stream_state.hpp"
#include "protocols/base/clock.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

struct OnDemandOptions {
    std::chrono::milliseconds linger{15000}; ///< session kept after the last viewer
    std::chrono::milliseconds view_limit{0}; ///< one view lasts at most that long (battery); 0: no limit
    std::chrono::milliseconds stall_timeout{5000}; ///< opened, but no media that long: again
    std::chrono::milliseconds keyframe_timeout{
        20000}; ///< opened, media flows, no keyframe: again; some GOPs last 10 s
    std::chrono::milliseconds retry_min{
        1000}; ///< pause after the first failure, doubled after each further one
    std::chrono::milliseconds retry_max{30000};
    /// A session that was live that long did work: the next pause is retry_min again.
    std::chrono::milliseconds proven_after{10000};
};

/// One per stream; not thread-safe. Every input takes the time and returns what to do at once; between inputs
/// the owner calls tick() at deadline(). Sessions are numbered, so that the end of an old one that comes late
/// disturbs nothing.
class OnDemand {
public:
    enum class Action {
        none,
        start, ///< open session number session(), once the one before has ended
        stop,  ///< end the running session; no report about it is needed
    };

    explicit OnDemand(OnDemandOptions options) : options_(options) {}

    void set_linger(std::chrono::milliseconds linger) { options_.linger = linger; }

    Action viewer_added(SteadyTime now);
    Action viewer_removed(SteadyTime now);

    /// The camera granted the stream.
    Action session_opened(std::uint64_t session, SteadyTime now);
    /// Any media came. Cheap; earlier times than the last are fine.
    void media_received(std::uint64_t session, SteadyTime at);
    Action first_keyframe(std::uint64_t session, SteadyTime now);
    /// The session ended by itself. auth_failed and unsupported: not tried again before reset(). locked_out:
    /// not before its retry_after. All else: again after a growing pause while somebody watches; one who
    /// comes during the pause waits for its end.
    Action session_failed(std::uint64_t session, Error error, SteadyTime now);

    /// Does what is due. Call again while deadline() has passed.
    Action tick(SteadyTime now);
    /// When tick() has something to do; nothing: only after another input.
    std::optional<SteadyTime> deadline() const;

    /// Ends the session whoever watches (privacy, camera removed). Starts again with the next viewer_added().
    Action halt();
    /// A human changed something: forgets failures and pauses, and tries at once if somebody watches.
    Action reset(SteadyTime now);

    StreamState state() const { return state_; }
    unsigned viewers() const { return viewers_; }
    /// Of the running or the last session; the first is 1.
    std::uint64_t session() const { return session_; }
    /// Sessions started after a failure or stall while somebody watched.
    unsigned reconnects() const { return reconnects_; }
    /// Why the last session failed; cleared when one is live.
    const std::optional<Error>& error() const { return error_; }
    /// The view limit ended the session although somebody watches; cleared by the next viewer.
    bool is_limit_reached() const { return limit_reached_; }

private:
    bool is_running() const;
    bool is_current(std::uint64_t session) const { return is_running() && session == session_; }
    Action want(SteadyTime now);
    Action start(SteadyTime now);
    Action end();
    void fail(Error error, SteadyTime now);
    std::chrono::milliseconds pause_after(const Error& error) const;
    std::optional<SteadyTime> view_end() const;
    std::optional<SteadyTime> linger_end() const;
    std::optional<SteadyTime> stall_end() const;

    OnDemandOptions options_;
    StreamState state_ = StreamState::idle;
    unsigned viewers_ = 0;
    std::uint64_t session_ = 0;
    unsigned reconnects_ = 0;
    unsigned failures_in_row_ = 0;
    bool hopeless_ = false;
    bool limit_reached_ = false;
    std::optional<Error> error_;
    std::optional<SteadyTime> retry_at_; // no session before
    SteadyTime view_began_{};
    SteadyTime empty_since_{}; // of use while running without viewers
    std::optional<SteadyTime> opened_at_;
    std::optional<SteadyTime> live_since_;
    SteadyTime last_media_{};
};

} // namespace tplink::media
