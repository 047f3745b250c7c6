// The actor's care for cameras: events asked for where none arrive, and batteries left alone.

#include <algorithm>
#include <utility>

#include "gateway/device/actor.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kAlarmsEvery = std::chrono::seconds(10);  // more often and a camera gets slow for everybody
constexpr auto kSecondLook = std::chrono::seconds(2);     // the same question within a second is refused
constexpr auto kControlEvery = std::chrono::seconds(30);  // where events are pushed: nothing may be missing

}  // namespace

/// Wired cameras are asked for what they noticed, often where events do not come by themselves. A battery camera would be kept awake.
bool DeviceActor::asks_alarms() const {
    const bool camera = family_ == Family::tapo_camera || family_ == Family::vigi_camera;
    return deps_.alarm && session_ && identified_ && camera && !battery_ && !alarms_.is_useless() && supervisor_.online() &&
           self().identity().lists("detection");
}

void DeviceActor::ask_alarms() {
    next_alarms_ = deps_.clock.now() + kAlarmsEvery;
    const bool pushed = deps_.has_push && deps_.has_push(self().id());
    const auto requests = alarms_.requests(unix_now());
    const auto answers = session_->query(requests);
    if (!answers) return fail_with(answers.error());
    // What may still arrive by itself has time for it until the next look.
    std::vector<SeenAlarm> seen = std::exchange(held_alarms_, {});
    std::vector<SeenAlarm> fresh = alarms_.take(*answers, unix_now());
    if (pushed) held_alarms_ = std::move(fresh);
    else seen.insert(seen.end(), fresh.begin(), fresh.end());
    if (pushed && held_alarms_.empty()) next_alarms_ = deps_.clock.now() + kControlEvery;
    // The first look reads the clock, without which the list's window would lie elsewhere.
    if (std::exchange(first_alarms_, false)) next_alarms_ = deps_.clock.now() + kSecondLook;
    for (const SeenAlarm& one : seen) deps_.alarm(self().id(), one.kind, one.at_unix_s);
}

/// A battery camera that does not answer is asleep: a state, not an outage. The next contact comes at its time.
bool DeviceActor::sleeps_on(const Error& error) {
    const SteadyTime now = deps_.clock.now();
    const bool silent = error.code == Errc::unreachable || error.code == Errc::timeout;
    if (!battery_ || !silent || !supervisor_.online() || now - spoke_at_ > BatteryCare::kSilence) return false;
    drop_session();
    care_.contact(false, now, deps_.clock.wall());
    next_poll_ = now + base_;
    tell_battery(self(), care_);
    publish();
    return true;
}

void DeviceActor::begin_contact() {
    care_.contact(true, deps_.clock.now(), deps_.clock.wall());
}

/// No connection while it sleeps: what was to be said is said.
void DeviceActor::end_contact() {
    const SteadyTime now = deps_.clock.now();
    drop_session();
    burst_ = 0;
    retry_ = false;
    care_.contact(false, now, deps_.clock.wall());
    next_poll_ = std::max(next_poll_, spoke_at_ + base_);
    tell_battery(self(), care_);
    publish();
}

void DeviceActor::tell_battery(DeviceUnit& unit, BatteryCare& care) {
    const SteadyTime now = deps_.clock.now();
    unit.take(kBatteryKey, json::object{{"asleep", care.is_asleep(now + BatteryCare::kTail) ? "on" : "off"},
                                        {"awake_s", care.awake_today_s(now, deps_.clock.wall())}}, unix_now());
}

/// Asking a hub's battery child wakes it, whatever for.
DeviceActor::Contact::Contact(DeviceActor& actor, DeviceUnit& unit) : actor_(actor), unit_(unit) {
    if (unit_.care) unit_.care->contact(true, actor_.deps_.clock.now(), actor_.deps_.clock.wall());
}

DeviceActor::Contact::~Contact() {
    if (!unit_.care) return;
    unit_.care->contact(false, actor_.deps_.clock.now(), actor_.deps_.clock.wall());
    actor_.tell_battery(unit_, *unit_.care);
    actor_.publish();
}

}  // namespace tplink::gateway
