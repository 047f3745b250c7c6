#pragma once
// One thread for all browsers: sends what may not go out at once, and the reports of each second.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "media/webrtc/sender.hpp"

namespace tplink::media::webrtc {

/// Thread-safe.
class Pacer {
public:
    Pacer();
    ~Pacer();
    Pacer(const Pacer&) = delete;
    Pacer& operator=(const Pacer&) = delete;

    /// From now on until it is gone.
    void add(const std::shared_ptr<Sender>& sender);
    /// Somebody has something waiting.
    void wake();

private:
    void run(const std::stop_token& stop);
    std::vector<std::shared_ptr<Sender>> senders();

    std::mutex mutex_;  // guards the two below
    std::vector<std::weak_ptr<Sender>> senders_;
    bool woken_ = false;
    std::condition_variable_any changed_;
    std::jthread thread_;  // last: it uses the others
};

}  // namespace tplink::media::webrtc
