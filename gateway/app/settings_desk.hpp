#pragma once
// The configuration as it is now: the file, what page and MQTT changed on top of it, the environment above all.

#include <boost/json/object.hpp>

#include "gateway/config/settings.hpp"
#include "gateway/config/state_store.hpp"

namespace tplink::gateway {

/// Thread-safe.
class SettingsDesk {
public:
    SettingsDesk(StateStore& store, std::string file, Environment environment)
        : store_(store), file_(std::move(file)), environment_(std::move(environment)) {}

    LoadedConfig load() const { return load_with(overlay(), file_, environment_); }
    /// First fault of what load() would give; empty: usable.
    std::string fault() const;
    /// Keeps the change. Faults: nothing was changed.
    std::vector<ConfigFault> change(const boost::json::object& wanted);
    boost::json::object describe() const { return describe_settings(load().config, overlay(), environment_); }

private:
    Overlay overlay() const;

    StateStore& store_;
    const std::string file_;
    const Environment environment_;
};

}  // namespace tplink::gateway
