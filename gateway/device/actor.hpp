#pragma once
// One connection, one thread, straight-line code: it owns the session and the units that are reached through it.
// Unit 0 is the device that answers; further ones are its outlets or children.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "gateway/device/battery_care.hpp"
#include "gateway/device/device_unit.hpp"
#include "gateway/device/execute.hpp"
#include "gateway/device/inbox.hpp"
#include "gateway/device/opener.hpp"
#include "gateway/device/supervisor.hpp"
#include "gateway/events/alarm_watch.hpp"
#include "protocols/base/random.hpp"

namespace tplink::gateway {

struct ActorDeps {
    const Clock& clock;
    RandomBytes& random;
    DeviceSink& sink;
    OpenerFactory make_opener;
    std::function<bool(const std::string& host, std::uint16_t port)> quick_probe;  ///< does anything answer there?
    std::chrono::milliseconds look_again{2000};  ///< how soon a failed poll of an online device is repeated
    EnergyLedger* energy = nullptr;              ///< null: totals of energy live as long as the actor
    std::function<DeviceConfig(const std::string& id)> child_config{};  ///< name and exclusions of a child; empty: none
    /// A camera's own list told of an event (kind, when by our clock). Empty: lists are not asked.
    std::function<void(const std::string& id, const std::string& kind, std::int64_t at_unix_s)> alarm{};
    /// The rows of a family and model; empty: those we ship.
    std::function<Table(Family, const std::string& model)> table{};
    std::function<bool(const std::string& id)> has_push{};  ///< events of this camera arrive by themselves; empty: never
};

/// Thread-safe from outside: every method only posts or copies.
class DeviceActor {
public:
    DeviceActor(DeviceConfig config, Credentials credentials, Learned learned, ActorDeps deps);
    ~DeviceActor();  ///< stops, joins, and answers the commands that were not sent

    void start();
    /// Asks the thread to end; returns at once. The destructor joins.
    void request_stop();

    void post(PropertyCommand command);
    void push(Push push) { inbox_.wish({.pushes = {std::move(push)}}); }
    /// It answered a search by itself: a battery device that does is awake.
    void seen_awake() { inbox_.wish({.awake = true}); }
    void poll_now() { inbox_.wish({.poll = true}); }
    /// Runs `question` with the session, soon; false when too many wait. A question that is never run is destroyed.
    bool ask(Question question) { return inbox_.ask(std::move(question)); }
    void reconnect() { inbox_.wish({.reconnect = true}); }
    /// Names or exclusions of what hangs on it changed.
    void reload_children() { inbox_.wish({.children = true}); }
    void relocate(const std::string& address) { inbox_.wish({.address = address}); }

    std::shared_ptr<const DeviceView> view() const;
    /// The device itself, then what hangs on it.
    std::vector<std::shared_ptr<const DeviceView>> views() const;
    Learned learned() const;
    std::string id() const { return view()->id; }
    const DeviceConfig& config() const { return config_; }
    /// What the device (id: or one that hangs on it) answered last, for diagnostics: method -> result.
    json::object document(const std::string& id = {}) const;

private:
    using Units = std::vector<std::shared_ptr<DeviceUnit>>;
    static constexpr auto kNever = std::chrono::hours(24 * 365);
    static constexpr auto kBurstGap = std::chrono::seconds(1);  // between quick polls after a command

    void run(std::stop_token stop);
    void open();
    void poll(Ask ask);
    Result<void> identify(SteadyTime begun);
    Result<void> poll_children(Ask ask);
    void find_children();
    void add_up_children();
    void ask_alarms();
    bool asks_alarms() const;
    void begin_contact();
    void end_contact();
    bool sleeps_on(const Error& error);
    void tell_battery(DeviceUnit& unit, BatteryCare& care);
    /// As long as it lives, `unit` is being asked: counted where it has a battery.
    class Contact {
    public:
        Contact(DeviceActor& actor, DeviceUnit& unit);
        ~Contact();
        Contact(const Contact&) = delete;
        Contact& operator=(const Contact&) = delete;

    private:
        DeviceActor& actor_;
        DeviceUnit& unit_;
    };
    void settle_child(const Child& child, Units& units);
    std::shared_ptr<DeviceUnit> add_child(const Child& child, const Units& units);
    void dress_child(DeviceUnit& unit) const;
    void handle(const QueuedCommand& queued);
    /// until: nothing that was lost is asked again after it.
    CommandResult execute(const PropertyCommand& command, SteadyTime until);
    CommandResult pass_on(const Request& request, Session& session);
    void handle(const Wishes& wishes);
    void take_push(const Push& push);
    void fail_with(const Error& error);
    void drop_session();
    void keep_facts();
    bool keeps_unsupported() const;
    void adopt_identity(const Identity& identity);
    void set_pace();
    void learn();
    bool wait_or_stop(std::chrono::milliseconds time);
    void publish();
    void answered();
    void keep_pace(SteadyTime begun);
    Surroundings surroundings() const;
    DeviceUnit& self() const { return *units_.front(); }
    std::shared_ptr<DeviceUnit> find_unit(const std::string& id) const;
    Units units() const;
    std::optional<SteadyTime> next_deadline() const;
    std::int64_t unix_now() const;

    const DeviceConfig config_;
    const Credentials credentials_;
    const ActorDeps deps_;

    // The thread's own.
    std::string host_;
    Learned learned_;
    Supervisor supervisor_;
    Table table_;
    std::chrono::milliseconds base_{5000};  // poll interval
    bool identified_ = false;               // in this session
    bool battery_ = false;
    BatteryCare care_;
    SteadyTime spoke_at_{};                 // last good answer of a battery device
    SteadyTime identify_again_{};
    std::string transport_;
    Family family_;
    std::map<std::string, int> child_numbers_;  // never given to another child
    SteadyTime next_poll_{};
    bool afresh_ = false;  ///< a human asked for another try
    std::chrono::milliseconds slower_{0};  // after a rate limit
    AlarmWatch alarms_;
    bool first_alarms_ = true;
    std::vector<SeenAlarm> held_alarms_;  // seen in the list, may yet be pushed
    SteadyTime next_alarms_{};
    bool retry_ = false;  // the last exchange failed
    int burst_ = 0;  // quick polls still to come after a command
    std::set<std::string> refused_at_;  ///< addresses where the password was refused
    std::stop_token stop_;

    std::shared_ptr<Pulse> pulse_ = std::make_shared<Pulse>();
    Inbox inbox_;
    mutable std::mutex shared_mutex_;  // guards what other threads look at
    Units units_;                      // replaced under the mutex
    Learned learned_view_;
    std::shared_ptr<Session> session_;  // shared with those of the children; replaced under the mutex; used by the thread without it
    std::unique_ptr<Opener> opener_;
    bool stopping_ = false;

    std::jthread thread_;  // last: joins before the rest goes
};

/// Poll interval when the configuration names none.
std::chrono::seconds default_poll(Family family, bool battery);

}  // namespace tplink::gateway
