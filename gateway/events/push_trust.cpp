#include "gateway/events/push_trust.hpp"

#include <algorithm>

namespace tplink::gateway {

void PushTrust::brought(std::string_view kind, WallTime now) {
    brought_.insert_or_assign(std::string(kind), now);
    last_brought_ = now;
    misses_ = 0;
}

bool PushTrust::recorded(std::string_view kind, WallTime at) {
    const auto same = brought_.find(kind);
    if (same != brought_.end() && same->second >= at - kSlack) return true;
    // Several kinds of one moment are one miss, and a kind this camera never pushes is none.
    if (last_brought_ < at - kSlack && at > last_missed_) {
        last_missed_ = at;
        misses_ = std::min(misses_ + 1, kMissesBeforeSilent);
    }
    return false;
}

}  // namespace tplink::gateway
