#include "media/on_demand.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tplink::media {

using Action = OnDemand::Action;

bool OnDemand::is_running() const {
    return state_ == StreamState::connecting || state_ == StreamState::live ||
           state_ == StreamState::lingering;
}

Action OnDemand::viewer_added(SteadyTime now) {
    if (viewers_++ == 0) view_began_ = now;
    limit_reached_ = false;
    if (state_ == StreamState::lingering) state_ = StreamState::live;
    return state_ == StreamState::idle ? want(now) : Action::none;
}

Action OnDemand::viewer_removed(SteadyTime now) {
    assert(viewers_ > 0);
    if (--viewers_ > 0) return Action::none;
    empty_since_ = now;
    limit_reached_ = false;
    if (state_ == StreamState::failed) state_ = StreamState::idle;
    if (state_ == StreamState::live) state_ = StreamState::lingering;
    return tick(now); // without a linger time the end is now
}

Action OnDemand::want(SteadyTime now) {
    view_began_ = now;
    if (hopeless_ || (retry_at_ && now < *retry_at_)) {
        state_ = StreamState::failed;
        return Action::none;
    }
    return start(now);
}

Action OnDemand::start(SteadyTime now) {
    ++session_;
    state_ = StreamState::connecting;
    retry_at_.reset();
    opened_at_.reset();
    live_since_.reset();
    last_media_ = now;
    return Action::start;
}

Action OnDemand::end() {
    const bool running = is_running();
    state_ = StreamState::idle;
    return running ? Action::stop : Action::none;
}

Action OnDemand::session_opened(std::uint64_t session, SteadyTime now) {
    if (!is_current(session) || opened_at_) return Action::none;
    opened_at_ = now;
    last_media_ = std::max(last_media_, now);
    return Action::none;
}

void OnDemand::media_received(std::uint64_t session, SteadyTime at) {
    if (is_current(session)) last_media_ = std::max(last_media_, at);
}

Action OnDemand::first_keyframe(std::uint64_t session, SteadyTime now) {
    if (!is_current(session) || state_ != StreamState::connecting) return Action::none;
    if (!opened_at_) opened_at_ = now;
    live_since_ = now;
    last_media_ = std::max(last_media_, now);
    error_.reset();
    state_ = viewers_ > 0 ? StreamState::live : StreamState::lingering;
    return Action::none;
}

Action OnDemand::session_failed(std::uint64_t session, Error error, SteadyTime now) {
    if (is_current(session)) fail(std::move(error), now);
    return Action::none;
}

void OnDemand::fail(Error error, SteadyTime now) {
    if (live_since_ && now - *live_since_ >= options_.proven_after) failures_in_row_ = 0;
    hopeless_ = error.code == Errc::auth_failed || error.code == Errc::unsupported;
    retry_at_ = now + pause_after(error);
    // The camera had its pause while it was silent.
    if (error.code == Errc::timeout && live_since_) retry_at_ = std::max(now, *retry_at_ - (now - last_media_));
    ++failures_in_row_;
    error_ = std::move(error);
    state_ = viewers_ > 0 ? StreamState::failed : StreamState::idle;
}

std::chrono::milliseconds OnDemand::pause_after(const Error& error) const {
    const auto doublings = std::min(failures_in_row_, 16U);
    const auto pause = std::min(options_.retry_min * (1U << doublings), options_.retry_max);
    return std::max<std::chrono::milliseconds>(pause, error.retry_after);
}

std::optional<SteadyTime> OnDemand::view_end() const {
    const bool limited = options_.view_limit.count() > 0 && viewers_ > 0 && state_ != StreamState::idle;
    return limited ? std::optional(view_began_ + options_.view_limit) : std::nullopt;
}

std::optional<SteadyTime> OnDemand::linger_end() const {
    return is_running() && viewers_ == 0 ? std::optional(empty_since_ + options_.linger) : std::nullopt;
}

std::optional<SteadyTime> OnDemand::stall_end() const {
    // Until it is opened, the session's own time limits hold: a battery camera may take 10 s to wake.
    if (!is_running() || !opened_at_) return std::nullopt;
    const SteadyTime silent = last_media_ + options_.stall_timeout;
    return live_since_ ? silent : std::min(silent, *opened_at_ + options_.keyframe_timeout);
}

Action OnDemand::tick(SteadyTime now) {
    const auto due = [now](std::optional<SteadyTime> at) { return at && now >= *at; };
    if (due(view_end())) {
        limit_reached_ = true;
        return end();
    }
    if (due(linger_end())) return end();
    if (due(stall_end())) {
        const bool silent = now >= last_media_ + options_.stall_timeout;
        fail(
            Error{
                Errc::timeout, silent ? "the camera stopped sending" : "the camera sends no keyframe", 0, {}},
            now);
        return Action::stop;
    }
    if (state_ == StreamState::failed && !hopeless_ && due(retry_at_)) {
        ++reconnects_;
        return start(now);
    }
    return Action::none;
}

std::optional<SteadyTime> OnDemand::deadline() const {
    std::optional<SteadyTime> first;
    const auto consider = [&first](std::optional<SteadyTime> at) {
        if (at && (!first || *at < *first)) first = at;
    };
    consider(view_end());
    consider(linger_end());
    consider(stall_end());
    if (state_ == StreamState::failed && !hopeless_) consider(retry_at_);
    return first;
}

Action OnDemand::halt() { return end(); }

Action OnDemand::reset(SteadyTime now) {
    hopeless_ = false;
    failures_in_row_ = 0;
    retry_at_.reset();
    error_.reset();
    return state_ == StreamState::failed ? start(now) : Action::none;
}

} // namespace tplink::media
