#include "gateway/web/thread_pool.hpp"

#include <algorithm>
#include <utility>

namespace tplink::gateway {

bool ThreadPool::enqueue(std::function<void()>& job) {
    std::unique_lock lock(mutex_);
    if (finishing_ || jobs_.size() >= threads_max_) return false;
    jobs_.push_back(std::move(job));
    if (idle_ < jobs_.size() && threads_.size() < threads_max_) threads_.emplace_back([this] { work(); });
    join_retired(lock);
    lock.unlock();
    changed_.notify_one();
    return true;
}

void ThreadPool::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        const bool woken =
            changed_.wait_for(lock, idle_patience_, [this] { return finishing_ || !jobs_.empty(); });
        --idle_;
        if (!jobs_.empty()) {
            auto job = std::move(jobs_.front());
            jobs_.pop_front();
            lock.unlock();
            job();
            job = nullptr; // what it holds goes before the lock is taken
            lock.lock();
            continue;
        }
        if (finishing_) return; // finish() joins
        if (!woken) break;
    }
    const auto self = std::find_if(threads_.begin(), threads_.end(), [](const std::thread& thread) {
        return thread.get_id() == std::this_thread::get_id();
    });
    retired_.push_back(std::move(*self));
    threads_.erase(self);
}

void ThreadPool::join_retired(std::unique_lock<std::mutex>& lock) {
    std::vector<std::thread> retired = std::exchange(retired_, {});
    lock.unlock();
    for (std::thread& thread : retired) thread.join();
    lock.lock();
}

void ThreadPool::finish() {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
    join_retired(lock);
    std::vector<std::thread> threads = std::exchange(threads_, {});
    lock.unlock();
    for (std::thread& thread : threads) thread.join();
}

} // namespace tplink::gateway
