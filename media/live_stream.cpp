#include "media/live_stream.hpp"

#include <algorithm>
#include <tuple>

namespace tplink::media {
namespace {

// After the first keyframe, how long a track that may come is waited for. Cameras interleave sound within 100 ms.
constexpr std::chrono::milliseconds kSoundWait{500};
constexpr std::chrono::milliseconds kReadyCheck{20};
constexpr std::chrono::hours kNever{24};
// Viewers stay connected through a camera's reboot: the picture must be back within 5 s after the camera is.
constexpr std::chrono::seconds kLongestPause{5};
constexpr std::chrono::seconds kPauseWhenRefused{15};  // busy or behind privacy: asking more often helps nobody
constexpr std::chrono::seconds kLockoutMargin{5};
constexpr std::chrono::seconds kLoginTime{8};  // connect, login and request, beside the time to the first picture

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

std::chrono::milliseconds pause_after(const Error& error, unsigned failures_in_row) {
    switch (error.code) {
    case Errc::auth_failed: return kNever;  // until the configuration changes: each try may lock the account
    case Errc::locked_out: return error.retry_after + kLockoutMargin;
    case Errc::refused: return kPauseWhenRefused;
    default: break;
    }
    const auto doubled = std::chrono::milliseconds(500) * (1U << std::min(failures_in_row, 4U));
    return std::min<std::chrono::milliseconds>(doubled, kLongestPause);
}

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

LiveStream::LiveStream(StreamSpec spec, LiveStreamOptions options, std::shared_ptr<Wake> wake, std::shared_ptr<ViewerLimit> limit,
                       Changed changed)
    : spec_(std::move(spec)), options_(std::move(options)), wake_(std::move(wake)), limit_(std::move(limit)),
      changed_(std::move(changed)) {}

LiveStream::~LiveStream() = default;

std::optional<Denial> LiveStream::refusal() const {
    if (closed_) return Denial{false, Error{Errc::cancelled, "the stream was removed", 0, {}}};
    if (unavailable_) return Denial{false, Error{Errc::refused, *unavailable_, 0, {}}};
    if (!error_) return std::nullopt;
    // A refused password or a ban: another try would only make it worse.
    const bool hopeless = error_->code == Errc::auth_failed || (error_->code == Errc::locked_out && clock_now() < retry_at_);
    return hopeless ? std::optional(Denial{false, *error_}) : std::nullopt;
}

bool LiveStream::is_ready(SteadyTime now) {
    if (!ingest_ || session_end_ || !hub_->has_keyframe()) return false;
    if (!first_picture_) first_picture_ = now;
    const StreamFormat format = hub_->format();
    if (!format.audio && spec_.endpoint.audio && !ingest_->is_silent() && now - *first_picture_ < kSoundWait) return false;
    last_format_ = format;
    return true;
}

tl::expected<std::shared_ptr<Viewing>, Denial> LiveStream::view(std::chrono::milliseconds limit, bool counted) {
    const SteadyTime deadline = clock_now() + limit;
    std::unique_lock lock(mutex_);
    if (auto denial = refusal()) return tl::unexpected(std::move(*denial));
    if (counted && !limit_->take())
        return tl::unexpected(Denial{true, Error{Errc::refused, "there are already " + std::to_string(limit_->most()) + " viewers", 0, {}}});
    ++viewers_;
    const std::uint64_t failures = failures_;
    wake_->notify();
    std::optional<Denial> denial;
    while (!is_ready(clock_now())) {
        if ((denial = refusal())) break;
        if (failures_ != failures && error_) denial = Denial{false, *error_};
        else if (clock_now() >= deadline)
            denial = Denial{false, error_.value_or(Error{Errc::timeout, "the camera sent no picture within " + std::to_string(limit.count() / 1000) + " s", 0, {}})};
        if (denial) break;
        // Sound is only looked for, nobody signals that there is none.
        moved_.wait_until(lock, std::min(deadline, clock_now() + (first_picture_ ? kReadyCheck : std::chrono::milliseconds(1000))));
    }
    if (denial) {
        lock.unlock();
        leave(counted);
        return tl::unexpected(std::move(*denial));
    }
    const StreamFormat format = last_format_;
    auto seat = std::make_shared<Seat>(shared_from_this(), format, counted);
    std::erase_if(viewings_, [](const auto& viewing) { return viewing.expired(); });
    viewings_.push_back(seat);
    wake_->notify();
    return seat;
}

void LiveStream::leave(bool counted) {
    if (counted) limit_->give_back();
    const std::lock_guard lock(mutex_);
    if (--viewers_ == 0) idle_since_ = clock_now();
    wake_->notify();
}

void LiveStream::set_unavailable(std::optional<std::string> reason) {
    {
        const std::lock_guard lock(mutex_);
        if (unavailable_ == reason) return;
        unavailable_ = std::move(reason);
        moved_.notify_all();
    }
    wake_->notify();
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

// The caller ends the pipeline.
void LiveStream::fail_session(Error error, SteadyTime now) {
    ++failures_;
    retry_at_ = now + pause_after(error, failures_in_row_++);
    state_ = StreamState::failed;
    session_end_ = error;
    error_ = std::move(error);
    first_picture_.reset();
    moved_.notify_all();
}

void LiveStream::start_session(SteadyTime now) {
    const std::uint64_t session = ++session_;
    if (state_ == StreamState::failed) ++reconnects_;
    state_ = StreamState::connecting;
    session_end_.reset();
    first_picture_.reset();
    started_ = now;
    const auto weak = weak_from_this();
    auto ingest = Ingest::start(spec_.endpoint, options_.stall_timeout, hub_,
                                {.began = [weak] {
                                     if (const auto self = weak.lock()) self->began();
                                 },
                                 .ended = [weak, session](Error error) {
                                     if (const auto self = weak.lock()) self->ended(session, std::move(error));
                                 }});
    if (ingest)
        ingest_ = std::move(*ingest);
    else
        fail_session(std::move(ingest).error(), now);
}

void LiveStream::began() {
    const std::lock_guard lock(mutex_);
    moved_.notify_all();
    wake_->notify();
}

void LiveStream::ended(std::uint64_t session, Error error) {
    const std::lock_guard lock(mutex_);
    if (session == session_ && !session_end_) session_end_ = std::move(error);
    wake_->notify();
}

bool LiveStream::is_wanted(SteadyTime now) const {
    if (closed_ || unavailable_) return false;
    if (ingest_ && options_.view_limit.count() > 0 && now - started_ >= options_.view_limit) return false;
    return viewers_ > 0 || (ingest_ && now - idle_since_ < options_.linger);
}

// The source itself notices silence on the wire; this notices a stream that flows without a picture in it.
void LiveStream::check_session(SteadyTime now) {
    if (!session_end_ && now >= stall_deadline())
        session_end_ = Error{Errc::timeout, "the camera sends no picture", 0, {}};
    if (session_end_ || !is_ready(now)) return;
    error_.reset();
    failures_in_row_ = 0;
    const StreamState state = viewers_ > 0 ? StreamState::live : StreamState::lingering;
    if (state_ == StreamState::connecting) moved_.notify_all();
    state_ = state;
}

SteadyTime LiveStream::stall_deadline() const {
    const bool first = state_ == StreamState::connecting;
    return first ? started_ + options_.stall_timeout + kLoginTime : ingest_->last_picture() + options_.stall_timeout;
}

SteadyTime LiveStream::step(SteadyTime now) {
    std::shared_ptr<Ingest> finished;
    std::unique_lock lock(mutex_);
    const auto before = std::make_tuple(state_, viewers_, session_);
    if (ingest_) check_session(now);
    const bool wanted = is_wanted(now);
    if (ingest_ && (session_end_ || !wanted)) {
        finished.swap(ingest_);
        source_stats_ = finished->stats();
        if (session_end_ && wanted) fail_session(*session_end_, now);
    }
    if (finished || closed_ || unavailable_) {
        const bool revoke = !wanted;
        lock.unlock();
        finished.reset();  // joins the pipeline's thread
        hub_->interrupt();
        if (revoke) revoke_all();
        lock.lock();
    }
    if (!ingest_ && !is_wanted(now)) state_ = StreamState::idle;
    if (!ingest_ && is_wanted(now) && (state_ != StreamState::failed || now >= retry_at_) && !refusal()) start_session(now);
    const SteadyTime next = next_deadline(now);
    const bool changed = before != std::make_tuple(state_, viewers_, session_);
    const StreamStatus status = status_locked();
    lock.unlock();
    if (changed && changed_) changed_(status);
    return next;
}

SteadyTime LiveStream::next_deadline(SteadyTime now) const {
    if (!ingest_) return state_ == StreamState::failed ? retry_at_ : now + kNever;
    SteadyTime next = stall_deadline();
    if (state_ == StreamState::connecting && first_picture_) next = std::min(next, now + kReadyCheck);
    if (viewers_ == 0) next = std::min(next, idle_since_ + options_.linger);
    if (options_.view_limit.count() > 0) next = std::min(next, started_ + options_.view_limit);
    return next;
}

void LiveStream::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    moved_.notify_all();
    wake_->notify();
}

bool LiveStream::is_over() const {
    const std::lock_guard lock(mutex_);
    return closed_ && !ingest_ && viewings_.empty();
}

void LiveStream::shut_down() {
    std::shared_ptr<Ingest> finished;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        state_ = StreamState::idle;
        finished.swap(ingest_);
        moved_.notify_all();
    }
    revoke_all();
}

StreamStatus LiveStream::status() const {
    const std::lock_guard lock(mutex_);
    return status_locked();
}

StreamStatus LiveStream::status_locked() const {
    StreamStatus status;
    status.name = spec_.name;
    status.state = state_;
    status.viewers = viewers_;
    status.format = last_format_;
    status.hub = hub_->stats();
    status.source = ingest_ ? ingest_->stats() : source_stats_;
    status.reconnects = reconnects_;
    status.error = error_;
    return status;
}

StreamFormat LiveStream::known_format() const {
    const std::lock_guard lock(mutex_);
    return last_format_;
}

void LiveStream::forget_error() {
    const std::lock_guard lock(mutex_);
    error_.reset();
    failures_in_row_ = 0;
    retry_at_ = {};
    wake_->notify();
}

}  // namespace tplink::media
