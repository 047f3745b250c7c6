#include "tests/simulators/media/camera_state.hpp"

#include <algorithm>
#include <utility>

#include "tests/simulators/media/media_crypto.hpp"

namespace tplink::sim {
namespace {

constexpr std::size_t kNonces = 256;

} // namespace

CameraState::CameraState(MediaServerOptions options)
    : options_(std::move(options)),
      clips_(options_.clips ? options_.clips : std::make_shared<ClipLibrary>()), plan_{options_.faults, 1} {}

std::string CameraState::secret() const {
    const std::lock_guard lock(mutex_);
    if (options_.vendor != MediaVendor::tapo) return code_vigi_password(options_.password);
    return password_secret(options_.password, options_.hash);
}

void CameraState::set_password(std::string password) {
    const std::lock_guard lock(mutex_);
    options_.password = std::move(password);
}

FaultPlan CameraState::fault_plan() const {
    const std::lock_guard lock(mutex_);
    return plan_;
}

void CameraState::set_faults(const MediaFaults& faults) {
    const std::lock_guard lock(mutex_);
    plan_ = {faults, plan_.generation + 1};
}

std::string CameraState::issue_nonce() {
    std::string nonce = random_nonce();
    const std::lock_guard lock(mutex_);
    nonces_.push_back(nonce);
    if (nonces_.size() > kNonces) nonces_.pop_front();
    return nonce;
}

bool CameraState::has_issued(const std::string& nonce) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::find(nonces_, nonce) != nonces_.end();
}

bool CameraState::enter_session() {
    const std::lock_guard lock(mutex_);
    if (sessions_open_ >= options_.max_sessions) return false;
    ++sessions_open_;
    return true;
}

void CameraState::leave_session() {
    const std::lock_guard lock(mutex_);
    --sessions_open_;
}

std::shared_ptr<const Clip> CameraState::main_clip() {
    const bool silent = options_.audio == MediaAudio::absent;
    return clips_->find(options_.codec == MediaCodec::h265 ? "h265_hd" : "h264_hd", silent ? ts::StreamType::none : ts::StreamType::alaw);
}

bool CameraState::enter_talk() {
    const std::lock_guard lock(mutex_);
    if (talking_) return false;
    return talking_ = true;
}

void CameraState::leave_talk() {
    const std::lock_guard lock(mutex_);
    talking_ = false;
}

void CameraState::add_speech(Bytes alaw) {
    constexpr std::size_t kMostSpeech = 8000 * 600; // ten minutes
    const std::lock_guard lock(mutex_);
    if (speech_.size() < kMostSpeech) append(speech_, alaw);
}

Buffer CameraState::spoken() const {
    const std::lock_guard lock(mutex_);
    return speech_;
}

MediaCounters CameraState::counters() const {
    MediaCounters out{.connections_open = tally.connections_open,
                      .connections_total = tally.connections_total,
                      .sessions_open = 0,
                      .sessions_total = tally.sessions_total,
                      .sessions_with_audio = tally.sessions_with_audio,
                      .sessions_refused = tally.sessions_refused,
                      .auth_failures = tally.auth_failures,
                      .heartbeats = tally.heartbeats,
                      .talks_open = 0,
                      .talks_total = tally.talks_total,
                      .talks_refused = tally.talks_refused,
                      .downloads_total = tally.downloads_total,
                      .pictures_total = tally.pictures_total,
                      .acknowledgements = tally.acknowledgements,
                      .parts = tally.parts,
                      .bytes = tally.bytes};
    const std::lock_guard lock(mutex_);
    out.talks_open = talking_ ? 1 : 0;
    out.sessions_open = static_cast<std::uint64_t>(sessions_open_);
    return out;
}

} // namespace tplink::sim
