#include "gateway/events/detections.hpp"

#include <algorithm>

namespace tplink::gateway {

/// exact: `until` counts; else what is on longer stays on longer.
std::optional<DetectionChange> Detections::raise(std::string_view kind, SteadyTime now, SteadyTime until, bool exact) {
    const auto at = off_at_.find(kind);
    if (at == off_at_.end() || at->second <= now) {
        off_at_[std::string(kind)] = until;
        return DetectionChange{std::string(kind), true};
    }
    at->second = exact ? until : std::max(at->second, until);
    return std::nullopt;
}

void Detections::inactive(std::string_view kind, SteadyTime now) {
    const auto at = off_at_.find(kind);
    if (at != off_at_.end()) at->second = std::min(at->second, now + kHold);
}

std::vector<DetectionChange> Detections::due(SteadyTime now) {
    std::vector<DetectionChange> out;
    for (auto at = off_at_.begin(); at != off_at_.end();) {
        if (at->second > now) {
            ++at;
            continue;
        }
        out.push_back({at->first, false});
        at = off_at_.erase(at);
    }
    return out;
}

std::optional<SteadyTime> Detections::next() const {
    std::optional<SteadyTime> first;
    for (const auto& [kind, time] : off_at_)
        if (!first || time < *first) first = time;
    return first;
}

}  // namespace tplink::gateway
