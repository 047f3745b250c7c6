#include "gateway/events/listeners.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>

#include "gateway/events/push_trust.hpp"

namespace tplink::gateway {
namespace {

constexpr std::chrono::seconds kFirstPause{5};
constexpr std::chrono::seconds kLongestPause{300};

}  // namespace

struct OnvifWatch::Watcher {
    std::string device;
    tplink::onvif::PullPointOptions options;
    std::mutex mutex;  // guards `point` against stop(), and `trust`
    PushTrust trust;
    std::unique_ptr<tplink::onvif::PullPoint> point;
    bool stopping = false;
    std::atomic<bool> listening{false};
    std::jthread thread;
};

OnvifWatch::OnvifWatch(EventDesk& desk, EventLog log, const Clock& clock, RandomBytes& random, Silence silence)
    : desk_(desk), log_(std::move(log)), silence_(std::move(silence)), clock_(clock), random_(random) {}

OnvifWatch::~OnvifWatch() { stop(); }

namespace {

bool same(const tplink::onvif::PullPointOptions& a, const tplink::onvif::PullPointOptions& b) {
    return a.host == b.host && a.port == b.port && a.account == b.account;
}

/// Sleeps until stopped.
void pause(const std::stop_token& stop, std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

void OnvifWatch::watch(const std::string& device, const tplink::onvif::PullPointOptions& options) {
    {
        const std::lock_guard lock(mutex_);
        const auto at = watchers_.find(device);
        if (at != watchers_.end() && same(at->second->options, options)) return;
    }
    leave(device);
    const std::lock_guard lock(mutex_);
    auto watcher = std::make_unique<Watcher>();
    watcher->device = device;
    watcher->options = options;
    Watcher& ref = *watcher;
    watcher->thread = std::jthread([this, &ref](const std::stop_token& stop) { run(ref, stop); });
    watchers_[device] = std::move(watcher);
}

void OnvifWatch::leave(const std::string& device) {
    std::unique_ptr<Watcher> gone;
    {
        const std::lock_guard lock(mutex_);
        const auto at = watchers_.find(device);
        if (at == watchers_.end()) return;
        gone = std::move(at->second);
        watchers_.erase(at);
    }
    gone->thread.request_stop();
    const std::lock_guard lock(gone->mutex);
    gone->stopping = true;
    if (gone->point) gone->point->cancel();
    if (silence_ && gone->trust.is_silent()) silence_(device, false);
    // The thread is joined by the destructor, without the watch's mutex.
}

void OnvifWatch::stop() {
    std::map<std::string, std::unique_ptr<Watcher>> all;
    {
        const std::lock_guard lock(mutex_);
        all = std::move(watchers_);
        watchers_.clear();
    }
    for (auto& [device, watcher] : all) {
        watcher->thread.request_stop();
        const std::lock_guard lock(watcher->mutex);
        watcher->stopping = true;
        if (watcher->point) watcher->point->cancel();
    }
}

bool OnvifWatch::is_listening(const std::string& device) const {
    const std::lock_guard lock(mutex_);
    const auto at = watchers_.find(device);
    if (at == watchers_.end() || !at->second->listening) return false;
    const std::lock_guard trust(at->second->mutex);
    return !at->second->trust.is_silent();
}

bool OnvifWatch::recorded(const std::string& device, std::string_view kind, WallTime at) {
    bool brought = false, fell_silent = false;
    {
        const std::lock_guard lock(mutex_);
        const auto found = watchers_.find(device);
        if (found == watchers_.end() || !found->second->listening) return false;
        const std::lock_guard trust(found->second->mutex);
        const bool before = found->second->trust.is_silent();
        brought = found->second->trust.recorded(kind, at);
        fell_silent = !before && found->second->trust.is_silent();
    }
    if (fell_silent) tell(device, true);
    return brought;
}

void OnvifWatch::tell(const std::string& device, bool silent) {
    if (silent) log_("warning", "its ONVIF subscription delivers nothing although the camera notices things: its own list is asked every 10 s", device);
    else log_("info", "its ONVIF subscription delivers events again", device);
    if (silence_) silence_(device, silent);
}

void OnvifWatch::take(Watcher& watcher, const tplink::onvif::Detection& seen) {
    bool was_silent = false;
    {
        const std::lock_guard lock(watcher.mutex);
        was_silent = watcher.trust.is_silent();
        watcher.trust.brought(seen.kind, clock_.wall());
    }
    if (was_silent) tell(watcher.device, false);
    if (seen.active) desk_.active(watcher.device, seen.kind, EventSource::onvif);
    else desk_.inactive(watcher.device, seen.kind);
}

void OnvifWatch::run(Watcher& watcher, const std::stop_token& stop) {
    tplink::onvif::PullPoint* point = nullptr;
    {
        const std::lock_guard lock(watcher.mutex);
        if (watcher.stopping) return;
        watcher.point = std::make_unique<tplink::onvif::PullPoint>(watcher.options, clock_, random_);
        point = watcher.point.get();
    }
    auto wait = kFirstPause;
    bool told = false;  // a lasting fault is one line
    while (!stop.stop_requested()) {
        const auto pulled = point->pull();
        watcher.listening = pulled.has_value();
        if (pulled) {
            if (told) log_("info", "events arrive by ONVIF again", watcher.device);
            told = false;
            wait = kFirstPause;
            for (const tplink::onvif::Notification& notification : *pulled)
                for (const tplink::onvif::Detection& seen : tplink::onvif::detections(notification)) take(watcher, seen);
            continue;
        }
        if (pulled.error().code == Errc::cancelled) break;
        if (!told) log_("warning", "no events by ONVIF: " + pulled.error().what + (pulled.error().code == Errc::auth_failed ?
                        "; check camera_account, it is made in the app under Advanced settings" : ""), watcher.device);
        told = true;
        if (pulled.error().code == Errc::auth_failed) break;  // until somebody changes the configuration
        pause(stop, wait);
        wait = std::min(2 * wait, kLongestPause);
    }
    watcher.listening = false;
    point->unsubscribe();
}

DoorbellListener::~DoorbellListener() {
    thread_.request_stop();
    if (socket_) socket_->cancel();
}

Result<void> DoorbellListener::start(std::uint16_t port) {
    auto socket = net::make_udp_socket("0.0.0.0", port, true);
    if (!socket) return tl::unexpected(socket.error());
    socket_ = std::move(*socket);
    thread_ = std::jthread([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            const auto datagram = socket_->receive(std::chrono::hours(1));
            if (!datagram) {
                if (datagram.error().code == Errc::cancelled) return;
                pause(stop, std::chrono::seconds(1));
            } else if (*datagram) {
                pressed_((*datagram)->address);
            }
        }
    });
    return {};
}

}  // namespace tplink::gateway
