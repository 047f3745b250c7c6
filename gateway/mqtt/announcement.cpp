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
    list_state_keys();
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
    auto form = context.form == DiscoveryForm::device ? device_form(now, context) : component_form(now, context);
    std::move(form.begin(), form.end(), std::back_inserter(out));
    if (!out.empty()) last_ = now;
    if (due_ || migrating_) due_ = now + context.gap;
    std::erase_if(missing_since_, [&](const auto& entry) { return !components_.contains(entry.first) && !digests_.contains(entry.first); });
    for (const auto& [what, since] : missing_since_) due_ = std::min(due_.value_or(SteadyTime::max()), std::max(since + context.patience, now + context.gap));
    list_state_keys();
    if (!due_) forget_components();
    return out;
}

// They are tens of kilobytes for each device, and nobody asks for them before set() brings new ones.
void Announcement::forget_components() {
    discovery_.device = {};
    discovery_.availability = {};
    discovery_.components = {};
    discovery_.state_keys = {};  // state_keys_ stays
}

bool Announcement::is_excluded(const std::string& component) const {
    return std::find(discovery_.excluded.begin(), discovery_.excluded.end(), component) != discovery_.excluded.end();
}

bool Announcement::may_return(const std::string& component, SteadyTime now, const AnnounceContext& context) {
    const auto since = missing_since_.try_emplace(component, now).first;
    if (now < since->second + context.patience) return true;
    missing_since_.erase(since);
    return false;
}

// An entity whose key is missing fills Home Assistant's log with every message.
void Announcement::list_state_keys() {
    state_keys_ = discovery_.state_keys;
    for (const auto& [id, platform] : components_) {
        if (platform == "button" || platform == "camera" || platform == "image" || platform == "event" || platform == "device_automation") continue;
        const bool stays = std::any_of(discovery_.components.begin(), discovery_.components.end(), [name = std::string_view(id)](const Entity& entity) { return entity.id == name; });
        if (!stays && !is_excluded(id)) state_keys_.push_back(id);
    }
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

std::vector<Message> Announcement::device_form(SteadyTime now, const AnnounceContext& context) {
    std::map<std::string, std::string> current;
    for (const Entity& entity : discovery_.components) current.emplace(entity.id, entity.platform);
    for (const auto& [id, platform] : current) missing_since_.erase(id);
    std::map<std::string, std::string> removed, waiting;
    for (const auto& [id, platform] : components_) {
        const auto it = current.find(id);
        if (it == current.end() && !is_excluded(id) && may_return(id, now, context)) waiting.emplace(id, platform);
        else if (it == current.end() || it->second != platform) removed.emplace(id, platform);
    }
    Discovery now_possible = discovery_;
    std::erase_if(now_possible.components, [&](const Entity& entity) { return removed.contains(entity.id); });
    for (const auto& [id, platform] : removed) {
        current.erase(id);
        missing_since_.erase(id);
    }

    Message message = device_message(now_possible, removed, context.topics, context.origin);
    components_ = std::move(current);
    components_.merge(waiting);
    // Leaving an entity out does not remove it: first its empty form, later the message without it.
    if (!removed.empty()) due_ = SteadyTime{};
    std::uint64_t& last = digests_[message.topic];
    const std::uint64_t digest = digest_of(message.payload);
    if (std::exchange(last, digest) == digest) return {};
    return {std::move(message)};
}

std::vector<Message> Announcement::component_form(SteadyTime now, const AnnounceContext& context) {
    std::vector<Message> out;
    std::map<std::string, std::uint64_t> current;
    for (Message& message : component_messages(discovery_, context.topics, context.origin)) {
        const auto it = digests_.find(message.topic);
        const std::uint64_t digest = digest_of(message.payload);
        const bool is_same = it != digests_.end() && it->second == digest;
        current.emplace(message.topic, digest);
        if (!is_same) out.push_back(std::move(message));
    }
    for (const auto& [topic, digest] : current) missing_since_.erase(topic);
    for (const auto& [topic, digest] : digests_) {
        if (current.contains(topic)) continue;
        const auto parts = context.topics.parse_leftover(topic);
        const bool moved = parts && std::any_of(discovery_.components.begin(), discovery_.components.end(), [&](const Entity& entity) { return entity.id == parts->component; });
        if (parts && !moved && !is_excluded(parts->component) && may_return(topic, now, context)) current.emplace(topic, digest);
        else out.push_back(retained(topic, "", rank_for(device_id_)));
    }
    digests_ = std::move(current);
    return out;
}

std::vector<Message> Announcement::clear() {
    std::vector<Message> out;
    finish_migration(out);
    for (const auto& [topic, digest] : digests_) out.push_back(retained(topic, "", rank_for(device_id_)));
    digests_.clear();
    components_.clear();
    missing_since_.clear();
    due_.reset();
    return out;
}

}  // namespace tplink::gateway
