#include "gateway/app/clerk.hpp"

#include <algorithm>

namespace tplink::gateway {

Clerk::Clerk() : thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

Clerk::~Clerk() { stop(); }

void Clerk::stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

bool Clerk::post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() >= kMaxTasks) return false;
    tasks_.push_back(std::move(task));
    changed_.notify_one();
    return true;
}

void Clerk::later(const std::string& name, std::chrono::milliseconds delay, std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    timers_.try_emplace(name, Timer{std::chrono::steady_clock::now() + delay, {}, std::move(task)});
    changed_.notify_one();
}

void Clerk::every(const std::string& name, std::chrono::milliseconds interval, std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    timers_[name] = {std::chrono::steady_clock::now() + interval, interval, std::move(task)};
    changed_.notify_one();
}

void Clerk::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            const auto due = std::min_element(timers_.begin(), timers_.end(), [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
            const SteadyTime now = std::chrono::steady_clock::now();
            if (due != timers_.end() && due->second.at <= now) {
                if (due->second.interval.count() > 0) {
                    task = due->second.task;
                    due->second.at = now + due->second.interval;
                } else {
                    task = std::move(due->second.task);
                    timers_.erase(due);
                }
            } else if (!tasks_.empty()) {
                task = std::move(tasks_.front());
                tasks_.pop_front();
            } else if (due != timers_.end()) {
                const SteadyTime at = due->second.at;
                const std::size_t timers = timers_.size();
                changed_.wait_until(lock, stop, at, [&] { return !tasks_.empty() || timers_.size() != timers; });
            } else {
                changed_.wait(lock, stop, [&] { return !tasks_.empty() || !timers_.empty(); });
            }
        }
        if (task) task();
    }
}

}  // namespace tplink::gateway
