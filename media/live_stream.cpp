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

void DayBudget::renew(SteadyTime now) {
    if (begun_ && now - *begun_ < std::chrono::hours(24)) return;
    begun_.reset();
    spent_ = {};
}

void DayBudget::spend(SteadyTime now, SteadyTime::duration time) {
    const std::lock_guard lock(mutex_);
    renew(now);
    if (!begun_) begun_ = now;
    spent_ += time;
}

SteadyTime::duration DayBudget::left(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    renew(now);
    return limit_ - spent_;
}

// One hold; letting it go is leaving.
class LiveStream::Seat : public Viewing {
public:
    Seat(std::shared_ptr<LiveStream> stream, const StreamFormat& format, const ViewWish& wish)
        : Viewing(stream->hubs_[wish.lens], format), stream_(std::move(stream)), wish_(wish) {}
    ~Seat() override { stream_->leave(wish_); }

private:
    std::shared_ptr<LiveStream> stream_;
    ViewWish wish_;
};

LiveStream::LiveStream(StreamSpec spec, const LiveStreamOptions& options, std::shared_ptr<Wake> wake,
                       std::shared_ptr<ViewerLimit> limit, Changed changed)
    : spec_(std::move(spec)), options_(options), wake_(std::move(wake)), limit_(std::move(limit)), changed_(std::move(changed)),
      demand_(demand_options(options)) {}

LiveStream::~LiveStream() = default;

void LiveStream::set_linger(std::chrono::milliseconds linger) {
    const std::lock_guard lock(mutex_);
    demand_.set_linger(linger);
}

// Actions are only noted: pipelines are made and ended by step(), outside the lock.
void LiveStream::note(OnDemand::Action action) {
    if (action == OnDemand::Action::start) start_due_ = true;
    if (action == OnDemand::Action::stop) stop_due_ = true;
    wake_->notify();
}

bool LiveStream::is_ready(const ViewWish& wish, SteadyTime now) {
    const bool live = demand_.state() == StreamState::live || demand_.state() == StreamState::lingering;
    if (!live || !ingest_ || restart_due_) return false;
    const auto& hub = hubs_[wish.lens];
    if (!hub->has_keyframe()) return false;
    if (!first_picture_) first_picture_ = now;
    const StreamFormat format = hub->format();
    const bool may_come = session_has_sound_ && wish.sound && !ingest_->is_silent();
    if (!format.audio && may_come && now - *first_picture_ < kSoundWait) return false;
    last_format_ = format;
    return true;
}

bool LiveStream::lacks_lens(const ViewWish& wish) const {
    return wish.lens > 0 && (ingest_ ? ingest_->lens_count() : known_lenses_) == 1;
}

std::optional<Denial> LiveStream::obstacle(const ViewWish& wish, std::uint64_t session_before) const {
    const auto denied = [](Errc code, std::string why) { return Denial{false, Error{code, std::move(why), 0, {}}}; };
    if (closed_) return denied(Errc::cancelled, "the camera was removed");
    if (unavailable_) return denied(Errc::refused, *unavailable_);
    if (is_day_over())
        return denied(Errc::refused, "the camera was watched for " + std::to_string(options_.budget->limit().count() / 60) +
                                         " minutes today, which is the most its battery is given; it can be watched again tomorrow");
    if (demand_.is_limit_reached()) return denied(Errc::refused, "the view ended after its longest time, to spare the battery");
    if (lacks_lens(wish)) {
        Denial denial = denied(Errc::unsupported, "the camera has one lens only");
        denial.no_such_stream = true;
        return denial;
    }
    if (demand_.state() != StreamState::failed || !demand_.error()) return std::nullopt;
    // A refused password or a ban is not tried again, and whoever started the attempt need not wait for the next.
    const Errc code = demand_.error()->code;
    const bool final = code == Errc::auth_failed || code == Errc::locked_out || code == Errc::unsupported;
    if (!final && demand_.session() <= session_before) return std::nullopt;
    return Denial{false, *demand_.error()};
}

std::optional<Denial> LiveStream::wait_ready(std::unique_lock<std::mutex>& lock, std::uint64_t session_before, const ViewWish& wish) {
    const SteadyTime deadline = clock_now() + wish.limit;
    while (!is_ready(wish, clock_now())) {
        if (auto denial = obstacle(wish, session_before)) return denial;
        const SteadyTime now = clock_now();
        if (now >= deadline)
            return Denial{false, demand_.error().value_or(
                                     Error{Errc::timeout, "the camera sent no picture within " + seconds_text(wish.limit), 0, {}})};
        // That a camera has no sound is nothing anybody signals.
        moved_.wait_until(lock, first_picture_ ? std::min(deadline, now + kSoundCheck) : deadline);
    }
    return std::nullopt;
}

tl::expected<std::shared_ptr<Viewing>, Denial> LiveStream::view(const ViewWish& wish) {
    if (wish.counted && !limit_->take())
        return tl::unexpected(Denial{true, Error{Errc::refused, "there are already " + std::to_string(limit_->most()) + " viewers", 0, {}}});
    std::unique_lock lock(mutex_);
    const std::uint64_t session_before = demand_.session();
    auto denial = closed_ || unavailable_ || lacks_lens(wish) || is_day_over() ? obstacle(wish, session_before) : std::nullopt;
    if (denial) {
        if (wish.counted) limit_->give_back();
        return tl::unexpected(std::move(*denial));
    }
    if (wish.sound) ++listeners_;
    if (wish.sound && ingest_ && !session_has_sound_ && may_have_sound()) restart_due_ = true;
    note(demand_.viewer_added(clock_now()));
    denial = wait_ready(lock, session_before, wish);
    if (denial) {
        lock.unlock();
        leave(wish);
        return tl::unexpected(std::move(*denial));
    }
    auto seat = std::make_shared<Seat>(shared_from_this(), last_format_, wish);
    std::erase_if(viewings_, [](const auto& viewing) { return viewing.expired(); });
    viewings_.push_back(seat);
    return seat;
}

void LiveStream::leave(const ViewWish& wish) {
    if (wish.counted) limit_->give_back();
    const std::lock_guard lock(mutex_);
    if (wish.sound) --listeners_;
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
    known_lenses_ = 0;
    if (!closed_ && !unavailable_) note(demand_.reset(clock_now()));
}

void LiveStream::opened(std::uint64_t session) {
    const std::lock_guard lock(mutex_);
    note(demand_.session_opened(session, clock_now()));
}

void LiveStream::began(std::uint64_t session) {
    const std::lock_guard lock(mutex_);
    if (ingest_ && ingest_->lens_count() > 0) known_lenses_ = ingest_->lens_count();
    if (hubs_[0]->has_keyframe()) note(demand_.first_keyframe(session, clock_now()));
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

Result<std::shared_ptr<Ingest>> LiveStream::make_ingest(std::uint64_t session) {
    const auto call = [weak = weak_from_this(), session](auto what) {
        if (const auto self = weak.lock()) what(*self, session);
    };
    IngestEvents events{
        .opened = [call] { call([](LiveStream& self, std::uint64_t number) { self.opened(number); }); },
        .began = [call] { call([](LiveStream& self, std::uint64_t number) { self.began(number); }); },
        .ended = [call](const Error& error) { call([&](LiveStream& self, std::uint64_t number) { self.ended(number, error); }); }};
    if (spec_.rtsp) {
        session_has_sound_ = true;
        return TRY(start_rtsp_ingest(*spec_.rtsp, hubs_, std::move(events), make_aac_decoder));
    }
    // A camera has one sound encoder: asking for sound that nobody hears can silence the camera's own RTSP.
    stream::MediaEndpoint endpoint = spec_.endpoint;
    endpoint.key_memory = key_memory_;
    endpoint.audio = endpoint.audio && listeners_ > 0;
    session_has_sound_ = endpoint.audio;
    return TRY(start_source_ingest(endpoint, options_.stall_timeout, hubs_, std::move(events), make_aac_decoder));
}

void LiveStream::start_session() {
    const std::uint64_t session = demand_.session();
    first_picture_.reset();
    auto ingest = make_ingest(session);
    if (ingest) {
        ingest_ = std::move(*ingest);
    } else {
        note(demand_.session_failed(session, std::move(ingest).error(), clock_now()));
        moved_.notify_all();
    }
}

void LiveStream::interrupt_hubs() {
    for (const auto& hub : hubs_) hub->interrupt();
}

SteadyTime LiveStream::step(SteadyTime now) {
    std::unique_lock lock(mutex_);
    if (ingest_) demand_.media_received(demand_.session(), ingest_->last_media());
    const auto budget_end = spend(now);
    note_quietly(demand_.tick(now));
    const bool day_over = is_day_over();
    if (day_over) note_quietly(demand_.halt());
    const bool revoke = closed_ || unavailable_ || demand_.is_limit_reached() || day_over;
    if (restart_due_ && !ingest_) restart_due_ = false;  // it begins with sound anyway
    if (stop_due_ || revoke || restart_due_) {
        start_due_ = start_due_ || (restart_due_ && !stop_due_ && !revoke);
        stop_due_ = false;
        std::shared_ptr<Ingest> finished;
        finished.swap(ingest_);
        if (finished) {
            source_stats_ += finished->stats();
            damage_ += finished->damage();
            if (finished->lens_count() > 0) known_lenses_ = finished->lens_count();  // it may have begun before we knew it
        }
        first_picture_.reset();
        lock.unlock();
        finished.reset();  // joins the pipeline's thread
        interrupt_hubs();
        if (revoke) revoke_all();
        lock.lock();
    }
    if (start_due_) {
        start_due_ = false;
        const bool again = restart_due_ && (demand_.state() == StreamState::live || demand_.state() == StreamState::lingering);
        if (demand_.state() == StreamState::connecting || again) start_session();  // else somebody thought better of it
    }
    restart_due_ = false;
    moved_.notify_all();
    const SteadyTime next = std::min(demand_.deadline().value_or(now + kNever), budget_end.value_or(now + kNever));
    report(lock);
    return next;
}

std::optional<SteadyTime> LiveStream::spend(SteadyTime now) {
    if (!options_.budget) return std::nullopt;
    if (!ingest_) {
        spent_until_.reset();
        return std::nullopt;
    }
    if (spent_until_) options_.budget->spend(now, now - *spent_until_);
    spent_until_ = now;
    return now + std::max<SteadyTime::duration>(options_.budget->left(now), SteadyTime::duration::zero());
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
    status.hub = hubs_[0]->stats();
    status.lenses = ingest_ && ingest_->lens_count() > 0 ? ingest_->lens_count() : known_lenses_;
    status.source = source_stats_;
    status.damage = damage_;
    if (ingest_) {
        status.source += ingest_->stats();
        status.damage += ingest_->damage();
    }
    status.reconnects = demand_.reconnects();
    status.error = demand_.error();
    return status;
}

StreamFormat LiveStream::known_format() const {
    const std::lock_guard lock(mutex_);
    return last_format_;
}

unsigned LiveStream::known_lenses() const {
    const std::lock_guard lock(mutex_);
    return ingest_ && ingest_->lens_count() > 0 ? ingest_->lens_count() : known_lenses_;
}

}  // namespace tplink::media
