#pragma once
// Threads that come when there is work and go when there is none for a while.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tplink::gateway {

/// Thread-safe. Jobs must not throw.
class ThreadPool {
public:
    ThreadPool(std::size_t threads_max, std::chrono::milliseconds idle_patience)
        : threads_max_(threads_max), idle_patience_(idle_patience) {}
    ~ThreadPool() { finish(); }
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// False when `threads_max` threads are at work and as many jobs wait: do something else with it.
    bool enqueue(std::function<void()>& job);
    /// Runs what is queued, then joins every thread.
    void finish();

private:
    void work();
    void join_retired(std::unique_lock<std::mutex>& lock);

    const std::size_t threads_max_;
    const std::chrono::milliseconds idle_patience_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;
    std::vector<std::thread> threads_, retired_;
    std::size_t idle_ = 0;
    bool finishing_ = false;
};

} // namespace tplink::gateway
