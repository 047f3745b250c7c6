#include "media/webrtc/peers.hpp"

#include <vector>

#include "protocols/base/random.hpp"

namespace tplink::media::webrtc {
namespace {

constexpr std::chrono::seconds kCheckEvery{1};

}  // namespace

Peers::Peers(PeerOptions options)
    : options_(std::move(options)), reaper_([this](const std::stop_token& stop) { run(stop); }) {}

Peers::~Peers() {
    reaper_.request_stop();
    reaper_.join();
}

void Peers::configure(PeerOptions options) {
    const std::lock_guard lock(mutex_);
    options_ = std::move(options);
}

Result<OpenedPeer> Peers::open(const std::shared_ptr<Viewing>& viewing, const Offer& offer, OpenTalk talk) {
    PeerOptions options;
    {
        const std::lock_guard lock(mutex_);
        options = options_;
    }
    auto peer = TRY(Peer::make(options, viewing, offer, std::move(talk), pacer_));
    std::string answer = TRY(peer->answer(offer));
    std::string session = hex_lower(system_random().bytes(16));
    {
        const std::lock_guard lock(mutex_);
        peers_.emplace(session, std::move(peer));
    }
    changed_.notify_all();
    return OpenedPeer{std::move(session), std::move(answer)};
}

Result<void> Peers::trickle(const std::string& session, const std::string& fragment) {
    const auto candidates = TRY(parse_fragment(fragment));
    const std::lock_guard lock(mutex_);
    const auto found = peers_.find(session);
    if (found == peers_.end()) return fail(Errc::refused, "there is no such session");
    for (const RemoteCandidate& candidate : candidates) found->second->add_candidate(candidate);
    return {};
}

bool Peers::close(const std::string& session) {
    std::unique_ptr<Peer> peer;  // destroyed outside the lock: tearing down takes some milliseconds
    const std::lock_guard lock(mutex_);
    const auto found = peers_.find(session);
    if (found == peers_.end()) return false;
    peer = std::move(found->second);
    peers_.erase(found);
    return true;
}

std::size_t Peers::size() const {
    const std::lock_guard lock(mutex_);
    return peers_.size();
}

std::vector<std::unique_ptr<Peer>> Peers::take_gone(SteadyTime now) {
    std::vector<std::unique_ptr<Peer>> gone;
    const std::lock_guard lock(mutex_);
    for (auto at = peers_.begin(); at != peers_.end();) {
        if (at->second->is_gone(now)) {
            gone.push_back(std::move(at->second));
            at = peers_.erase(at);
        } else {
            ++at;
        }
    }
    return gone;
}

void Peers::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            // Without viewers nothing wakes this thread.
            if (!changed_.wait(lock, stop, [this] { return !peers_.empty(); })) return;
            changed_.wait_for(lock, stop, kCheckEvery, [] { return false; });
        }
        take_gone(std::chrono::steady_clock::now());
    }
}

}  // namespace tplink::media::webrtc
