#pragma once
// Publishes what the gateway knows, in the order and at the pace Home Assistant needs, and takes commands in.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "gateway/mqtt/broker.hpp"
#include "gateway/mqtt/commands.hpp"
#include "gateway/mqtt/homeassistant.hpp"

namespace tplink::gateway {

struct PublisherOptions {
    Topics topics = Topics();
    DiscoveryForm discovery = DiscoveryForm::device;
    Origin origin;
    std::string configuration_url;  ///< the page; empty: none
    std::chrono::milliseconds discovery_gap{5000};      ///< between two discovery messages of one device
    std::chrono::milliseconds removal_patience{120000};  ///< an entity that is missing may only not have answered yet
    std::chrono::milliseconds birth_jitter_max{10000};
    std::chrono::milliseconds leftover_window{5000};    ///< how long to listen for what others of us have left
    std::chrono::milliseconds first_quiet{300};         ///< the first discovery waits for that much silence
    std::chrono::milliseconds last_seen_gap{600000};    ///< a state that changed in nothing but last_seen
    bool raw = false;                                   ///< takes requests in the devices' own language
};

/// Every method may be called from any thread and returns at once.
class Publisher {
public:
    Publisher(PublisherOptions options, Broker& broker, CommandHandlers handlers, const Clock& clock = system_clock(),
              RandomBytes& random = system_random());
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// The same with a broker of its own, which replace() may change for another.
    Publisher(PublisherOptions options, std::unique_ptr<Broker> broker, CommandHandlers handlers,
              const Clock& clock = system_clock(), RandomBytes& random = system_random());

    /// From now on another broker or other topics: the old one is told offline (`withdraw`: and made to forget
    /// everything of ours first), the new one is connected. What was published before has to be said again.
    /// Blocks up to 2 s; not to be called by a handler.
    void replace(PublisherOptions options, std::unique_ptr<Broker> broker, bool withdraw);

    /// Starts the broker and the timers.
    void start();
    /// Publishes offline, disconnects. Under 2 s. Nothing may be published afterwards.
    void stop();

    /// Devices that exist though set_device() has not been called for them (asleep, unreachable, from state_dir): what
    /// is retained for them stays. complete: false while the id of a configured device is unknown; leftovers stay too.
    void expect(std::set<std::string> ids, bool complete);

    /// New or changed device. Unchanged: nothing happens. Discovery goes before availability and state.
    void set_device(DeviceDescription device);
    /// Clears discovery, state, availability and pictures from the broker.
    void remove_device(const std::string& id);
    void set_availability(const std::string& id, bool online);
    /// The whole state after a poll, event or command; published when it differs. Adds `last_seen`.
    void set_state(const std::string& id, boost::json::object state);
    /// Publishes the known state again: a command was refused and a toggle must snap back.
    void repeat_state(const std::string& id);
    void set_snapshot(const std::string& id, std::string jpeg);
    void set_detection(const std::string& id, std::string jpeg);
    /// No picture may stay (privacy).
    void clear_pictures(const std::string& id);
    /// event: {"event_type": "motion", ...}.
    void event(const std::string& id, boost::json::object event);
    /// After the state that confirms it.
    void result(const CommandResult& result);

    /// Answer to <base>/<id>/raw/request.
    void raw_answer(const std::string& id, const RequestAnswer& answer);
    /// Answer to <base>/bridge/request/<what>.
    void answer(const RequestAnswer& answer);
    /// Keys of the contract (version, commit, started_at, config, log_level, restart_required).
    void set_bridge_info(boost::json::object info);
    /// One object per device: id, name, model, ip, protocol, supported, error, properties. Feeds the bridge's
    /// `devices` and `problem` entities: a non-empty `error` is a problem.
    void set_bridge_devices(boost::json::array devices);
    /// {uptime_s, rss_mb, devices}; `mqtt` is added here.
    void set_bridge_health(boost::json::object health);
    void log(std::string_view level, std::string_view message, std::string_view device);
    void bridge_event(std::string_view type, boost::json::object data);

    BrokerStatus status() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl() const {
        const std::lock_guard lock(mutex_);
        return impl_;
    }
    mutable std::mutex mutex_;  ///< of impl_: whoever is at work keeps the one it began with
    std::shared_ptr<Impl> impl_;
};

}  // namespace tplink::gateway
