#include "gateway/device/actor.hpp"

#include <algorithm>
#include <utility>

#include "gateway/capabilities/tables.hpp"
#include "gateway/events/kinds.hpp"
#include "protocols/child_session.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxRefusals = 8;                   // addresses; discovery is unauthenticated and may invent more
constexpr auto kSlowerFirst = std::chrono::seconds(1);       // after a rate limit, doubling
constexpr auto kSlowerMost = std::chrono::seconds(60);
constexpr auto kBeat = std::chrono::milliseconds(200);        // moments at which polls begin
constexpr int kBeatsPerPoll = 10;                             // at least, so that they stay spread over their interval
constexpr auto kIdentifyAgain = std::chrono::hours(24);       // components and names may change

double jitter_from(RandomBytes& random) {
    std::byte one{};
    random.fill({&one, 1});
    return u8(one) / 255.0;
}

std::string pseudo_id(const std::string& host) {
    std::string id = "host_";
    for (const char c : host) id.push_back((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : '_');
    return id;
}

/// Polls of many devices share wake-ups: those that begin together cost less than half of as many that begin alone, because the
/// processor is woken once and what the first one loaded serves the next. `base` stays what it is on average.
SteadyTime on_beat(SteadyTime time, std::chrono::milliseconds base) {
    const SteadyTime::duration beat = std::min<std::chrono::milliseconds>(kBeat, base / kBeatsPerPoll);
    if (beat.count() <= 0) return time;
    return SteadyTime((time.time_since_epoch() + beat / 2) / beat * beat);
}

}  // namespace

std::chrono::seconds default_poll(Family family, bool battery) {
    if (battery) return std::chrono::seconds(3600);
    switch (family) {
    case Family::tapo_plug:
    case Family::kasa_plug: return std::chrono::seconds(5);
    case Family::kasa_camera: return std::chrono::seconds(10);  // one datagram, and motion is known by nothing else
    default: return std::chrono::seconds(30);
    }
}

DeviceActor::DeviceActor(DeviceConfig config, Credentials credentials, Learned learned, ActorDeps deps)
    : config_(std::move(config)), credentials_(std::move(credentials)), deps_(std::move(deps)),
      host_(config_.host.empty() ? learned.address : config_.host), learned_(std::move(learned)),
      supervisor_(jitter_from(deps_.random)), family_(config_.family != Family::automatic ? config_.family : learned_.family) {
    if (!config_.mac.empty()) learned_.mac = config_.mac;
    battery_ = config_.battery == Tristate::yes || (config_.battery == Tristate::automatic && learned_.battery);
    set_pace();
    const std::string id = learned_.mac.empty() ? pseudo_id(host_) : learned_.mac;
    units_.push_back(std::make_shared<DeviceUnit>(id, ""));
    self().dress(config_.name, config_.exclude);
    self().keep_energy(deps_.energy);
    Identity known;
    known.mac = learned_.mac;
    known.model = learned_.model;
    known.name = learned_.name;
    self().adopt(known, {}, {});
    learned_view_ = learned_;
    self().refresh(surroundings(), false, deps_.clock);
}

DeviceActor::~DeviceActor() {
    request_stop();
    if (thread_.joinable()) thread_.join();
    while (const auto queued = inbox_.take())
        deps_.sink.command_done({queued->command.unit.empty() ? view()->id : queued->command.unit, queued->command.property, queued->command.value, "unreachable",
                                 "not sent: the device was removed or restarted in the gateway", queued->command.transaction});
}

void DeviceActor::start() {
    if (thread_.joinable()) return;
    thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

void DeviceActor::request_stop() {
    thread_.request_stop();
    const std::lock_guard lock(shared_mutex_);
    stopping_ = true;
    if (session_) session_->cancel();
    if (opener_) opener_->cancel();
}

DeviceActor::Units DeviceActor::units() const {
    const std::lock_guard lock(shared_mutex_);
    return units_;
}

std::shared_ptr<DeviceUnit> DeviceActor::find_unit(const std::string& id) const {
    const std::lock_guard lock(shared_mutex_);
    if (id.empty()) return units_.front();
    const auto at = std::find_if(units_.begin(), units_.end(), [&](const auto& unit) { return unit->view() && unit->view()->id == id; });
    return at == units_.end() ? nullptr : *at;
}

std::shared_ptr<const DeviceView> DeviceActor::view() const { return units().front()->view(); }

std::vector<std::shared_ptr<const DeviceView>> DeviceActor::views() const {
    std::vector<std::shared_ptr<const DeviceView>> out;
    for (const auto& unit : units())
        if (auto view = unit->view()) out.push_back(std::move(view));
    return out;
}

Learned DeviceActor::learned() const {
    const std::lock_guard lock(shared_mutex_);
    return learned_view_;
}

json::object DeviceActor::document(const std::string& id) const {
    const auto unit = find_unit(id);
    return unit ? unit->copy() : json::object();
}

std::int64_t DeviceActor::unix_now() const { return std::chrono::system_clock::to_time_t(deps_.clock.wall()); }

void DeviceActor::run(std::stop_token stop) {
    stop_ = stop;
    while (!stop.stop_requested()) {
        handle(inbox_.take_wishes());
        const SteadyTime now = deps_.clock.now();
        // Within the grace of an online device a lost session is opened at the polls' pace, not as fast as it fails.
        // A battery device is never tried more often than its contacts are due, online or not.
        const bool due = (!supervisor_.online() && !battery_) || now >= next_poll_;
        if (!session_ && due && supervisor_.may_try(now)) open();
        if (session_ && deps_.clock.now() >= next_poll_ && supervisor_.may_try(deps_.clock.now())) poll(burst_ > 0 || retry_ ? Ask::quick : Ask::due);
        if (asks_alarms() && deps_.clock.now() >= next_alarms_) ask_alarms();
        while (!stop.stop_requested()) {
            const auto queued = inbox_.take();
            if (!queued) break;
            handle(*queued);
        }
        while (!stop.stop_requested()) {
            const auto question = inbox_.take_question();
            if (!question) break;
            (*question)(supervisor_.standing_refusal(deps_.clock.now()) ? nullptr : session_.get());
        }
        if (battery_ && session_ && !inbox_.has_command()) end_contact();
        inbox_.wait(stop, next_deadline());
    }
    drop_session();
}

std::optional<SteadyTime> DeviceActor::next_deadline() const {
    const auto allowed = supervisor_.next_try();
    if (!allowed) return std::nullopt;
    const SteadyTime next = asks_alarms() ? std::min(next_poll_, next_alarms_) : next_poll_;
    return session_ || supervisor_.online() || battery_ ? std::max(next, *allowed) : *allowed;
}

void DeviceActor::open() {
    {
        const std::lock_guard lock(shared_mutex_);
        if (stopping_) return;
        opener_ = deps_.make_opener();
    }
    ++pulse_->logins;
    begin_contact();
    Result<Opened> opened = opener_->open({host_, config_.port, family_, credentials_, learned_, config_.state_port, config_.control, std::exchange(afresh_, false)});
    {
        const std::lock_guard lock(shared_mutex_);
        opener_.reset();
        if (opened && stopping_) return;
        if (opened) session_ = std::move(opened->session);
    }
    if (!opened) return fail_with(opened.error());
    transport_ = session_->transport();
    if (opened->learned.mac.empty()) opened->learned.mac = learned_.mac;
    learned_ = std::move(opened->learned);
    family_ = config_.family != Family::automatic ? config_.family : learned_.family;
    identified_ = false;
    next_poll_ = deps_.clock.now();
}

void DeviceActor::set_pace() {
    base_ = config_.poll.count() > 0 ? config_.poll : default_poll(family_, battery_);
    if (config_.poll == kNeverPolled) base_ = kNever;
}

void DeviceActor::adopt_identity(const Identity& identity) {
    table_ = deps_.table ? deps_.table(family_, identity.model) : table_of(family_);
    std::vector<Query> more;
    for (const ChildrenOf& how : table_.children)
        if (how.needs.empty() || identity.lists(how.needs))
            for (const Query& query : child_queries(how)) more.push_back(query);
    battery_ = config_.battery == Tristate::yes || (config_.battery == Tristate::automatic && identity.lists("battery"));
    Identity whole = identity;
    if (battery_ && !identity.lists("battery")) whole.components.push_back({"battery", 1});  // the user knows better
    self().adopt(whole, table_, std::move(more));
    if (keeps_unsupported() && learned_.firmware == identity.firmware) self().know_unsupported(learned_.unsupported);
    if (!identity.mac.empty() && self().id() != identity.mac) self().rename_id(identity.mac);
    set_pace();
    self().plan().set_base(base_);
    learn();
}

/// Cameras refuse a query for reasons that pass; of plugs "unknown method" is final until the firmware changes.
bool DeviceActor::keeps_unsupported() const { return family_ == Family::tapo_plug || family_ == Family::kasa_plug; }

/// What is worth keeping over a restart.
void DeviceActor::learn() {
    Learned fresh = learned_;
    const Identity& identity = self().identity();
    fresh.mac = identity.mac;
    fresh.model = identity.model;
    fresh.name = identity.name;
    fresh.battery = battery_;
    fresh.address = host_;
    fresh.family = family_;
    if (identified_ || units_.size() > 1) {
        fresh.children.clear();
        for (const auto& unit : units_)
            if (unit->session) fresh.children.push_back(unit->id());
    }
    if (keeps_unsupported() && !identity.firmware.empty() && self().is_offered()) {
        fresh.firmware = identity.firmware;
        fresh.unsupported = self().offer().dropped();
    }
    learned_ = fresh;
    bool changed = false;
    {
        const std::lock_guard lock(shared_mutex_);
        changed = learned_view_ != fresh;
        learned_view_ = fresh;
    }
    if (changed) deps_.sink.device_learned(identity.mac);
}

/// Who answers there. errors: those of the exchange; unreachable when it is another device than configured.
Result<void> DeviceActor::identify(SteadyTime begun) {
    const Identity identity = TRY(session_->identify());
    if (!config_.mac.empty() && identity.mac != config_.mac)
        return fail(Errc::unreachable, "another device (" + identity.mac + ") answers at " + host_);
    adopt_identity(identity);
    identified_ = true;
    identify_again_ = begun + kIdentifyAgain;
    // Phase from the id: 200 devices must not speak at once.
    next_poll_ = on_beat(begun + base_ / 2 + base_ * static_cast<long>(std::hash<std::string>{}(identity.mac) % 50) / 100, base_);
    return {};
}

void DeviceActor::poll(Ask ask) {
    const SteadyTime begun = deps_.clock.now();
    next_poll_ = on_beat(begun + (burst_ > 0 ? std::min<std::chrono::milliseconds>(base_, kBurstGap) : base_), base_);
    burst_ = std::max(0, burst_ - 1);
    if (!identified_ || begun >= identify_again_)
        if (const auto known = identify(begun); !known) return fail_with(known.error());
    const auto due = self().due(begun, ask);
    const auto asked = self().ask(*session_, due, deps_.clock);
    if (!asked) return fail_with(asked.error());
    keep_pace(begun);
    find_children();
    keep_facts();
    if (keeps_unsupported() && self().offer().dropped_count() != learned_.unsupported.size()) learn();
    if (!due.empty()) answered();  // nothing was asked, so nothing was proven
    if (!due.empty() && units_.size() > 1) publish();  // its own state does not wait for that of what hangs on it
    if (const auto children = poll_children(ask); !children) return fail_with(children.error());
    if (units_.size() > 1) publish();
    add_up_children();
    pulse_->latency_ms = std::chrono::duration<double, std::milli>(deps_.clock.now() - begun).count();
    if (!due.empty()) publish();
}

/// What the session found out since it was opened.
void DeviceActor::keep_facts() {
    const auto facts = session_->facts();
    if (!facts) return;
    transport_ = facts->transport;
    learned_.transport = facts->transport;
    learned_.hash_form = facts->hash_form;
    learned_.certificate_sha256 = facts->certificate_sha256;
    if (learned_ != learned_view_) learn();  // only this thread changes learned_view_
}

/// Slower when the device says it is asked too much; once more soon after a failure without a reason.
void DeviceActor::keep_pace(SteadyTime begun) {
    bool limited = false, retry = false;
    for (const auto& unit : units_) {
        limited |= unit->take_limited();
        retry |= unit->take_retry();
    }
    slower_ = limited ? std::clamp<std::chrono::milliseconds>(2 * slower_, kSlowerFirst, kSlowerMost) : std::chrono::milliseconds(0);
    if (limited) next_poll_ = std::max(next_poll_, begun + slower_);
    else if (retry) next_poll_ = std::min(next_poll_, begun + kBurstGap);
}

/// A good poll.
void DeviceActor::answered() {
    retry_ = false;
    ++pulse_->polls;
    supervisor_.succeeded();
    pulse_->last_seen_s = unix_now();
    if (session_ && session_->transport() != transport_) learned_.transport = transport_ = session_->transport();  // it followed a new firmware
    spoke_at_ = deps_.clock.now();
}

void DeviceActor::fail_with(const Error& error) {
    if (error.code == Errc::cancelled && stop_.stop_requested()) return;
    ++pulse_->errors;
    if (sleeps_on(error)) return;
    retry_ = true;
    const auto probe = [this] { return deps_.quick_probe && deps_.quick_probe(host_, learned_.port != 0 ? learned_.port : config_.port); };
    const bool changed = supervisor_.failed(error, deps_.clock.now(), probe);
    // Deaf beyond the grace although it is there: perhaps it speaks another generation now, so log in anew.
    const bool wrong_language = error.code == Errc::malformed || error.code == Errc::unsupported;
    if (!supervisor_.online() || supervisor_.beyond_grace() || wrong_language) drop_session();
    const auto pause = supervisor_.beyond_grace() ? 5 * deps_.look_again : deps_.look_again;
    next_poll_ = deps_.clock.now() + std::min(base_, pause);
    if (battery_) next_poll_ = deps_.clock.now() + base_;
    if (supervisor_.blocked() && refused_at_.size() < kMaxRefusals) refused_at_.insert(host_);
    if (changed) publish();
}

void DeviceActor::drop_session() {
    for (const auto& unit : units_) unit->session.reset();  // they speak through it
    const std::lock_guard lock(shared_mutex_);
    session_.reset();
}

/// One by one: a press that is over already is still a press.
void DeviceActor::take_push(const Push& push) {
    const auto unit = find_unit(push.unit);
    if (push.kind != kStreamPush) {
        if (!unit) return;
        unit->take(kEventsKey, json::object{{push.kind, push.on ? "on" : "off"}}, unix_now());
        return publish();
    }
    const bool child = unit && unit->how != nullptr;
    BatteryCare* care = child ? (unit->care ? &*unit->care : nullptr) : &care_;
    if (care != nullptr) care->stream(push.on, deps_.clock.now(), deps_.clock.wall());
    if (child ? care != nullptr : battery_) {
        tell_battery(child ? *unit : self(), *care);
        publish();
    }
}

void DeviceActor::handle(const Wishes& wishes) {
    if (wishes.address && *wishes.address != host_) {
        host_ = *wishes.address;
        drop_session();
        // At an address where it was refused already it would be refused again: only a human helps.
        const bool refused = refused_at_.contains(host_) || refused_at_.size() >= kMaxRefusals;
        if (!(supervisor_.standing_refusal(deps_.clock.now()) && refused)) supervisor_.reset();
        next_poll_ = deps_.clock.now();
    }
    if (wishes.reconnect) {
        const auto& problem = supervisor_.problem();
        if (problem && problem->code == Errc::certificate_changed) learned_.certificate_sha256.clear();  // confirmed by a human
        drop_session();
        afresh_ = true;
        learned_.unsupported.clear();
        self().ask_unsupported_again();
        refused_at_.clear();
        supervisor_.reset();
        next_poll_ = deps_.clock.now();
        publish();
    }
    if (wishes.children) {
        for (std::size_t i = 1; i < units_.size(); ++i) dress_child(*units_[i]);
        publish();
    }
    if (wishes.awake && battery_) {
        care_.sign_of_life(deps_.clock.now());
        if (deps_.clock.now() >= spoke_at_ + base_) next_poll_ = deps_.clock.now();  // it is awake anyway
    }
    for (const Push& push : wishes.pushes) take_push(push);
    if (wishes.poll && session_) poll(Ask::all);
    else if (wishes.poll && !supervisor_.blocked()) next_poll_ = deps_.clock.now();
}

Surroundings DeviceActor::surroundings() const {
    return {host_, transport_, family_, supervisor_.online(), supervisor_.problem(), pulse_};
}

void DeviceActor::publish() {
    pulse_->flaps = supervisor_.flaps();
    const Surroundings now = surroundings();
    for (const auto& unit : units_)
        if (unit->refresh(now, unit->away, deps_.clock)) deps_.sink.device_changed(unit->view());
}

}  // namespace tplink::gateway
