#include "gateway/mqtt/announcement.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace tplink::gateway {
namespace {

Rank rank_for(const std::string& device_id) {
    return device_id == "bridge" ? Rank::bridge_discovery : Rank::discovery;
}

Message retained(std::string topic, std::string payload, Rank rank) {
    return {std::move(topic), std::move(payload), true, 1, rank, false};
}

// Enough to tell whether a message has changed; the messages themselves are kept by the broker's outbox.
std::uint64_t digest_of(std::string_view payload) { return std::hash<std::string_view>{}(payload) | 1U; }

}  // namespace

void Announcement::adopt(const Leftovers& leftovers, const AnnounceContext& context) {
    const std::string device_topic = context.topics.device_discovery(device_id_);
    if (leftovers.device_components) {
        if (context.form == DiscoveryForm::device) {
            components_ = *leftovers.device_components;
            digests_.emplace(device_topic, kByAnEarlierRun);
        } else {
            old_topics_.insert(device_topic);
        }
    }
    for (const auto& topic : leftovers.component_topics) {
        if (context.form == DiscoveryForm::component) digests_.emplace(topic, kByAnEarlierRun);
        else old_topics_.insert(topic);
    }
}

void Announcement::set(Discovery discovery, SteadyTime now, const AnnounceContext& context) {
    discovery_ = std::move(discovery);
    due_ = last_ ? std::max(now, *last_ + context.gap) : now;
}

std::vector<Message> Announcement::messages(SteadyTime now, const AnnounceContext& context) {
    due_.reset();
    std::vector<Message> out;
    if (context.form == DiscoveryForm::off) {
        finish_migration(out);
        return out;
    }
    if (migrating_) finish_migration(out);
    else out = begin_migration();
    auto form = context.form == DiscoveryForm::device ? device_form(context) : component_form(context);
    std::move(form.begin(), form.end(), std::back_inserter(out));
    if (!out.empty()) last_ = now;
    if (due_ || migrating_) due_ = now + context.gap;
    else forget_components();
    return out;
}

// They are tens of kilobytes for each device, and nobody asks for them before set() brings new ones.
void Announcement::forget_components() {
    discovery_.device = {};
    discovery_.availability = {};
    discovery_.components = {};
}

// Home Assistant's three steps: mark the old messages, publish the new, empty the old. Ids and history stay.
std::vector<Message> Announcement::begin_migration() {
    std::vector<Message> out;
    for (const auto& topic : old_topics_)
        out.push_back(retained(topic, R"({"migrate_discovery": true})", rank_for(device_id_)));
    migrating_ = !old_topics_.empty();
    return out;
}

void Announcement::finish_migration(std::vector<Message>& out) {
    for (const auto& topic : old_topics_) out.push_back(retained(topic, "", rank_for(device_id_)));
    old_topics_.clear();
    migrating_ = false;
}

std::vector<Message> Announcement::device_form(const AnnounceContext& context) {
    std::map<std::string, std::string> current;
    for (const Entity& entity : discovery_.components) current.emplace(entity.id, entity.platform);
    std::map<std::string, std::string> removed;
    for (const auto& [id, platform] : components_) {
        const auto it = current.find(id);
        if (it == current.end() || it->second != platform) removed.emplace(id, platform);
    }
    Discovery now_possible = discovery_;
    std::erase_if(now_possible.components, [&](const Entity& entity) { return removed.contains(entity.id); });
    for (const auto& [id, platform] : removed) current.erase(id);

    Message message = device_message(now_possible, removed, context.topics, context.origin);
    components_ = std::move(current);
    // Leaving an entity out does not remove it: first its empty form, later the message without it.
    if (!removed.empty()) due_ = SteadyTime{};
    std::uint64_t& last = digests_[message.topic];
    const std::uint64_t now = digest_of(message.payload);
    if (std::exchange(last, now) == now) return {};
    return {std::move(message)};
}

std::vector<Message> Announcement::component_form(const AnnounceContext& context) {
    std::vector<Message> out;
    std::map<std::string, std::uint64_t> current;
    for (Message& message : component_messages(discovery_, context.topics, context.origin)) {
        const auto it = digests_.find(message.topic);
        const std::uint64_t digest = digest_of(message.payload);
        const bool is_same = it != digests_.end() && it->second == digest;
        current.emplace(message.topic, digest);
        if (!is_same) out.push_back(std::move(message));
    }
    for (const auto& [topic, digest] : digests_)
        if (!current.contains(topic)) out.push_back(retained(topic, "", rank_for(device_id_)));
    digests_ = std::move(current);
    return out;
}

std::vector<Message> Announcement::clear() {
    std::vector<Message> out;
    finish_migration(out);
    for (const auto& [topic, digest] : digests_) out.push_back(retained(topic, "", rank_for(device_id_)));
    digests_.clear();
    components_.clear();
    due_.reset();
    return out;
}

}  // namespace tplink::gateway
