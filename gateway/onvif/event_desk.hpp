#pragma once
// Who waits for the events of one camera: pull points.

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "gateway/onvif/answers.hpp"
#include "protocols/base/random.hpp"

namespace tplink::gateway::onvif {

/// Thread-safe.
class EventDesk {
public:
    static constexpr std::size_t kPullPoints = 8, kQueued = 100;
    static constexpr std::chrono::seconds kLongestPull{20}, kLongestLife{3600};

    EventDesk(const Clock& clock, RandomBytes& random) : clock_(clock), random_(random) {}

    void happened(const Event& event);
    /// Answers the operations of the event service and of pull points; nothing for others. `pull_point`: last part of the
    /// address asked, empty for the service itself. Blocks for PullMessages until something happens or its time is over.
    Body answer(const SoapRequest& request, const std::string& pull_point, const Here& here);
    /// Nobody waits any more.
    void stop();

private:
    struct PullPoint {
        std::deque<std::string> waiting;
        SteadyTime until{};
    };
    Result<std::string> subscribe(const SoapRequest& request, const Here& here);
    Result<std::string> pull(const SoapRequest& request, const std::string& token, const Here& here);
    Result<std::string> renew(const SoapRequest& request, const std::string& token, const Here& here);
    void forget_old();  // with the mutex held

    const Clock& clock_;
    RandomBytes& random_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, PullPoint> points_;
    std::map<std::string, Event> state_;  ///< last of each kind
    bool stopped_ = false;
};

/// "PT60S", "PT1M30S", "PT1H"; nothing when it is something else.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace tplink::gateway::onvif
