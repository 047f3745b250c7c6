#pragma once
// What devices told of themselves before any login, kept for the next one: login version, port, generation.

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "protocols/discovery/found.hpp"

namespace tplink::gateway {

/// Thread-safe.
class Announcements {
public:
    static constexpr std::size_t kMax = 1024;  // a hostile network may invent devices

    void put(const discovery::Found& found) {
        const std::lock_guard lock(mutex_);
        if (by_mac_.size() < kMax || by_mac_.contains(found.mac)) by_mac_.insert_or_assign(found.mac, found);
    }

    /// By MAC when it is known, else by address; nothing when neither announced itself, or something else lives there now.
    std::optional<discovery::Found> find(const std::string& mac, const std::string& address) const {
        const std::lock_guard lock(mutex_);
        if (const auto at = by_mac_.find(mac); at != by_mac_.end()) return at->second;
        if (!mac.empty()) return std::nullopt;
        for (const auto& [key, found] : by_mac_)
            if (found.address == address) return found;
        return std::nullopt;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, discovery::Found> by_mac_;
};

}  // namespace tplink::gateway
