#include "gateway/mqtt/leftovers.hpp"

#include <boost/json/parse.hpp>

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxDevices = 4096;
constexpr std::size_t kMaxTopicsPerDevice = 256;
constexpr std::size_t kMaxPayloadBytes = 256u << 10;

std::string_view text_at(const json::value& value, std::string_view key) {
    const auto* object = value.if_object();
    const auto* member = object != nullptr ? object->if_contains(key) : nullptr;
    return member != nullptr && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
}

const json::value* member_of(const json::object& object, std::string_view key, std::string_view short_key) {
    const auto* member = object.if_contains(key);
    return member != nullptr ? member : object.if_contains(short_key);
}

// The availability list names the gateway: its own state topic stands in every message it ever sent.
bool lists_topic(const json::object& message, std::string_view topic) {
    const auto* list = member_of(message, "availability", "avty");
    if (list == nullptr || !list->is_array()) return false;
    for (const auto& entry : list->get_array())
        if (text_at(entry, "topic") == topic || text_at(entry, "t") == topic) return true;
    return false;
}

}  // namespace

bool LeftoverCollector::is_ours(std::string_view payload, std::map<std::string, std::string>& components) const {
    if (payload.size() > kMaxPayloadBytes) return false;
    json::error_code ec;
    const json::value value = json::parse(payload, ec);
    if (ec || !value.is_object()) return false;
    const json::object& message = value.get_object();
    // Our own mark from a migration that was cut short; its topic already says that it is ours.
    if (message.size() == 1 && message.contains("migrate_discovery")) return true;
    const auto* origin = member_of(message, "origin", "o");
    if (origin == nullptr || text_at(*origin, "name") != origin_name_) return false;
    if (!lists_topic(message, topics_.bridge_state()) && message.contains("availability")) return false;
    const auto* list = member_of(message, "components", "cmps");
    if (list == nullptr || !list->is_object()) return true;
    for (const auto& [id, component] : list->get_object()) {
        const std::string_view platform = text_at(component, "platform");
        if (!platform.empty() && components.size() < kMaxTopicsPerDevice)
            components.emplace(std::string(id), std::string(platform));
    }
    return true;
}

bool LeftoverCollector::take(const Incoming& message) {
    if (message.payload.empty()) return false;
    const auto leftover = topics_.parse_leftover(message.topic);
    if (!leftover || (found_.size() >= kMaxDevices && !found_.contains(leftover->id))) return false;
    using What = Topics::Leftover::Kind;
    std::map<std::string, std::string> components;
    if (leftover->kind != What::state && !is_ours(message.payload, components)) return false;
    Leftovers& found = found_[leftover->id];
    if (leftover->kind == What::device_discovery) found.device_components = std::move(components);
    if (leftover->kind == What::state) found.state = true;
    if (leftover->kind == What::component_discovery && found.component_topics.size() < kMaxTopicsPerDevice)
        found.component_topics.insert(message.topic);
    return true;
}

Leftovers LeftoverCollector::release(const std::string& id) {
    const auto node = found_.extract(id);
    return node.empty() ? Leftovers{} : std::move(node.mapped());
}

std::vector<std::string> LeftoverCollector::ids() const {
    std::vector<std::string> out;
    for (const auto& [id, leftovers] : found_) out.push_back(id);
    return out;
}

}  // namespace tplink::gateway
