#pragma once
// One device, one thread, straight-line code: it owns the session, the document and the state.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "gateway/capabilities/engine.hpp"
#include "gateway/device/inbox.hpp"
#include "gateway/device/opener.hpp"
#include "gateway/device/poll_plan.hpp"
#include "gateway/device/supervisor.hpp"
#include "protocols/base/random.hpp"

namespace tplink::gateway {

struct ActorDeps {
    const Clock& clock;
    RandomBytes& random;
    DeviceSink& sink;
    OpenerFactory make_opener;
    std::function<bool(const std::string& host, std::uint16_t port)> quick_probe;  ///< does anything answer there?
    std::chrono::milliseconds look_again{2000};  ///< how soon a failed poll of an online device is repeated
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
    void poll_now() { inbox_.wish({.poll = true}); }
    void reconnect() { inbox_.wish({.reconnect = true}); }
    void relocate(const std::string& address) { inbox_.wish({.address = address}); }

    std::shared_ptr<const DeviceView> view() const;
    Learned learned() const;
    std::string id() const { return view()->id; }
    const DeviceConfig& config() const { return config_; }
    /// What the device answered last, for diagnostics: method -> result.
    std::shared_ptr<const json::object> document() const;

private:
    void run(std::stop_token stop);
    void open();
    void poll(bool everything);
    Result<void> ask(const std::vector<Query>& queries);
    void handle(const QueuedCommand& queued);
    CommandResult execute(const PropertyCommand& command);
    CommandResult confirm(const Capability& row, const json::value& wanted, CommandResult result);
    void handle(const Wishes& wishes);
    void fail_with(const Error& error);
    void drop_session();
    void adopt_identity(const Identity& identity);
    bool wait_or_stop(std::chrono::milliseconds time);
    void publish();
    void refresh_view();
    std::optional<SteadyTime> next_deadline() const;
    std::int64_t unix_now() const;

    const DeviceConfig config_;
    const Credentials credentials_;
    const ActorDeps deps_;

    // The thread's own.
    std::string host_;
    Learned learned_;
    Supervisor supervisor_;
    PollPlan plan_;
    std::optional<Offer> offer_;
    Document document_;
    json::object state_;
    Identity identity_;
    std::string transport_;
    Family family_;
    DeviceCounters counters_;
    WallTime since_{};
    WallTime last_seen_{};
    SteadyTime next_poll_{};
    bool was_online_ = false;
    std::set<std::string> refused_at_;  ///< addresses where the password was refused
    std::stop_token stop_;

    Inbox inbox_;
    mutable std::mutex shared_mutex_;  // guards what other threads look at
    std::shared_ptr<const DeviceView> view_;
    std::shared_ptr<const json::object> document_view_;
    Learned learned_view_;
    std::unique_ptr<Session> session_;  // replaced under the mutex; used by the thread without it
    std::unique_ptr<Opener> opener_;
    bool stopping_ = false;

    std::jthread thread_;  // last: joins before the rest goes
};

/// The table of a family; empty span for one not supported yet.
std::span<const Capability> table_of(Family family);
/// Poll interval when the configuration names none.
std::chrono::seconds default_poll(Family family, bool battery);

}  // namespace tplink::gateway
