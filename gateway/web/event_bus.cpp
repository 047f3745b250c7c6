#include "gateway/web/event_bus.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace tplink::gateway {

namespace {

std::shared_ptr<const std::string> make_frame(std::string_view event, const boost::json::object& data) {
    std::string frame("event: ");
    frame.append(event).append("\ndata: ").append(boost::json::serialize(data)).append("\n\n");
    return std::make_shared<const std::string>(std::move(frame));
}

} // namespace

void EventBus::Subscription::push(const std::shared_ptr<const std::string>& frame) {
    {
        const std::lock_guard lock(mutex_);
        if (cut_off_) return;
        queued_bytes_ += frame->size();
        if (queued_bytes_ > kMaxQueuedBytes) {
            cut_off_ = true;
            queue_.clear();
        } else {
            queue_.push_back(frame);
        }
    }
    arrived_.notify_one();
}

EventBus::Subscription::Next EventBus::Subscription::next(const std::stop_token& stop,
                                                          std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, stop, patience, [this] { return cut_off_ || !queue_.empty(); });
    if (cut_off_ || stop.stop_requested()) return {Outcome::ended, nullptr};
    if (queue_.empty()) return {Outcome::idle, nullptr};
    Next next{Outcome::event, std::move(queue_.front())};
    queue_.pop_front();
    queued_bytes_ -= next.frame->size();
    return next;
}

void EventBus::publish(std::string_view event, const boost::json::object& data) {
    {
        const std::lock_guard lock(mutex_);
        if (readers_.empty() && event != "log" && event != "detection") return; // no page is open: nothing to write down
    }
    const auto frame = make_frame(event, data);
    const std::lock_guard lock(mutex_);
    if (event == "log") {
        log_.push_back(frame);
        if (log_.size() > kLogLinesKept) log_.pop_front();
    }
    if (event == "detection") {
        detections_.push_back(frame);
        if (detections_.size() > kDetectionsKept) detections_.pop_front();
    }
    std::erase_if(readers_, [&](const std::weak_ptr<Subscription>& reader) {
        const auto subscription = reader.lock();
        if (subscription) subscription->push(frame);
        return !subscription;
    });
}

std::shared_ptr<EventBus::Subscription> EventBus::subscribe(std::size_t log_lines) {
    auto subscription = std::make_shared<Subscription>();
    const std::lock_guard lock(mutex_);
    const std::size_t first = log_.size() - std::min(log_.size(), log_lines);
    for (std::size_t i = first; i < log_.size(); ++i) subscription->push(log_[i]);
    if (log_lines > 0)
        for (const auto& frame : detections_) subscription->push(frame);
    readers_.push_back(subscription);
    return subscription;
}

std::vector<std::string> EventBus::log_lines() const {
    constexpr std::string_view kData = "\ndata: ";
    std::vector<std::string> lines;
    const std::lock_guard lock(mutex_);
    for (const auto& frame : log_) {
        const auto begin = frame->find(kData) + kData.size();
        lines.push_back(frame->substr(begin, frame->find('\n', begin) - begin));
    }
    return lines;
}

std::size_t EventBus::readers() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(readers_.begin(), readers_.end(),
                                                  [](const auto& reader) { return !reader.expired(); }));
}

} // namespace tplink::gateway
