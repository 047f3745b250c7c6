#include "gateway/mqtt/topics.hpp"

#include <algorithm>
#include <array>

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxTopicBytes = 512;     // ours are far below; anything longer is not for us
constexpr std::size_t kMaxPropertyChars = 64;
constexpr std::size_t kMaxWhatChars = 64;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(std::string_view text, std::string_view also, std::size_t max) {
    return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), [&](char c) {
        return is_lower_or_digit(c) || also.find(c) != std::string_view::npos;
    });
}

// Discovery ids may hold a-z A-Z 0-9 _ - only, or Home Assistant drops the message.
std::string node_of(std::string_view base) {
    std::string node(base);
    for (char& c : node) {
        const bool allowed = is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
        if (!allowed) c = '_';
    }
    return node;
}

// The text between `prefix` + '/' and the end; nothing when `topic` lies elsewhere.
std::optional<std::string_view> below(std::string_view topic, std::string_view prefix) {
    if (topic.size() <= prefix.size() + 1 || !topic.starts_with(prefix) || topic[prefix.size()] != '/') return {};
    return topic.substr(prefix.size() + 1);
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto slash = text.find('/');
        parts.push_back(text.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        text.remove_prefix(slash + 1);
    }
}

}  // namespace

bool is_device_id(std::string_view text) {
    constexpr std::size_t kMacDigits = 12;
    if (text.size() < kMacDigits || !std::all_of(text.begin(), text.begin() + kMacDigits, is_hex)) return false;
    const std::string_view child = text.substr(kMacDigits);
    if (child.empty()) return true;
    return child.size() >= 2 && child.size() <= 4 && child[0] == '_' && child[1] != '0' &&
           std::all_of(child.begin() + 1, child.end(), is_digit);
}

Topics::Topics(std::string base, std::string prefix)
    : base_(std::move(base)), prefix_(std::move(prefix)), node_(node_of(base_)) {}

std::string Topics::bridge(std::string_view leaf) const { return device("bridge", leaf); }

std::string Topics::bridge_request(std::string_view what) const {
    return device("bridge", "request/" + std::string(what));
}

std::string Topics::bridge_response(std::string_view what) const {
    return device("bridge", "response/" + std::string(what));
}

std::string Topics::device(std::string_view id, std::string_view leaf) const {
    std::string topic;
    topic.reserve(base_.size() + id.size() + leaf.size() + 2);
    return topic.append(base_).append("/").append(id).append("/").append(leaf);
}

std::string Topics::command(std::string_view id, std::string_view property) const {
    return device(id, std::string(property) + "/set");
}

std::string Topics::unique_id(std::string_view id) const { return node_ + "_" + std::string(id); }

std::string Topics::device_discovery(std::string_view id) const {
    return prefix_ + "/device/" + unique_id(id) + "/config";
}

std::string Topics::component_discovery(std::string_view platform, std::string_view id,
                                        std::string_view component) const {
    return prefix_ + "/" + std::string(platform) + "/" + unique_id(id) + "/" + std::string(component) + "/config";
}

std::vector<Subscription> Topics::subscriptions() const {
    return {{base_ + "/+/+/set", 1, true},
            {base_ + "/+/set", 1, true},
            {base_ + "/+/get", 0, true},
            {base_ + "/bridge/request/#", 1, true},
            {ha_status(), 1, true}};
}

std::vector<Subscription> Topics::leftover_subscriptions() const {
    return {{prefix_ + "/device/+/config", 1, false},
            {prefix_ + "/+/+/+/config", 1, false},
            {base_ + "/+/availability", 1, false},
            {base_ + "/+/state", 1, false}};
}

std::optional<ParsedTopic> Topics::parse(std::string_view topic) const {
    if (topic.size() > kMaxTopicBytes) return {};
    if (topic == ha_status()) return HaStatus{};
    const auto rest = below(topic, base_);
    if (!rest) return {};
    if (const auto what = below(*rest, "bridge/request"); what && is_word(*what, "_/", kMaxWhatChars))
        return BridgeRequest{std::string(*what)};
    const auto parts = split(*rest);
    if (!is_device_id(parts[0])) return {};
    std::string id(parts[0]);
    if (parts.size() == 2 && parts[1] == "set") return DeviceSet{std::move(id)};
    if (parts.size() == 2 && parts[1] == "get") return DeviceGet{std::move(id)};
    if (parts.size() == 3 && parts[1] == "raw" && parts[2] == "request") return DeviceRaw{std::move(id)};
    if (parts.size() == 3 && parts[2] == "set" && is_word(parts[1], "_", kMaxPropertyChars))
        return PropertySet{std::move(id), std::string(parts[1])};
    return {};
}

std::optional<Topics::Leftover> Topics::parse_leftover(std::string_view topic) const {
    if (topic.size() > kMaxTopicBytes) return {};
    const auto own_id = [&](std::string_view object) -> std::optional<std::string_view> {
        if (object.size() <= node_.size() + 1 || !object.starts_with(node_) || object[node_.size()] != '_') return {};
        const auto id = object.substr(node_.size() + 1);
        return is_device_id(id) || id == "bridge" ? std::optional(id) : std::nullopt;
    };
    if (const auto rest = below(topic, prefix_)) {
        const auto parts = split(*rest);
        if (parts.size() < 3 || parts.size() > 4 || parts.back() != "config") return {};
        const auto id = own_id(parts[1]);
        if (!id) return {};
        if (parts.size() == 3 && parts[0] == "device")
            return Leftover{Leftover::Kind::device_discovery, std::string(*id), {}, {}};
        if (parts.size() == 4 && parts[0] != "device")
            return Leftover{Leftover::Kind::component_discovery, std::string(*id), std::string(parts[0]),
                            std::string(parts[2])};
        return {};
    }
    if (const auto rest = below(topic, base_)) {
        const auto parts = split(*rest);
        if (parts.size() == 2 && is_device_id(parts[0]) && (parts[1] == "state" || parts[1] == "availability"))
            return Leftover{Leftover::Kind::state, std::string(parts[0]), {}, {}};
    }
    return {};
}

}  // namespace tplink::gateway
