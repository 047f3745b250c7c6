#pragma once
// The log: one line per event on stderr, and copies for the page and MQTT.

#include <functional>
#include <memory>
#include <spdlog/logger.h>
#include <string>

#include "gateway/config/configuration.hpp"

namespace tplink::gateway {

/// A line as it goes out: level ("info"), device or "" and message.
using LogListener = std::function<void(const std::string& level, const std::string& device, const std::string& message)>;

/// Owns the sinks; makes named loggers. Thread-safe.
class Log {
public:
    explicit Log(const LogConfig& config);
    ~Log();

    /// One per device or part; `name` "" for the gateway itself.
    std::shared_ptr<spdlog::logger> logger(const std::string& name);
    void set_format(LogFormat format);
    void set_level(const std::string& level);
    std::string level() const;
    /// Called for every line of level info and above; must not log and must not block.
    void listen(LogListener listener);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tplink::gateway
