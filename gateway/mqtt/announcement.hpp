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
    /// How long an entity may be missing before it is removed: what is asked anew after a restart or a rename answers
    /// one by one, and whoever is removed loses what the user has set for it.
    std::chrono::milliseconds patience;
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

    /// Those of the entities that are missing for the moment too.
    const std::vector<std::string>& state_keys() const { return state_keys_; }

private:
    std::vector<Message> device_form(SteadyTime now, const AnnounceContext& context);
    std::vector<Message> component_form(SteadyTime now, const AnnounceContext& context);
    bool is_excluded(const std::string& component) const;
    bool may_return(const std::string& component, SteadyTime now, const AnnounceContext& context);
    void list_state_keys();
    std::vector<Message> begin_migration();
    void forget_components();
    void finish_migration(std::vector<Message>& out);

    static constexpr std::uint64_t kByAnEarlierRun = 0;

    std::string device_id_;
    Discovery discovery_;  ///< without what is said already
    std::map<std::string, std::string> components_;  ///< in the last device message: id -> platform
    std::map<std::string, std::uint64_t> digests_;   ///< topic -> of the payload published last
    std::set<std::string> old_topics_;               ///< of the other form, still on the broker
    std::map<std::string, SteadyTime> missing_since_;  ///< by component, or topic of a single message
    std::vector<std::string> state_keys_;
    bool migrating_ = false;
    std::optional<SteadyTime> last_, due_;
};

}  // namespace tplink::gateway
