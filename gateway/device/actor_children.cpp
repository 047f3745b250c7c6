// What hangs on a device: outlets of a strip, sensors and cameras of a hub. Each is a unit of its own.

#include <algorithm>

#include "gateway/device/actor.hpp"
#include "protocols/child_session.hpp"

namespace tplink::gateway {
namespace {

constexpr int kGoneAfter = 3;  // lists in a row without it: a hub may answer half a list

}  // namespace

/// Asks the children what their lists do not tell. Commands go first: what they hold up is asked at the next poll.
Result<void> DeviceActor::poll_children(Ask ask) {
    for (std::size_t i = 1; i < units_.size(); ++i) {
        DeviceUnit& unit = *units_[i];
        if (!unit.session || unit.away) continue;
        // What follows a command elsewhere, or a failure, is no reason to wake a battery.
        auto due = unit.due(deps_.clock.now(), unit.care && ask == Ask::quick ? Ask::due : ask);
        std::erase_if(due, [&](const Query& query) { return query.method == unit.how->lands_in; });  // the list has just told
        if (due.empty()) continue;
        if (inbox_.has_command() && !unit.offer().rows().empty()) {
            next_poll_ = std::min(next_poll_, deps_.clock.now() + kBurstGap);
            break;
        }
        const Contact contact(*this, unit);
        TRY_VOID(unit.ask(*unit.session, due, deps_.clock));
    }
    return {};
}

/// A strip shows what its outlets draw together.
void DeviceActor::add_up_children() {
    if (units_.size() < 2) return;
    std::vector<const json::object*> states;
    for (std::size_t i = 1; i < units_.size(); ++i) states.push_back(&units_[i]->state());
    if (json::object sums = sum_of(states); !sums.empty()) self().take(kSumKey, sums, unix_now());
}

/// What hangs on the device now, from the lists it answered.
void DeviceActor::find_children() {
    bool any = false;
    Units fresh = units_;
    for (const ChildrenOf& how : table_.children) {
        const auto children = gateway::find_children(how, self().document(), self().identity());
        if (!children) continue;
        any = true;
        for (const auto& unit : fresh)
            if (unit->how == &how) ++unit->missed;
        for (const Child& child : *children) settle_child(child, fresh);
    }
    if (!any) return;
    Units gone;
    std::erase_if(fresh, [&](const auto& unit) {
        if (unit->missed < kGoneAfter) return false;
        gone.push_back(unit);
        return true;
    });
    if (fresh == units_) return;
    {
        const std::lock_guard lock(shared_mutex_);
        units_ = std::move(fresh);
    }
    for (const auto& unit : gone)
        if (unit->view()) deps_.sink.device_gone(unit->view());
    learn();
}

/// What the user wants it to be called and not to show.
void DeviceActor::dress_child(DeviceUnit& unit) const {
    const DeviceConfig wishes = deps_.child_config ? deps_.child_config(unit.id()) : DeviceConfig{};
    std::vector<std::string> exclude = config_.exclude;
    exclude.insert(exclude.end(), wishes.exclude.begin(), wishes.exclude.end());
    unit.dress(wishes.name, std::move(exclude));
}

/// A unit for an entry that is new; null when its id is taken.
std::shared_ptr<DeviceUnit> DeviceActor::add_child(const Child& child, const Units& units) {
    int number = child.position;
    if (number == 0) {
        for (const auto& [id, taken] : child_numbers_) number = std::max(number, taken);
        ++number;
    }
    number = child_numbers_.try_emplace(child.id, number).first->second;
    const std::string id = child_topic_id(child, self().id(), number);
    if (std::any_of(units.begin(), units.end(), [&](const auto& unit) { return unit->id() == id; })) return nullptr;
    auto unit = std::make_shared<DeviceUnit>(id, self().id());
    unit->how = child.how;
    unit->child_id = child.id;
    unit->read_list = [this, how = child.how]() -> Result<void> {
        TRY_VOID(self().ask(*session_, {how->list}, deps_.clock));
        find_children();
        return {};
    };
    unit->keep_energy(deps_.energy);
    dress_child(*unit);
    return unit;
}

/// One entry of a list: a unit of its own, new or known.
void DeviceActor::settle_child(const Child& child, Units& units) {
    auto at = std::find_if(units.begin(), units.end(), [&](const auto& unit) { return unit->how == child.how && unit->child_id == child.id; });
    if (at == units.end()) {
        auto unit = add_child(child, units);
        if (!unit) return;
        at = units.insert(units.end(), std::move(unit));
    }
    DeviceUnit& unit = **at;
    unit.missed = 0;
    unit.away = child.away;
    if (!unit.session) unit.session = make_child_session(session_, child.id, child.identity);
    unit.adopt(child.identity, child.how->table(child.kind), {});
    const DeviceConfig wishes = deps_.child_config ? deps_.child_config(unit.id()) : DeviceConfig{};
    const std::chrono::milliseconds own = wishes.poll == kNeverPolled ? std::chrono::milliseconds(kNever) : std::chrono::milliseconds(wishes.poll);
    unit.plan().set_base(own.count() > 0 ? std::max(base_, own) : std::max<std::chrono::milliseconds>(base_, std::chrono::seconds(child.how->every_s)));
    // A hub lists no components for some of its cameras; what stands in its list proves the battery, too.
    const bool battery = child.identity.lists("battery") || (child.entry.is_object() && child.entry.get_object().contains("battery_percent"));
    if (!unit.care && child.how->every_s > 0 && battery) {
        unit.care.emplace();
        tell_battery(unit, *unit.care);
    }
    unit.plan().asked({{child.how->lands_in, ""}}, deps_.clock.now());  // the list has told already
    unit.take(child.how->lands_in, child.entry, unix_now());
}

}  // namespace tplink::gateway
