#pragma once
// Whether a camera's pushed events can be relied upon: held against what the camera itself has on record. Pure.

#include <map>
#include <string>
#include <string_view>

#include "protocols/base/clock.hpp"

namespace tplink::gateway {

/// Some firmware takes subscriptions and delivers nothing (source: protocols/onvif/events.md).
class PushTrust {
public:
    /// Between the record's time of an event and that of its delivery.
    static constexpr std::chrono::seconds kSlack{60};
    static constexpr int kMissesBeforeSilent = 2;  ///< one may be a notification that was lost

    /// The subscription brought something about `kind` just now: that it is noticed, or over.
    void brought(std::string_view kind, WallTime now);
    /// The camera's own record shows it. True when the subscription brought it, so that it is told already.
    bool recorded(std::string_view kind, WallTime at);
    /// The record showed events, the subscription brought nothing at all.
    bool is_silent() const { return misses_ >= kMissesBeforeSilent; }

private:
    std::map<std::string, WallTime, std::less<>> brought_;  ///< kind -> last time; kinds are few and ours
    WallTime last_brought_{}, last_missed_{};
    int misses_ = 0;
};

}  // namespace tplink::gateway
