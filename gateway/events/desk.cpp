#include "gateway/events/desk.hpp"

#include <cstdlib>

namespace tplink::gateway {
namespace {

constexpr std::chrono::seconds kPressLength{2};
constexpr std::chrono::seconds kAlarmLength{30};  // a list is asked every 10 s; what goes on appears again
constexpr std::chrono::seconds kSamePress{60};    // the list tells a press long after the broadcast did

}  // namespace

std::string_view to_string(EventSource source) {
    switch (source) {
    case EventSource::onvif: return "onvif";
    case EventSource::alarm_list: return "alarm_list";
    case EventSource::broadcast: return "broadcast";
    }
    return "";
}

EventDesk::EventDesk(EventOutlets outlets, const Clock& clock)
    : outlets_(std::move(outlets)), clock_(clock), thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventDesk::~EventDesk() = default;

void EventDesk::active(const std::string& device, std::string_view kind, EventSource source) {
    const std::lock_guard order(delivery_);
    std::optional<DetectionChange> change;
    {
        const std::lock_guard lock(mutex_);
        change = devices_[device].active(kind, clock_.now());
        ++version_;
    }
    changed_.notify_all();
    if (change) tell(device, *change, source, clock_.wall());
}

void EventDesk::inactive(const std::string& device, std::string_view kind) {
    {
        const std::lock_guard lock(mutex_);
        devices_[device].inactive(kind, clock_.now());
        ++version_;
    }
    changed_.notify_all();
}

void EventDesk::moment(const std::string& device, std::string_view kind, EventSource source, WallTime at) {
    const bool press = kind == "ring";
    const std::lock_guard order(delivery_);
    std::optional<DetectionChange> change;
    {
        const std::lock_guard lock(mutex_);
        const auto rung = rung_.find(device);
        if (press && source == EventSource::alarm_list && rung != rung_.end() && std::chrono::abs(at - rung->second) < kSamePress) return;
        change = devices_[device].pulse(kind, clock_.now(), press ? kPressLength : kAlarmLength);
        if (press && change && source == EventSource::broadcast) rung_[device] = at;
        ++version_;
    }
    changed_.notify_all();
    if (change) tell(device, *change, source, at);
}

void EventDesk::forget(const std::string& device) {
    const std::lock_guard lock(mutex_);
    devices_.erase(device);
    rung_.erase(device);
}

/// The event first: it is what a doorbell is waited for.
void EventDesk::tell(const std::string& device, const DetectionChange& change, EventSource source, WallTime at) {
    if (outlets_.happened) outlets_.happened({device, change.kind, source, at});
    if (outlets_.state) outlets_.state(device, change.kind, true);
}

void EventDesk::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(mutex_);
            std::optional<SteadyTime> next;
            for (const auto& [device, detections] : devices_)
                if (const auto due = detections.next(); due && (!next || *due < *next)) next = due;
            const auto pause = next ? *next - clock_.now() : SteadyTime::duration(std::chrono::hours(1));
            const auto news = [&, before = version_] { return version_ != before; };
            if (pause > SteadyTime::duration::zero() && changed_.wait_for(lock, stop, pause, news)) continue;
        }
        const std::lock_guard order(delivery_);
        std::vector<std::pair<std::string, DetectionChange>> over;
        {
            const std::lock_guard lock(mutex_);
            for (auto& [device, detections] : devices_)
                for (DetectionChange& change : detections.due(clock_.now())) over.emplace_back(device, std::move(change));
        }
        for (const auto& [device, change] : over)
            if (outlets_.state) outlets_.state(device, change.kind, false);
    }
}

}  // namespace tplink::gateway
