#pragma once
// Energy totals that must survive a restart: device id -> what EnergyTotal keeps.

#include <boost/json/object.hpp>
#include <mutex>
#include <string>

namespace tplink::gateway {

/// Thread-safe. A file of its own, because it changes all the time and state.json hardly ever.
class EnergyLedger {
public:
    /// directory: state_dir; empty: nothing is kept.
    explicit EnergyLedger(std::string directory);
    ~EnergyLedger() { flush(); }

    boost::json::value find(const std::string& id) const;
    void put(const std::string& id, boost::json::object total);
    void remove(const std::string& id);
    /// Writes what changed since the last time. False: it could not be written.
    bool flush();

private:
    const std::string path_;
    mutable std::mutex mutex_;
    boost::json::object totals_;
    bool dirty_ = false;
};

}  // namespace tplink::gateway
