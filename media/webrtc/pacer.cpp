#include "media/webrtc/pacer.hpp"

#include <chrono>

namespace tplink::media::webrtc {
namespace {

constexpr std::chrono::milliseconds kTick{5};  // while something waits: 30 KB for each browser
constexpr std::chrono::milliseconds kRest{500};

}  // namespace

Pacer::Pacer() : thread_([this](const std::stop_token& stop) { run(stop); }) {}

Pacer::~Pacer() {
    thread_.request_stop();
    thread_.join();
}

void Pacer::add(const std::shared_ptr<Sender>& sender) {
    {
        const std::lock_guard lock(mutex_);
        senders_.push_back(sender);
    }
    wake();
}

void Pacer::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

std::vector<std::shared_ptr<Sender>> Pacer::senders() {
    std::vector<std::shared_ptr<Sender>> alive;
    const std::lock_guard lock(mutex_);
    std::erase_if(senders_, [&](const std::weak_ptr<Sender>& one) {
        auto sender = one.lock();
        if (!sender) return true;
        alive.push_back(std::move(sender));
        return false;
    });
    return alive;
}

void Pacer::run(const std::stop_token& stop) {
    bool more = false;
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            // Without viewers nothing wakes this thread.
            if (senders_.empty() && !changed_.wait(lock, stop, [this] { return !senders_.empty(); })) return;
            if (more) changed_.wait_for(lock, stop, kTick, [] { return false; });
            else changed_.wait_for(lock, stop, kRest, [this] { return woken_; });
            woken_ = false;
        }
        more = false;
        for (const auto& sender : senders()) more = sender->work(std::chrono::steady_clock::now()) || more;
    }
}

}  // namespace tplink::media::webrtc
