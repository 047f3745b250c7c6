#pragma once
// The graph of a running gateway: devices, MQTT, video, page, discovery.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/app/arguments.hpp"
#include "gateway/config/configuration.hpp"
#include "gateway/diagnostics/log.hpp"

namespace tplink::gateway {

/// Starts in the constructor order of Impl, stops in reverse within 2 s.
class Gateway {
public:
    Gateway(Config config, std::string config_file, Environment environment, Log& log);
    ~Gateway();

    /// errors: refused, one sentence (an address is taken, a plugin is missing).
    Result<void> start();

    /// SIGHUP: reads the file again; what did not change goes on undisturbed. A faulty file changes nothing.
    void reload();

    /// Called when a request asks for an end or a restart; set before start().
    void on_exit_wanted(std::function<void()> callback);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tplink::gateway
