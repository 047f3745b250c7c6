#pragma once
// What happens, told to everybody who watches: the source of GET /api/events.

#include <boost/json/object.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace tplink::gateway {

/// Thread-safe. publish() never blocks on a slow reader: a reader that falls too far behind is cut off and
/// starts again with a fresh GET /api/devices.
class EventBus {
public:
    static constexpr std::size_t kMaxQueuedBytes =
        2 << 20; ///< per reader; the state of 1000 devices is about 1 MB
    static constexpr std::size_t kLogLinesKept = 300, kDetectionsKept = 100;

    /// One reader. Ends when it fell behind or the stop token asks for it.
    class Subscription {
    public:
        enum class Outcome { event, idle, ended };
        struct Next {
            Outcome outcome = Outcome::idle;
            std::shared_ptr<const std::string> frame; ///< ready for the wire: "event: x\ndata: {...}\n\n"
        };
        /// Waits for the next event; idle after `patience` without one.
        Next next(const std::stop_token& stop, std::chrono::milliseconds patience);

    private:
        friend class EventBus;
        void push(const std::shared_ptr<const std::string>& frame);

        std::mutex mutex_;
        std::condition_variable_any arrived_;
        std::deque<std::shared_ptr<const std::string>> queue_;
        std::size_t queued_bytes_ = 0;
        bool cut_off_ = false;
    };

    /// `event`: state | device | removed | result | stream | detection | probe | log. Lines of `log` and
    /// detections are kept for later readers.
    void publish(std::string_view event, const boost::json::object& data);
    /// `log_lines`: how many of the last log lines come first; the kept detections too when it is not 0.
    std::shared_ptr<Subscription> subscribe(std::size_t log_lines = 0);
    std::size_t readers() const;
    /// The last lines of the log as JSON texts, oldest first.
    std::vector<std::string> log_lines() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::weak_ptr<Subscription>> readers_;
    std::deque<std::shared_ptr<const std::string>> log_, detections_;
};

} // namespace tplink::gateway
