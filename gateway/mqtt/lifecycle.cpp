#include "gateway/mqtt/lifecycle.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "gateway/mqtt/json_text.hpp"
#include "gateway/mqtt/time_text.hpp"

namespace tplink::gateway {
namespace {

constexpr std::chrono::milliseconds kLongestQuiet{2000};  // a broker full of others' messages must not hold us up

Message retained_message(std::string topic, std::string payload, Rank rank, int qos = 1) {
    return {std::move(topic), std::move(payload), true, qos, rank, false};
}

std::chrono::milliseconds random_up_to(RandomBytes& random, std::chrono::milliseconds max) {
    if (max.count() <= 0) return std::chrono::milliseconds(0);
    std::array<std::byte, 4> bytes{};
    random.fill(bytes);
    return std::chrono::milliseconds(load_be32(bytes) % (static_cast<std::uint64_t>(max.count()) + 1));
}

}  // namespace

Lifecycle::Lifecycle(const PublisherOptions& options, Broker& broker, RandomBytes& random)
    : options_(options), broker_(broker), random_(random), leftovers_(options_.topics, options_.origin.name) {}

void Lifecycle::publish(Message message) {
    if (bulk_) bulk_->push_back(std::move(message));
    else if (phase_ == Phase::open || !message.retain) broker_.publish(std::move(message));
}

void Lifecycle::connected(SteadyTime now) {
    last_walk_ = now;
    if (phase_ == Phase::waiting) {
        phase_ = Phase::listening;
        quiet_until_ = now + options_.first_quiet;
        quiet_limit_ = now + kLongestQuiet;
    }
    if (!swept_) window_until_ = now + options_.leftover_window;
}

void Lifecycle::retained(const Incoming& message, SteadyTime now) {
    if (!window_until_ || !leftovers_.take(message)) return;
    if (quiet_until_) quiet_until_ = std::min(now + options_.first_quiet, *quiet_limit_);
}

void Lifecycle::birth(SteadyTime now) {
    // Many gateways hear the same birth: each waits its own while. The first pass must also be digested by then.
    birth_at_ = std::max(now + random_up_to(random_, options_.birth_jitter_max), last_walk_ + options_.discovery_gap);
}

Lifecycle::Device& Lifecycle::device(const std::string& id) {
    return devices_.try_emplace(id, Device{.description = {}, .announcement = Announcement(id), .online = {},
                                           .state = {}, .published = {}, .state_text = {}})
        .first->second;
}

void Lifecycle::expect(std::set<std::string> ids, bool complete) {
    expected_ = std::move(ids);
    complete_ = complete;
    if (phase_ == Phase::open && !window_until_) sweep();
}

bool Lifecycle::set_device(DeviceDescription description, SteadyTime now) {
    const std::string id = description.id;
    Device& target = device(id);
    if (target.description == description) return false;  // said with every poll; building discovery costs more than the poll
    target.description = std::move(description);
    if (phase_ == Phase::open) target.announcement.adopt(leftovers_.release(id), context());
    target.announcement.set(describe(*target.description, options_.topics), now, context());
    if (phase_ != Phase::open) return true;
    announce(target, now);
    publish_availability(id, target);
    publish_state(id, target);
    return true;
}

void Lifecycle::announce(Device& target, SteadyTime now) {
    const auto due = target.announcement.due();
    if (!due || *due > now) return;
    for (Message& message : target.announcement.messages(now, context())) publish(std::move(message));
}

void Lifecycle::set_availability(const std::string& id, bool online) {
    Device& target = device(id);
    if (target.online == online) return;
    target.online = online;
    publish_availability(id, target);
}

void Lifecycle::publish_availability(const std::string& id, const Device& target) {
    if (!target.online) return;
    publish(retained_message(options_.topics.availability(id), *target.online ? "online" : "offline", Rank::availability));
}

void Lifecycle::set_state(const std::string& id, json::object state, WallTime seen) {
    Device& target = device(id);
    target.state = std::move(state);
    target.seen = seen;
    publish_state(id, target);
}

void Lifecycle::publish_state(const std::string& id, Device& target) {
    if (!target.description || !target.state || (phase_ != Phase::open && !bulk_)) return;
    json::object state = conform_state(*target.description, target.announcement.state_keys(), *target.state);
    state.erase("last_seen");
    const bool is_same = !target.state_text.empty() && state == target.published;
    if (is_same && target.seen - target.published_at < options_.last_seen_gap) return;
    target.published = state;
    target.published_at = target.seen;
    state["last_seen"] = iso_time(target.seen);
    target.state_text = to_text(std::move(state));
    publish(retained_message(options_.topics.state(id), target.state_text, Rank::state));
}

void Lifecycle::repeat_state(const std::string& id) {
    const auto it = devices_.find(id);
    if (it == devices_.end() || it->second.state_text.empty()) return;
    publish(retained_message(options_.topics.state(id), it->second.state_text, Rank::state));
}

void Lifecycle::clear_topics(const std::string& id) {
    const Topics& topics = options_.topics;
    publish(retained_message(topics.state(id), "", Rank::state));
    publish(retained_message(topics.availability(id), "", Rank::availability));
    publish(retained_message(topics.snapshot(id), "", Rank::image, 0));
    publish(retained_message(topics.detection(id), "", Rank::image, 0));
}

void Lifecycle::remove_device(const std::string& id) {
    expected_.erase(id);
    Device& target = device(id);
    if (phase_ == Phase::open) {
        target.announcement.adopt(leftovers_.release(id), context());
        for (Message& message : target.announcement.clear()) publish(std::move(message));
        clear_topics(id);
    }
    devices_.erase(id);  // before open() the sweep finds what an earlier run left
}

void Lifecycle::withdraw() {
    std::vector<std::string> ids;
    for (const auto& [id, target] : devices_) ids.push_back(id);
    for (const std::string& id : ids) remove_device(id);
    for (Message& message : bridge_.clear()) publish(std::move(message));
    for (const std::string_view leaf : {"info", "devices", "health"}) publish(retained_message(options_.topics.bridge(leaf), "", Rank::info, 0));
}

void Lifecycle::open(SteadyTime now) {
    phase_ = Phase::open;
    quiet_until_.reset();
    bulk_.emplace();
    bridge_.adopt(leftovers_.release("bridge"), context());
    bridge_.set(describe_bridge(options_.topics, options_.origin, options_.configuration_url), now, context());
    for (Message& message : bridge_.messages(now, context())) publish(std::move(message));
    for (auto& [id, target] : devices_) {
        if (!target.description) continue;
        target.announcement.adopt(leftovers_.release(id), context());
        announce(target, now);
    }
    for (const auto& [id, target] : devices_) publish_availability(id, target);
    for (auto& [id, target] : devices_) publish_state(id, target);
    publish_info();
    if (!devices_text_.empty())
        publish(retained_message(options_.topics.bridge("devices"), devices_text_, Rank::info, 0));
    publish(retained_message(options_.topics.bridge_state(), "online", Rank::online));
    last_walk_ = now;
    auto messages = std::move(*bulk_);
    bulk_.reset();
    broker_.publish_bulk(std::move(messages));
}

// Clears what belongs to devices that no longer exist, so that Home Assistant shows no ghosts.
void Lifecycle::sweep() {
    if (!complete_ && options_.discovery != DiscoveryForm::off) return;
    for (const std::string& id : leftovers_.ids()) {
        const bool exists = id == "bridge" || devices_.contains(id) || expected_.contains(id);
        if (exists && options_.discovery != DiscoveryForm::off) continue;
        Announcement ghost(id);
        ghost.adopt(leftovers_.release(id), context());
        for (Message& message : ghost.clear()) publish(std::move(message));
        if (!exists && complete_) clear_topics(id);
    }
    swept_ = true;
}

void Lifecycle::publish_info() {
    json::object info = info_;
    info["devices"] = static_cast<std::int64_t>(device_count_);
    info["problem"] = problems_.empty() ? "OFF" : "ON";
    info["problems"] = problems_;
    if (!info.contains("version")) info["version"] = options_.origin.version;  // the bridge's entities read both
    if (!info.contains("log_level")) info["log_level"] = nullptr;
    std::string text = to_text(std::move(info));
    if (text == info_text_ && !bulk_) return;
    info_text_ = text;
    publish(retained_message(options_.topics.bridge("info"), std::move(text), Rank::info, 0));
}

void Lifecycle::set_bridge_info(json::object info) {
    info_ = std::move(info);
    publish_info();
}

void Lifecycle::set_bridge_devices(json::array devices) {
    device_count_ = devices.size();
    problems_.clear();
    for (const auto& value : devices) {
        const auto* entry = value.if_object();
        const auto* error = entry != nullptr ? entry->if_contains("error") : nullptr;
        if (error == nullptr || error->is_null() || *error == "") continue;
        json::object problem{{"error", *error}};
        for (const std::string_view key : {"id", "name"})
            if (const auto* member = entry->if_contains(key)) problem[key] = *member;
        problems_.push_back(std::move(problem));
    }
    publish_info();
    std::string text = to_text(std::move(devices));
    if (text == devices_text_) return;
    devices_text_ = text;
    publish(retained_message(options_.topics.bridge("devices"), std::move(text), Rank::info, 0));
}

void Lifecycle::tick(SteadyTime now) {
    if (quiet_until_ && *quiet_until_ <= now) open(now);
    if (phase_ != Phase::open) return;
    if (window_until_ && *window_until_ <= now) {
        window_until_.reset();
        for (const Subscription& subscription : options_.topics.leftover_subscriptions())
            broker_.unsubscribe(subscription.filter);
        sweep();
    }
    if (const auto due = bridge_.due(); due && *due <= now)
        for (Message& message : bridge_.messages(now, context())) publish(std::move(message));
    for (auto& [id, target] : devices_) announce(target, now);
    if (birth_at_ && *birth_at_ <= now) {
        birth_at_.reset();
        last_walk_ = now;
        publish(retained_message(options_.topics.bridge_state(), "online", Rank::online));
        broker_.republish();
    }
}

std::optional<SteadyTime> Lifecycle::deadline() const {
    std::optional<SteadyTime> earliest;
    const auto consider = [&](const std::optional<SteadyTime>& time) {
        if (time && (!earliest || *time < *earliest)) earliest = time;
    };
    consider(quiet_until_);
    if (phase_ != Phase::open) return earliest;
    consider(window_until_);
    consider(birth_at_);
    consider(bridge_.due());
    for (const auto& [id, target] : devices_) consider(target.announcement.due());
    return earliest;
}

}  // namespace tplink::gateway
