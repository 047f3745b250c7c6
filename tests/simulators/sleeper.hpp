#pragma once
// A battery camera sleeps; somebody at its door wakes it.

#include <boost/json/object.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/simulators/world.hpp"

namespace tplink::sim {

struct SleepOptions {
    std::chrono::milliseconds stays_awake{10000}; ///< after the last request or frame
    std::chrono::milliseconds wakes_in{800};      ///< until the first answer after a sleep
    bool deep = false; ///< asleep it refuses connections, and only an event wakes it
};

/// All members from any thread.
class Sleeper {
public:
    Sleeper(SleepOptions options, World world) : options_(options), world_(std::move(world)) {}

    const SleepOptions& options() const { return options_; }
    bool awake() const;
    /// Somebody wants something; true: it slept until now.
    bool touch(std::string_view reason);
    /// {"awake","wakes","woken_by":{reason:count},"awake_s"}
    boost::json::object state() const;

private:
    void settle() const;

    const SleepOptions options_;
    const World world_;
    mutable std::mutex mutex_; // guards all below
    mutable std::chrono::milliseconds awake_since_{0};
    std::chrono::milliseconds awake_until_{0};
    mutable bool awake_ = false;
    mutable std::chrono::milliseconds awake_total_{0};
    std::map<std::string, std::uint64_t, std::less<>> woken_by_;
};

} // namespace tplink::sim
