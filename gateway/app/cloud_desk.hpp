#pragma once
// The vendor's cloud as the gateway sees it: the user's consent, one account, and the book of what left the house.

#include <functional>
#include <memory>
#include <mutex>

#include "gateway/config/configuration.hpp"
#include "gateway/config/state_store.hpp"
#include "protocols/kasa/cloud_account.hpp"

namespace tplink::gateway {

/// Thread-safe. Nothing leaves the network before a configuration allowed it.
class CloudDesk {
public:
    /// changed: state or book changed; called on other threads, must not block.
    CloudDesk(StateStore& store, std::function<void()> changed);

    /// Opens or shuts the gate; a changed account, server or key makes a new account.
    void configure(const Config& config);
    /// Shut for good; ends what is under way.
    void close();

    std::shared_ptr<kasa::CloudAccount> account() const;
    /// errors: those of CloudAccount::submit_code().
    Result<void> submit_code(const std::string& code);

    /// For what the user asks for by address.
    net::EgressGuard& guard() { return guard_; }

    /// {"state","since","next_try","message"}
    json::object status() const;
    /// {"allowed","why_not","refused","requests","hosts":[{"host","port","purpose","first","last","requests",...}]}
    json::object egress() const;

private:
    StateStore& store_;
    const std::function<void()> changed_;
    net::EgressGuard guard_;
    std::stop_source stop_;
    mutable std::mutex mutex_;
    kasa::CloudOptions options_;
    std::shared_ptr<kasa::CloudAccount> account_;
};

}  // namespace tplink::gateway
