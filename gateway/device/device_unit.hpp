#pragma once
// One device an actor speaks for: the one that answers, or an outlet or child that hangs on it.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/capabilities/children.hpp"
#include "gateway/capabilities/energy.hpp"
#include "gateway/capabilities/engine.hpp"
#include "gateway/device/battery_care.hpp"
#include "gateway/device/device_view.hpp"
#include "gateway/device/energy_ledger.hpp"
#include "gateway/device/poll_plan.hpp"

namespace tplink::gateway {

/// What all units of one connection have in common at a moment.
struct Surroundings {
    std::string host, transport;
    Family family = Family::automatic;
    bool online = false;
    std::optional<Problem> problem;
    std::shared_ptr<const Pulse> pulse;
};

/// Document, offered rows, state and view of one device. Used by the actor's thread, except view() and copy().
class DeviceUnit {
public:
    DeviceUnit(std::string id, std::string via);
    /// name: what the user calls it; empty: what it calls itself. exclude: rows not to show.
    void dress(std::string name, std::vector<std::string> exclude);

    const std::string& id() const { return id_; }
    /// The device told its MAC: topics change with it.
    void rename_id(std::string id) { id_ = std::move(id); }
    const Identity& identity() const { return identity_; }

    /// Who it is and what it can do. Rows stay as they are while firmware and components do: what was answered
    /// "unsupported" is not asked again. `more`: queries beside those of the rows.
    void adopt(const Identity& identity, const Table& table, std::vector<Query> more);
    /// What its firmware was found not to know in an earlier run; and the contrary.
    void know_unsupported(const std::vector<std::string>& names);
    void ask_unsupported_again();
    bool is_offered() const { return offer_.has_value(); }
    const Offer& offer() const { return *offer_; }
    std::vector<Query> due(SteadyTime now, Ask ask) const;
    PollPlan& plan() { return plan_; }

    /// Asks and keeps what is answered. errors: of the whole exchange.
    Result<void> ask(Session& session, const std::vector<Query>& queries, const Clock& clock);
    /// Since asked last: the device said that it is asked too much; that a query failed for no reason and wants one more try.
    bool take_limited() { return std::exchange(was_limited_, false); }
    bool take_retry() { return std::exchange(wants_retry_, false); }
    /// An answer that came another way: from a parent's list, by a push.
    void take(std::string_view method, const json::value& result, std::int64_t now_unix_s);
    /// As Offer::reject().
    const Capability* reject(const Capability& row, std::int64_t now_unix_s);
    /// Keeps what a device without a getter was told, until it runs out.
    void latch(std::string_view row, bool on, std::int64_t until_unix_s);
    const Document& document() const { return document_; }
    const json::object& state() const { return state_; }

    /// Totals of energy are kept there; null: only while this lives. Before adopt().
    void keep_energy(EnergyLedger* ledger) { ledger_ = ledger; }

    /// Renders. True when there is a new view: something a listener shows has changed, or it was silent for long.
    bool refresh(const Surroundings& around, bool away, const Clock& clock);

    std::shared_ptr<const DeviceView> view() const;
    /// The document, for diagnostics. Any thread.
    json::object copy() const;

    /// The session to this child; null for the device that answers.
    std::unique_ptr<Session> session;
    /// Reads the lists of the parent anew, of a child whose entry nobody else tells.
    std::function<Result<void>()> read_list;
    const ChildrenOf* how = nullptr;  ///< of a child
    std::string child_id;             ///< the parent's word for it
    bool away = false;
    std::optional<BatteryCare> care;  ///< of a child with a battery that is woken by being asked
    int missed = 0;                   ///< lists in a row it did not stand in

private:
    void judge(const Query& query, const Answer& answer);
    bool note_moved(std::string_view method);  // true
    void show_rows();
    void count_energy(const Clock& clock);
    std::shared_ptr<DeviceView> make_view(const Surroundings& around, bool online) const;

    std::string id_;
    const std::string via_;
    std::string name_;
    std::vector<std::string> exclude_;
    Identity identity_;
    Table table_;
    PollPlan plan_{std::chrono::seconds(5)};
    std::optional<Offer> offer_;
    EnergyLedger* ledger_ = nullptr;
    std::optional<EnergyTotal> energy_;  // of a device that offers one
    Document document_;  // written under mutex_, read by the actor's thread without
    std::vector<const Capability*> shown_;
    std::vector<const Composite*> composites_;
    json::object state_;
    std::map<std::string, std::vector<std::string>> options_;
    std::map<std::string, Range> ranges_;
    std::set<std::pair<std::string_view, std::string_view>> retried_;
    bool was_limited_ = false, wants_retry_ = false;
    bool reshaped_ = true, moved_ = true;  // rows or identity; document
    std::vector<std::string_view> moved_methods_;  // what moved in it; names of rows and lists, which outlive this
    bool has_timed_rows_ = false, was_online_ = false, ever_online_ = false;
    std::uint64_t shape_ = 0;
    WallTime since_{};
    SteadyTime told_{};
    Surroundings last_around_;
    mutable std::mutex mutex_;
    std::shared_ptr<const DeviceView> view_;
};

/// The name of a device: configured, else its own, else model and end of MAC, else where it is.
std::string display_name(const std::string& configured, const Identity& identity, const std::string& id, const std::string& host);

}  // namespace tplink::gateway
