#include "gateway/events/listeners.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>

namespace tplink::gateway {
namespace {

constexpr std::chrono::seconds kFirstPause{5};
constexpr std::chrono::seconds kLongestPause{300};

}  // namespace

struct OnvifWatch::Watcher {
    std::string device;
    tplink::onvif::PullPointOptions options;
    std::mutex mutex;  // guards `point` against stop()
    std::unique_ptr<tplink::onvif::PullPoint> point;
    bool stopping = false;
    std::atomic<bool> listening{false};
    std::jthread thread;
};

OnvifWatch::OnvifWatch(EventDesk& desk, EventLog log, const Clock& clock, RandomBytes& random)
    : desk_(desk), log_(std::move(log)), clock_(clock), random_(random) {}

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
    return at != watchers_.end() && at->second->listening;
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
                for (const tplink::onvif::Detection& seen : tplink::onvif::detections(notification)) {
                    if (seen.active) desk_.active(watcher.device, seen.kind, EventSource::onvif);
                    else desk_.inactive(watcher.device, seen.kind);
                }
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
