#include "gateway/app/discovery_loop.hpp"

#include <condition_variable>

namespace tplink::gateway {

DiscoveryLoop::DiscoveryLoop(Announcements& announcements, std::function<void(const std::vector<FoundDevice>&)> found, std::function<std::vector<std::string>()> hosts,
                             std::function<void(const std::string&)> problem)
    : announcements_(announcements), found_(std::move(found)), hosts_(std::move(hosts)), problem_(std::move(problem)) {}

DiscoveryLoop::~DiscoveryLoop() { stop(); }

void DiscoveryLoop::stop() {
    searches_.request_stop();
    if (thread_.joinable()) {
        thread_.request_stop();
        thread_.join();
    }
}

void DiscoveryLoop::configure(const Config& config) {
    const std::lock_guard lock(mutex_);
    config_ = config;
    poked_ = true;
    wake_.notify_all();
    if (config.discovery.enabled && !thread_.joinable()) thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

void DiscoveryLoop::poke() {
    const std::lock_guard lock(mutex_);
    poked_ = true;
    wake_.notify_all();
}

DiscoveryRequest DiscoveryLoop::request() const {
    const std::lock_guard lock(mutex_);
    DiscoveryRequest out;
    out.targets = config_.discovery.targets;
    for (const DeviceConfig& device : config_.devices)
        if (!device.host.empty()) out.targets.push_back(device.host);
    out.account = config_.account.username;
    return out;
}

Result<std::vector<FoundDevice>> DiscoveryLoop::search(std::vector<std::string> more_targets, std::chrono::milliseconds timeout) {
    DiscoveryRequest asked = request();
    for (std::string& host : more_targets) asked.targets.push_back(std::move(host));
    for (std::string& host : hosts_()) asked.targets.push_back(std::move(host));
    asked.timeout = timeout;
    const std::lock_guard one(search_mutex_);
    auto found = find_devices(asked, searches_.get_token(), &announcements_);
    if (found) found_(*found);
    return found;
}

void DiscoveryLoop::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        {
            const std::lock_guard lock(mutex_);
            poked_ = false;
        }
        bool enabled = false;
        std::chrono::seconds interval{};
        {
            const std::lock_guard lock(mutex_);
            enabled = config_.discovery.enabled;
            interval = config_.discovery.interval;
        }
        if (enabled)
            if (const auto found = search({}, std::chrono::milliseconds(5000)); !found && found.error().code != Errc::cancelled) problem_(found.error().what);
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, interval, [&] { return poked_; });
    }
}

}  // namespace tplink::gateway
