#include "media/live_stream.hpp"

#include <algorithm>
#include <tuple>

namespace tplink::media {
namespace {

// After the first keyframe, how long sound that may come is waited for. Cameras interleave it within 100 ms.
constexpr std::chrono::milliseconds kSoundWait{500};
constexpr std::chrono::milliseconds kSoundCheck{20};
// Viewers stay connected through a camera's reboot: the picture must be back within 5 s after the camera is.
constexpr std::chrono::milliseconds kLongestPause{5000};
constexpr std::chrono::hours kNever{24};

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

OnDemandOptions demand_options(const LiveStreamOptions& options) {
    OnDemandOptions demand;
    demand.linger = options.linger;
    demand.view_limit = options.view_limit;
    demand.stall_timeout = options.stall_timeout;
    demand.retry_max = kLongestPause;
    return demand;
}

std::string seconds_text(std::chrono::milliseconds time) { return std::to_string((time.count() + 500) / 1000) + " s"; }

}  // namespace

void Wake::notify() {
    const std::lock_guard lock(mutex_);
    notified_ = true;
    changed_.notify_all();
}

void Wake::wait_until(SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return notified_; });
    notified_ = false;
}

bool ViewerLimit::take() {
    const std::lock_guard lock(mutex_);
    if (taken_ >= most_) return false;
    ++taken_;
    return true;
}

void ViewerLimit::give_back() {
    const std::lock_guard lock(mutex_);
    --taken_;
}

// One hold; letting it go is leaving.
class LiveStream::Seat : public Viewing {
public:
    Seat(std::shared_ptr<LiveStream> stream, const StreamFormat& format, bool counted)
        : Viewing(stream->hub_, format), stream_(std::move(stream)), counted_(counted) {}
    ~Seat() override { stream_->leave(counted_); }

private:
    std::shared_ptr<LiveStream> stream_;
    bool counted_;
};

LiveStream::LiveStream(StreamSpec spec, const LiveStreamOptions& options, std::shared_ptr<Wake> wake,
                       std::shared_ptr<ViewerLimit> limit, Changed changed)
    : spec_(std::move(spec)), options_(options), wake_(std::move(wake)), limit_(std::move(limit)), changed_(std::move(changed)),
      demand_(demand_options(options)) {}

LiveStream::~LiveStream() = default;

// Actions are only noted: pipelines are made and ended by step(), outside the lock.
void LiveStream::note(OnDemand::Action action) {
    if (action == OnDemand::Action::start) start_due_ = true;
    if (action == OnDemand::Action::stop) stop_due_ = true;
    wake_->notify();
}

bool LiveStream::is_ready(SteadyTime now) {
    const bool live = demand_.state() == StreamState::live || demand_.state() == StreamState::lingering;
    if (!live || !ingest_ || !hub_->has_keyframe()) return false;
    if (!first_picture_) first_picture_ = now;
    const StreamFormat format = hub_->format();
    if (!format.audio && spec_.endpoint.audio && !ingest_->is_silent() && now - *first_picture_ < kSoundWait) return false;
    last_format_ = format;
    return true;
}

std::optional<Error> LiveStream::obstacle(std::uint64_t session_before) const {
    if (closed_) return Error{Errc::cancelled, "the camera was removed", 0, {}};
    if (unavailable_) return Error{Errc::refused, *unavailable_, 0, {}};
    if (demand_.is_limit_reached()) return Error{Errc::refused, "the view ended after its longest time, to spare the battery", 0, {}};
    if (demand_.state() != StreamState::failed || !demand_.error()) return std::nullopt;
    // A refused password or a ban is not tried again, and whoever started the attempt need not wait for the next.
    const Errc code = demand_.error()->code;
    const bool final = code == Errc::auth_failed || code == Errc::locked_out || code == Errc::unsupported;
    return final || demand_.session() > session_before ? demand_.error() : std::nullopt;
}

std::optional<Error> LiveStream::wait_ready(std::unique_lock<std::mutex>& lock, std::uint64_t session_before,
                                            std::chrono::milliseconds limit) {
    const SteadyTime deadline = clock_now() + limit;
    while (!is_ready(clock_now())) {
        if (auto error = obstacle(session_before)) return error;
        const SteadyTime now = clock_now();
        if (now >= deadline)
            return demand_.error().value_or(Error{Errc::timeout, "the camera sent no picture within " + seconds_text(limit), 0, {}});
        // That a camera has no sound is nothing anybody signals.
        moved_.wait_until(lock, first_picture_ ? std::min(deadline, now + kSoundCheck) : deadline);
    }
    return std::nullopt;
}

tl::expected<std::shared_ptr<Viewing>, Denial> LiveStream::view(std::chrono::milliseconds limit, bool counted) {
    if (counted && !limit_->take())
        return tl::unexpected(Denial{true, Error{Errc::refused, "there are already " + std::to_string(limit_->most()) + " viewers", 0, {}}});
    std::unique_lock lock(mutex_);
    const std::uint64_t session_before = demand_.session();
    auto error = closed_ || unavailable_ ? obstacle(session_before) : std::nullopt;
    if (error) {
        if (counted) limit_->give_back();
        return tl::unexpected(Denial{false, std::move(*error)});
    }
    note(demand_.viewer_added(clock_now()));
    error = wait_ready(lock, session_before, limit);
    if (error) {
        lock.unlock();
        leave(counted);
        return tl::unexpected(Denial{false, std::move(*error)});
    }
    auto seat = std::make_shared<Seat>(shared_from_this(), last_format_, counted);
    std::erase_if(viewings_, [](const auto& viewing) { return viewing.expired(); });
    viewings_.push_back(seat);
    return seat;
}

void LiveStream::leave(bool counted) {
    if (counted) limit_->give_back();
    const std::lock_guard lock(mutex_);
    note(demand_.viewer_removed(clock_now()));
}

void LiveStream::set_unavailable(std::optional<std::string> reason) {
    const std::lock_guard lock(mutex_);
    if (unavailable_ == reason) return;
    unavailable_ = std::move(reason);
    if (unavailable_) note(demand_.halt());
    moved_.notify_all();
    wake_->notify();
}

void LiveStream::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    note(demand_.halt());
    moved_.notify_all();
}

bool LiveStream::is_over() const {
    const std::lock_guard lock(mutex_);
    return closed_ && !ingest_ && viewings_.empty();
}

void LiveStream::forget_error() {
    const std::lock_guard lock(mutex_);
    if (!closed_ && !unavailable_) note(demand_.reset(clock_now()));
}

void LiveStream::opened(std::uint64_t session) {
    const std::lock_guard lock(mutex_);
    note(demand_.session_opened(session, clock_now()));
}

void LiveStream::began(std::uint64_t session) {
    const std::lock_guard lock(mutex_);
    if (hub_->has_keyframe()) note(demand_.first_keyframe(session, clock_now()));
    moved_.notify_all();
}

void LiveStream::ended(std::uint64_t session, Error error) {
    const std::lock_guard lock(mutex_);
    if (session == demand_.session()) stop_due_ = true;  // what ended still has to be cleared away
    note(demand_.session_failed(session, std::move(error), clock_now()));
    moved_.notify_all();
}

void LiveStream::revoke_all() {
    std::vector<std::weak_ptr<Viewing>> viewings;
    {
        const std::lock_guard lock(mutex_);
        viewings.swap(viewings_);
    }
    for (const auto& weak : viewings)
        if (const auto viewing = weak.lock()) viewing->revoke();
}

void LiveStream::start_session() {
    const std::uint64_t session = demand_.session();
    first_picture_.reset();
    const auto call = [weak = weak_from_this(), session](auto what) {
        if (const auto self = weak.lock()) what(*self, session);
    };
    auto ingest = Ingest::start(
        spec_.endpoint, options_.stall_timeout, hub_,
        {.opened = [call] { call([](LiveStream& self, std::uint64_t number) { self.opened(number); }); },
         .began = [call] { call([](LiveStream& self, std::uint64_t number) { self.began(number); }); },
         .ended = [call](const Error& error) { call([&](LiveStream& self, std::uint64_t number) { self.ended(number, error); }); }});
    if (ingest) {
        ingest_ = std::move(*ingest);
    } else {
        note(demand_.session_failed(session, std::move(ingest).error(), clock_now()));
        moved_.notify_all();
    }
}

SteadyTime LiveStream::step(SteadyTime now) {
    std::unique_lock lock(mutex_);
    if (ingest_) demand_.media_received(demand_.session(), ingest_->last_media());
    note_quietly(demand_.tick(now));
    const bool revoke = closed_ || unavailable_ || demand_.is_limit_reached();
    if (stop_due_ || revoke) {
        stop_due_ = false;
        std::shared_ptr<Ingest> finished;
        finished.swap(ingest_);
        if (finished) source_stats_ = finished->stats();
        first_picture_.reset();
        lock.unlock();
        finished.reset();  // joins the pipeline's thread
        hub_->interrupt();
        if (revoke) revoke_all();
        lock.lock();
    }
    if (start_due_) {
        start_due_ = false;
        if (demand_.state() == StreamState::connecting) start_session();  // else somebody thought better of it
    }
    moved_.notify_all();
    const SteadyTime next = demand_.deadline().value_or(now + kNever);
    report(lock);
    return next;
}

void LiveStream::note_quietly(OnDemand::Action action) {
    if (action == OnDemand::Action::start) start_due_ = true;
    if (action == OnDemand::Action::stop) stop_due_ = true;
}

void LiveStream::report(std::unique_lock<std::mutex>& lock) {
    const auto now = std::make_tuple(demand_.state(), demand_.viewers(), demand_.session());
    const bool changed = now != reported_;
    reported_ = now;
    if (!changed || !changed_) return;
    const StreamStatus status = status_locked();
    lock.unlock();
    changed_(status);
}

void LiveStream::shut_down() {
    close();
    std::shared_ptr<Ingest> finished;
    {
        const std::lock_guard lock(mutex_);
        finished.swap(ingest_);
    }
    finished.reset();
    revoke_all();
}

StreamStatus LiveStream::status() const {
    const std::lock_guard lock(mutex_);
    return status_locked();
}

StreamStatus LiveStream::status_locked() const {
    StreamStatus status;
    status.name = spec_.name;
    status.state = demand_.state();
    status.viewers = demand_.viewers();
    status.format = last_format_;
    status.hub = hub_->stats();
    status.source = ingest_ ? ingest_->stats() : source_stats_;
    status.reconnects = demand_.reconnects();
    status.error = demand_.error();
    return status;
}

StreamFormat LiveStream::known_format() const {
    const std::lock_guard lock(mutex_);
    return last_format_;
}

}  // namespace tplink::media
