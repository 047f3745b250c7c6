#pragma once
// What Home Assistant has been told about one device, and what it must be told next.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/mqtt/homeassistant.hpp"

namespace tplink::gateway {

/// Who announces, and how.
struct AnnounceContext {
    const Topics& topics;
    const Origin& origin;
    DiscoveryForm form;
    std::chrono::milliseconds gap;  ///< between two messages of one device: Home Assistant drops what comes while it works
};

/// What an earlier run of this gateway left on the broker for one device.
struct Leftovers {
    std::optional<std::map<std::string, std::string>> device_components;  ///< of its device message: id -> platform
    std::set<std::string> component_topics;                               ///< of its single messages
    bool state = false;                                                   ///< state or availability
};

class Announcement {
public:
    explicit Announcement(std::string device_id) : device_id_(std::move(device_id)) {}

    /// What is on the broker already. Before the first messages().
    void adopt(const Leftovers& leftovers, const AnnounceContext& context);

    /// The device as it is now; due at once, or when the gap is over.
    void set(Discovery discovery, SteadyTime now, const AnnounceContext& context);

    /// When messages() has something to say.
    std::optional<SteadyTime> due() const { return due_; }

    /// What to publish now, in order; empty when nothing changed. Two steps where Home Assistant needs two: entities
    /// that go, change their platform, or move from the other discovery form.
    std::vector<Message> messages(SteadyTime now, const AnnounceContext& context);

    /// Empties every topic this device was announced on.
    std::vector<Message> clear();

    const std::vector<std::string>& state_keys() const { return discovery_.state_keys; }

private:
    std::vector<Message> device_form(const AnnounceContext& context);
    std::vector<Message> component_form(const AnnounceContext& context);
    std::vector<Message> begin_migration();
    void forget_components();
    void finish_migration(std::vector<Message>& out);

    static constexpr std::uint64_t kByAnEarlierRun = 0;

    std::string device_id_;
    Discovery discovery_;  ///< without what is said already
    std::map<std::string, std::string> components_;  ///< in the last device message: id -> platform
    std::map<std::string, std::uint64_t> digests_;   ///< topic -> of the payload published last
    std::set<std::string> old_topics_;               ///< of the other form, still on the broker
    bool migrating_ = false;
    std::optional<SteadyTime> last_, due_;
};

}  // namespace tplink::gateway
