#pragma once
// A fault that stays is said once, again when it changes, and then once an hour.

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "protocols/base/clock.hpp"

namespace tplink::gateway {

/// Thread-safe.
class Reminder {
public:
    static constexpr std::chrono::hours kAgain{1};

    /// True when `sentence` about that thing is to be said now.
    bool due(const std::string& about, const std::string& sentence, SteadyTime now) {
        const std::lock_guard lock(mutex_);
        Said& said = said_[about];
        if (said.sentence == sentence && now < said.at + kAgain) return false;
        said = {sentence, now};
        return true;
    }
    /// It is over: when it comes again it is news.
    void forget(const std::string& about) {
        const std::lock_guard lock(mutex_);
        said_.erase(about);
    }

private:
    struct Said {
        std::string sentence;
        SteadyTime at{};
    };
    std::mutex mutex_;
    std::map<std::string, Said> said_;
};

}  // namespace tplink::gateway
