#include "gateway/onvif/event_desk.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <fmt/format.h>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway::onvif {
namespace {

struct Topic {
    std::string_view kind, topic, item;
};
constexpr std::array kTopics = {
    Topic{"motion", "tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion"}, Topic{"person", "tns1:RuleEngine/MyRuleDetector/PeopleDetect", "State"},
    Topic{"vehicle", "tns1:RuleEngine/MyRuleDetector/VehicleDetect", "State"}, Topic{"pet", "tns1:RuleEngine/MyRuleDetector/DogCatDetect", "State"},
    Topic{"ring", "tns1:RuleEngine/MyRuleDetector/Visitor", "State"}};

std::string stamp(WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

const Topic* topic_of(std::string_view kind) {
    const auto at = std::find_if(kTopics.begin(), kTopics.end(), [&](const Topic& topic) { return topic.kind == kind; });
    return at == kTopics.end() ? nullptr : &*at;
}

std::string message(const Event& event, std::string_view operation) {
    const Topic& topic = *topic_of(event.kind);
    return fmt::format("<wsnt:NotificationMessage><wsnt:Topic Dialect=\"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\">{}</wsnt:Topic><wsnt:Message><tt:Message UtcTime=\"{}\" PropertyOperation=\"{}\">"
                       "<tt:Source><tt:SimpleItem Name=\"VideoSourceConfigurationToken\" Value=\"source\"/><tt:SimpleItem Name=\"VideoAnalyticsConfigurationToken\" Value=\"analytics\"/><tt:SimpleItem Name=\"Rule\" Value=\"rule\"/></tt:Source>"
                       "<tt:Data><tt:SimpleItem Name=\"{}\" Value=\"{}\"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>",
                       topic.topic, stamp(event.time), operation, topic.item, event.active ? "true" : "false");
}

std::string properties() {
    std::string topics;
    for (const Topic& topic : kTopics) {
        const std::string_view rest = topic.topic.substr(topic.topic.find('/') + 1);  // "CellMotionDetector/Motion"
        const std::string_view outer = rest.substr(0, rest.find('/')), inner = rest.substr(rest.find('/') + 1);
        topics += fmt::format("<{0}><{1} wstop:topic=\"true\"><tt:MessageDescription IsProperty=\"true\"><tt:Data><tt:SimpleItemDescription Name=\"{2}\" Type=\"xs:boolean\"/></tt:Data></tt:MessageDescription></{1}></{0}>", outer, inner, topic.item);
    }
    return "<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation><wsnt:FixedTopicSet>true</wsnt:FixedTopicSet>"
           "<wstop:TopicSet><tns1:RuleEngine wstop:topic=\"false\">" + topics + "</tns1:RuleEngine></wstop:TopicSet>"
           "<wsnt:TopicExpressionDialect>http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet</wsnt:TopicExpressionDialect></tev:GetEventPropertiesResponse>";
}

std::string times(WallTime now, std::chrono::seconds life) {
    return fmt::format("<wsnt:CurrentTime>{}</wsnt:CurrentTime><wsnt:TerminationTime>{}</wsnt:TerminationTime>", stamp(now), stamp(now + life));
}

constexpr std::chrono::seconds kUsualLife{60};

std::chrono::seconds life_of(const SoapRequest& request, std::string_view word) {
    return std::clamp(parse_duration(request.text(word)).value_or(kUsualLife), std::chrono::seconds(10), std::chrono::seconds(EventDesk::kLongestLife));
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    if (!text.starts_with("PT") || text.size() > 20) return std::nullopt;
    text.remove_prefix(2);
    long total = 0;
    while (!text.empty()) {
        double value = 0;
        const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (ec != std::errc{} || end == text.data() + text.size() || value < 0 || value > 1e6) return std::nullopt;
        const char unit = *end;
        const long scale = unit == 'H' ? 3600 : unit == 'M' ? 60 : unit == 'S' ? 1 : 0;
        if (scale == 0) return std::nullopt;
        total += static_cast<long>(value * static_cast<double>(scale));
        text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    }
    return std::chrono::seconds(total);
}

void EventDesk::forget_old() {
    std::erase_if(points_, [&](const auto& item) { return item.second.until < clock_.now(); });
}

void EventDesk::happened(const Event& event) {
    if (topic_of(event.kind) == nullptr) return;
    {
        const std::lock_guard lock(mutex_);
        forget_old();
        state_[event.kind] = event;
        for (auto& [token, point] : points_) {
            point.waiting.push_back(message(event, "Changed"));
            if (point.waiting.size() > kQueued) point.waiting.pop_front();
        }
    }
    changed_.notify_all();
}

void EventDesk::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
}

Result<std::string> EventDesk::subscribe(const SoapRequest& request, const Here& here) {
    const auto life = life_of(request, "InitialTerminationTime");
    const std::lock_guard lock(mutex_);
    forget_old();
    if (points_.size() >= kPullPoints) return fail(Errc::refused, "there are 8 subscriptions already");
    const std::string token = hex_lower(random_.bytes(8));
    PullPoint& point = points_[token];
    point.until = clock_.now() + life;
    for (const auto& [kind, event] : state_) point.waiting.push_back(message(event, "Initialized"));
    return "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa5:Address>" + here.address("events/" + token) + "</wsa5:Address></tev:SubscriptionReference>" +
           times(here.now, life) + "</tev:CreatePullPointSubscriptionResponse>";
}

Result<std::string> EventDesk::pull(const SoapRequest& request, const std::string& token, const Here& here) {
    const auto patience = std::min(parse_duration(request.text("Timeout")).value_or(std::chrono::seconds(5)), std::chrono::seconds(kLongestPull));
    std::size_t limit = 10;
    const std::string wanted = request.text("MessageLimit");
    std::from_chars(wanted.data(), wanted.data() + wanted.size(), limit);
    limit = std::clamp<std::size_t>(limit, 1, kQueued);
    std::unique_lock lock(mutex_);
    const auto due = [&] {
        const auto at = points_.find(token);
        return stopped_ || at == points_.end() || !at->second.waiting.empty();
    };
    if (const auto at = points_.find(token); at != points_.end()) at->second.until = std::max(at->second.until, clock_.now() + patience + kUsualLife);
    changed_.wait_for(lock, patience, due);
    const auto at = points_.find(token);
    if (at == points_.end()) return fail(Errc::refused, "there is no such subscription");
    std::string messages;
    for (std::size_t i = 0; i < limit && !at->second.waiting.empty(); ++i) {
        messages += at->second.waiting.front();
        at->second.waiting.pop_front();
    }
    const std::string now = stamp(clock_.wall());
    return fmt::format("<tev:PullMessagesResponse><tev:CurrentTime>{}</tev:CurrentTime><tev:TerminationTime>{}</tev:TerminationTime>{}</tev:PullMessagesResponse>", now, stamp(here.now + kUsualLife), messages);
}

Result<std::string> EventDesk::renew(const SoapRequest& request, const std::string& token, const Here& here) {
    const auto life = life_of(request, "TerminationTime");
    const std::lock_guard lock(mutex_);
    const auto at = points_.find(token);
    if (at == points_.end()) return fail(Errc::refused, "there is no such subscription");
    at->second.until = clock_.now() + life;
    return "<wsnt:RenewResponse>" + times(here.now, life) + "</wsnt:RenewResponse>";
}

Body EventDesk::answer(const SoapRequest& request, const std::string& pull_point, const Here& here) {
    const std::string& operation = request.operation;
    if (operation == "GetEventProperties") return Result<std::string>(properties());
    if (operation == "CreatePullPointSubscription") return subscribe(request, here);
    if (operation == "PullMessages") return pull(request, pull_point, here);
    if (operation == "Renew") return renew(request, pull_point, here);
    if (operation == "SetSynchronizationPoint") {
        const std::lock_guard lock(mutex_);
        if (const auto at = points_.find(pull_point); at != points_.end())
            for (const auto& [kind, event] : state_) at->second.waiting.push_back(message(event, "Initialized"));
        return Result<std::string>("<tev:SetSynchronizationPointResponse/>");
    }
    if (operation == "Unsubscribe") {
        {
            const std::lock_guard lock(mutex_);
            points_.erase(pull_point);
        }
        changed_.notify_all();
        return Result<std::string>("<wsnt:UnsubscribeResponse/>");
    }
    return std::nullopt;
}

}  // namespace tplink::gateway::onvif
