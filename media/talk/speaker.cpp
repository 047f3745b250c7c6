#include "media/talk/speaker.hpp"

#include "media/codec/g711.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;

constexpr auto kFrameTime = 20ms;
constexpr auto kTooLate = 100ms;   // then the schedule begins anew: a burst would be dropped by the camera
constexpr auto kAfterglow = 120ms; // the camera plays what it has before the line is freed
constexpr std::byte kSilence{0xD5};

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

}  // namespace

Speaker::Speaker(std::unique_ptr<stream::TalkSession> session, const SpeakerOptions& options)
    : options_(options), session_(std::move(session)), thread_([this] { run(); }) {}

Speaker::~Speaker() {
    stop();
    thread_.join();
}

void Speaker::stop() {
    std::shared_ptr<stream::TalkSession> session;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        session = session_;
    }
    changed_.notify_all();
    if (session) session->cancel();
}

void Speaker::push(Bytes alaw) {
    {
        const std::lock_guard lock(mutex_);
        const std::size_t waiting = waiting_.size() - taken_;
        if (over_ || finishing_ || waiting >= options_.most_waiting) return;
        append(waiting_, alaw.first(std::min(alaw.size(), options_.most_waiting - waiting)));
    }
    changed_.notify_all();
}

std::optional<Error> Speaker::error() const {
    const std::lock_guard lock(mutex_);
    return error_;
}

bool Speaker::is_over() const {
    const std::lock_guard lock(mutex_);
    return over_;
}

Result<void> Speaker::finish() {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return over_; });
    if (error_) return tl::unexpected(*error_);
    return {};
}

void Speaker::run() noexcept {
    Result<void> result;
    std::shared_ptr<stream::TalkSession> session = session_;
    try {
        result = talk(*session);
    } catch (const std::exception& problem) {  // out of memory: this talk only
        result = fail(Errc::malformed, problem.what());
    }
    {
        const std::lock_guard lock(mutex_);
        session_.reset();
    }
    session.reset();
    const std::lock_guard lock(mutex_);
    over_ = true;
    if (!result) error_ = stopped_ ? Error{Errc::cancelled, "the talk was ended", 0, {}} : std::move(result).error();
    changed_.notify_all();
}

std::optional<Buffer> Speaker::take_frame() {
    const std::lock_guard lock(mutex_);
    const std::size_t waiting = waiting_.size() - taken_;
    if (waiting == 0 || (waiting < stream::TalkSession::kFrame && !finishing_)) return std::nullopt;
    const std::size_t size = std::min(waiting, stream::TalkSession::kFrame);
    Buffer frame = to_buffer(Bytes(waiting_).subspan(taken_, size));
    frame.resize(stream::TalkSession::kFrame, kSilence);
    taken_ += size;
    if (taken_ == waiting_.size() || taken_ >= (64U << 10)) {
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken_));
        taken_ = 0;
    }
    return frame;
}

/// False when nothing more will come.
bool Speaker::wait_for_speech() {
    const std::lock_guard lock(mutex_);
    const bool all_said = finishing_ && waiting_.size() == taken_;
    return !stopped_ && !all_said;
}

Result<void> Speaker::talk(stream::TalkSession& session) {
    TRY_VOID(session.open());
    const bool ulaw = session.codec() == stream::SpeechCodec::ulaw;
    SteadyTime due = clock_now();
    SteadyTime last_word = due;
    while (wait_for_speech()) {
        TRY_VOID(session.listen_until(due));
        const auto now = clock_now();
        if (now - due > kTooLate) due = now;
        due += kFrameTime;
        const auto frame = take_frame();
        if (frame) {
            last_word = now;
            TRY_VOID(session.send(ulaw ? ulaw_from_alaw(*frame) : *frame));
        } else if (options_.idle > 0ms && now - last_word > options_.idle) {
            return {};
        }
    }
    return session.listen_until(clock_now() + kAfterglow);
}

}  // namespace tplink::media
