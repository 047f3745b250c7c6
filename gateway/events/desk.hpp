#pragma once
// Where every source of events reports, and from where they go out: once each, steady, and off by themselves.

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/events/detections.hpp"

namespace tplink::gateway {

/// Where an event came from; an attribute of the event.
enum class EventSource { onvif, alarm_list, broadcast };
std::string_view to_string(EventSource source);

/// One new thing, for people.
struct DetectionEvent {
    std::string device, kind;
    EventSource source{};
    WallTime at{};
};

struct EventOutlets {
    std::function<void(const std::string& device, const std::string& kind, bool on)> state;
    std::function<void(const DetectionEvent& event)> happened;
};

/// Thread-safe. Outlets are called on the reporting thread (a doorbell must not wait for another) or on the desk's own.
class EventDesk {
public:
    EventDesk(EventOutlets outlets, const Clock& clock);
    ~EventDesk();

    /// Noticed, or still noticed, by a source that tells the end.
    void active(const std::string& device, std::string_view kind, EventSource source);
    void inactive(const std::string& device, std::string_view kind);
    /// A moment, by a source that tells no end. `at`: when it happened.
    void moment(const std::string& device, std::string_view kind, EventSource source, WallTime at);
    /// The device is gone: nothing of it is on any more.
    void forget(const std::string& device);

private:
    void run(const std::stop_token& stop);
    void tell(const std::string& device, const DetectionChange& change, EventSource source, WallTime at);

    const EventOutlets outlets_;
    const Clock& clock_;
    std::mutex delivery_;  // taken first: changes reach the outlets in the order in which they were made
    std::mutex mutex_;     // guards what follows
    std::condition_variable_any changed_;
    std::uint64_t version_ = 0;
    std::map<std::string, Detections> devices_;
    std::map<std::string, WallTime> rung_;  ///< last press told by a broadcast
    std::jthread thread_;
};

}  // namespace tplink::gateway
