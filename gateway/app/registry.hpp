#pragma once
// All devices of the gateway: which exist, where they are, and who hears of their changes.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/capabilities/profiles.hpp"
#include "gateway/config/configuration.hpp"
#include "gateway/config/state_store.hpp"
#include "gateway/device/actor.hpp"

namespace tplink::gateway {

/// A device that discovery saw.
struct FoundDevice {
    std::string mac, address, model, device_type, transport, firmware;
    std::uint16_t port = 0;
    Family family = Family::automatic;
    bool same_account = true;  ///< a hint: false when it says it belongs to another account
    bool operator==(const FoundDevice&) const = default;
};

/// Who hears of changes. Called on actor threads; must not block.
struct RegistryListener {
    std::function<void(const DeviceView&, const DeviceView* before)> changed;
    std::function<void(const DeviceView&)> removed;
    std::function<void(const CommandResult&)> result;
    /// A camera's own list told of an event.
    std::function<void(const std::string& id, const std::string& kind, std::int64_t at_unix_s)> alarm{};
    /// Events of this camera arrive by themselves: its list need not be asked.
    std::function<bool(const std::string& id)> has_push{};
};

/// Thread-safe.
class Registry {
public:
    Registry(const Clock& clock, RandomBytes& random, StateStore& store, OpenerFactory make_opener,
             std::function<bool(const std::string&, std::uint16_t)> quick_probe);
    ~Registry();

    /// Totals of energy are kept there; it outlives the registry. Before configure().
    void keep_energy(EnergyLedger& ledger) { energy_ = &ledger; }
    void listen(RegistryListener listener) { listener_ = std::move(listener); }

    /// Starts, stops and restarts actors so that they are what the configuration says; those unchanged go on undisturbed.
    void configure(const Config& config);

    /// New addresses of known devices; unknown ones of supported families are taken in when `adopt`.
    void discovered(const std::vector<FoundDevice>& found, bool adopt);
    /// What discovery saw and nobody took in.
    std::vector<FoundDevice> candidates() const;

    /// errors: refused with a sentence.
    Result<std::string> add(const std::string& device_json);
    Result<void> remove(const std::string& id);
    Result<void> change(const std::string& id, const json::object& options);

    /// Devices and what hangs on them.
    std::vector<std::shared_ptr<const DeviceView>> views() const;
    std::shared_ptr<const DeviceView> view(const std::string& id) const;
    /// What it answered last: method -> result; empty for an unknown id.
    json::object document(const std::string& id) const;
    /// Configuration and login of a device, or of the one it hangs on, for its video.
    struct Access {
        DeviceConfig config;
        Credentials credentials;
    };
    std::optional<Access> access(const std::string& id) const;

    /// Answers by the listener's `result`; at once when the device does not exist.
    void command(const std::string& id, PropertyCommand command);
    /// Asks the device something of its own, outside of polls and commands; a child is named by the request. Blocks for at
    /// most `limit`. errors: refused (no such device, too much to do), unreachable (offline), timeout, those of Session::call.
    Result<json::value> ask(const std::string& id, Request request, std::chrono::milliseconds limit);
    bool poll(const std::string& id);
    /// Rows of profiles beside those we ship. Before configure().
    void use(std::shared_ptr<const Profiles> profiles) { profiles_ = std::move(profiles); }
    /// A source of events says that `kind` begins or ends there.
    void push(const std::string& id, const std::string& kind, bool on);
    bool reconnect(const std::string& id);

    void stop();

private:
    class Sink;
    struct Entry {
        DeviceConfig config;
        Credentials credentials;
        std::unique_ptr<Sink> sink;
        std::unique_ptr<DeviceActor> actor;
        std::shared_ptr<const DeviceView> last;  ///< what listeners were told last
        std::map<std::string, std::shared_ptr<const DeviceView>> children;  ///< the same of what hangs on it, by id
        std::set<std::string> awaited;  ///< of the children: those its predecessor had and it has not found again yet
        bool adopted = false;
    };
    using Entries = std::map<std::string, Entry>;

    /// What hung on a device that is only opened anew is away for a moment, not gone. Needs mutex_.
    void inherit_children(const Entry& old, const std::string& key, Entry& fresh);
    /// Those that did not come back. Needs mutex_.
    std::vector<std::shared_ptr<const DeviceView>> take_lost_children(Entry& entry);
    /// From an entry that was replaced meanwhile: nobody hears of it.
    void device_changed(const std::string& key, const Sink& from, std::shared_ptr<const DeviceView> view);
    void device_gone(const std::string& key, const Sink& from, const std::shared_ptr<const DeviceView>& view);
    void device_learned(const std::string& key, const Sink& from);
    DeviceConfig child_config(const std::string& id) const;
    // With the mutex held:
    std::map<std::string, Entry> wanted() const;
    /// The entry that is `id`, or carries it.
    Entry* find(const std::string& id);
    const Entry* find(const std::string& id) const;
    bool is_known(const FoundDevice& found) const;
    struct Turn {
        Entries gone;                     ///< to be destroyed without the mutex
        std::vector<std::string> begun;  ///< keys
    };
    /// Takes out what shall stop and puts in what shall run.
    Turn apply();
    /// Without the mutex: ends the ones, then starts the others.
    void finish(Turn turn);

    const Clock& clock_;
    RandomBytes& random_;
    StateStore& store_;
    OpenerFactory make_opener_;
    std::function<bool(const std::string&, std::uint16_t)> quick_probe_;
    RegistryListener listener_;
    EnergyLedger* energy_ = nullptr;
    std::shared_ptr<const Profiles> profiles_;

    mutable std::mutex mutex_;
    Config config_;
    Entries entries_;  // by configuration key, which never changes while the id may
    std::unordered_map<std::string, std::string> keys_;  // id -> key, of devices and what hangs on them
    std::map<std::string, FoundDevice> found_;
    bool stopped_ = false;
};

}  // namespace tplink::gateway
