#pragma once
// Matches commands with their results: HTTP callers wait for theirs, MQTT hears of its own, nobody of another's.

#include <boost/json/array.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>

#include "gateway/app/registry.hpp"

namespace tplink::gateway {

/// Thread-safe.
class ResultDesk {
public:
    /// on_mqtt: results of commands that came by MQTT.
    ResultDesk(Registry& registry, std::function<void(const CommandResult&)> on_mqtt) : registry_(registry), on_mqtt_(std::move(on_mqtt)) {}

    /// Sends all, waits for all. Results in the order of `values`.
    std::vector<CommandResult> run(const std::string& id, const json::object& values, std::chrono::milliseconds patience);

    /// Whoever waits gets what is there; nobody waits any more.
    void stop();

    /// One command that came by MQTT; its result goes to on_mqtt with the transaction it came with.
    void forward(const std::string& id, PropertyCommand command);

    /// The registry's listener.
    void done(const CommandResult& result);

private:
    struct Waiting {
        std::size_t missing = 0;
        std::vector<std::optional<CommandResult>> results;
    };
    Registry& registry_;
    std::function<void(const CommandResult&)> on_mqtt_;
    std::mutex mutex_;
    std::condition_variable done_;
    std::map<std::int64_t, Waiting> waiting_;
    std::int64_t next_ = 1;
    bool stopped_ = false;
};

}  // namespace tplink::gateway
