#pragma once
// Looks for devices at the start, at intervals and when asked.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/app/announcements.hpp"
#include "gateway/app/registry.hpp"

namespace tplink::gateway {

struct DiscoveryRequest {
    std::vector<std::string> targets;  ///< hosts or CIDRs beside broadcast
    bool broadcast = true;
    std::chrono::milliseconds timeout{5000};
    std::string account;  ///< e-mail; devices of other accounts are marked
};

/// One search; blocking, ended early by `stop`. What devices announced is kept in `announcements` unless that is null.
Result<std::vector<FoundDevice>> find_devices(const DiscoveryRequest& request, std::stop_token stop, Announcements* announcements = nullptr);

/// Probes one address and waits for nothing: some plugs start their web server only then.
void wake_device(const std::string& address);

class DiscoveryLoop {
public:
    /// found: called on the loop's thread with what each search saw. hosts: addresses of configured devices, asked as well.
    DiscoveryLoop(Announcements& announcements, std::function<void(const std::vector<FoundDevice>&)> found, std::function<std::vector<std::string>()> hosts,
                  std::function<void(const std::string&)> problem);
    ~DiscoveryLoop();

    void configure(const Config& config);
    /// Searches now; returns what was seen. Blocks until done.
    Result<std::vector<FoundDevice>> search(std::vector<std::string> more_targets, std::chrono::milliseconds timeout);
    /// Searches soon; returns at once.
    void poke();
    void stop();

private:
    void run(std::stop_token stop);
    DiscoveryRequest request() const;

    Announcements& announcements_;
    std::function<void(const std::vector<FoundDevice>&)> found_;
    std::function<std::vector<std::string>()> hosts_;
    std::function<void(const std::string&)> problem_;
    mutable std::mutex mutex_;
    std::mutex search_mutex_;  // one search at a time
    std::condition_variable_any wake_;
    Config config_;
    bool poked_ = false;
    std::stop_source searches_;
    std::jthread thread_;
};

}  // namespace tplink::gateway
