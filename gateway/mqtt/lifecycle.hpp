#pragma once
// The order and the pace of everything retained: first what exists, then whether it is there, then how it is.
// Pure logic for one thread; time is passed in. Publisher puts a lock and a timer around it.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gateway/mqtt/announcement.hpp"
#include "gateway/mqtt/leftovers.hpp"
#include "gateway/mqtt/publisher.hpp"

namespace tplink::gateway {

class Lifecycle {
public:
    Lifecycle(const PublisherOptions& options, Broker& broker, RandomBytes& random);

    void connected(SteadyTime now);
    /// A retained message; looked at only while listening for leftovers.
    void retained(const Incoming& message, SteadyTime now);
    /// Home Assistant has started.
    void birth(SteadyTime now);

    void expect(std::set<std::string> ids, bool complete);
    /// False when nothing is new: discovery is not built again, no deadline moved.
    bool set_device(DeviceDescription device, SteadyTime now);
    void remove_device(const std::string& id);
    void set_availability(const std::string& id, bool online);
    void set_state(const std::string& id, json::object state, WallTime seen);
    void repeat_state(const std::string& id);
    void set_bridge_info(json::object info);
    void set_bridge_devices(json::array devices);

    /// Everything of ours leaves the broker: the topics are no longer ours.
    void withdraw();

    bool knows(const std::string& id) const { return devices_.contains(id); }

    /// Does what is due.
    void tick(SteadyTime now);
    std::optional<SteadyTime> deadline() const;

private:
    /// Nothing retained leaves before it is known what lies on the broker; then everything at once.
    enum class Phase { waiting, listening, open };
    struct Device {
        std::optional<DeviceDescription> description;
        Announcement announcement;
        std::optional<bool> online;
        std::optional<json::object> state;  ///< as given, before it was made to fit
        json::object published;             ///< without last_seen
        std::string state_text;
        WallTime seen{}, published_at{};
    };

    AnnounceContext context() const { return {options_.topics, options_.origin, options_.discovery, options_.discovery_gap, options_.removal_patience}; }
    Device& device(const std::string& id);
    void open(SteadyTime now);
    void sweep();
    void clear_topics(const std::string& id);
    void announce(Device& device, SteadyTime now);
    void publish_availability(const std::string& id, const Device& device);
    void publish_state(const std::string& id, Device& device);
    void publish_bridge(std::string_view leaf, std::string text, std::string& last);
    void publish_info();
    void publish(Message message);

    PublisherOptions options_;
    Broker& broker_;
    RandomBytes& random_;
    Phase phase_ = Phase::waiting;
    LeftoverCollector leftovers_;
    std::map<std::string, Device> devices_;  ///< also those only heard of by set_availability()
    Announcement bridge_{"bridge"};
    std::set<std::string> expected_;
    bool complete_ = false, swept_ = false;
    json::object info_;
    json::array problems_;
    std::size_t device_count_ = 0;
    std::string devices_text_, info_text_;
    std::optional<std::vector<Message>> bulk_;
    std::optional<SteadyTime> quiet_until_, quiet_limit_, window_until_, birth_at_;
    SteadyTime last_walk_{};
};

}  // namespace tplink::gateway
