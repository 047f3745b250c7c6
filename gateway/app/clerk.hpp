#pragma once
// One thread for what callbacks may not do themselves: requests that wait, pictures, timers.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "protocols/base/clock.hpp"

namespace tplink::gateway {

/// Runs tasks in order; thread-safe.
class Clerk {
public:
    static constexpr std::size_t kMaxTasks = 256;  // beyond it somebody floods requests

    Clerk();
    ~Clerk();
    /// False when too much waits already.
    bool post(std::function<void()> task);
    /// Runs `task` once after `delay`; a task of the same name that waits already makes this one superfluous.
    void later(const std::string& name, std::chrono::milliseconds delay, std::function<void()> task);
    /// Runs `task` every `interval`, first after one.
    void every(const std::string& name, std::chrono::milliseconds interval, std::function<void()> task);
    void stop();

private:
    struct Timer {
        SteadyTime at;
        std::chrono::milliseconds interval{0};
        std::function<void()> task;
    };
    void run(std::stop_token stop);

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<std::function<void()>> tasks_;
    std::map<std::string, Timer> timers_;
    std::jthread thread_;
};

}  // namespace tplink::gateway
