#include "gateway/device/actor.hpp"

#include <algorithm>

#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxRefusals = 8;                   // addresses; discovery is unauthenticated and may invent more
constexpr auto kCommandLifetime = std::chrono::seconds(10);  // a command older than that would surprise
// Devices need a moment: plugs 0.3 s, privacy 2 to 3 s (camera.md, "Methods in use"). The first look is at once.
constexpr std::chrono::milliseconds kReadBackDelays[] = {0ms, 60ms, 150ms, 300ms, 500ms, 900ms, 1500ms};

double jitter_from(RandomBytes& random) {
    std::byte one{};
    random.fill({&one, 1});
    return u8(one) / 255.0;
}

std::string code_of(const Error& error) {
    switch (error.code) {
    case Errc::session_expired:
    case Errc::malformed:
    case Errc::cancelled: return "unreachable";
    case Errc::certificate_changed: return "refused";
    default: return std::string(to_string(error.code));
    }
}

std::string pseudo_id(const std::string& host) {
    std::string id = "host_";
    for (const char c : host) id.push_back((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : '_');
    return id;
}

bool has_battery(const Identity& identity) {
    return std::any_of(identity.components.begin(), identity.components.end(),
                       [](const Component& component) { return component.name == "battery"; });
}

}  // namespace

std::span<const Capability> table_of(Family family) {
    switch (family) {
    case Family::tapo_camera: return tapo_camera_table();
    case Family::tapo_plug: return tapo_plug_table();
    default: return {};
    }
}

std::chrono::seconds default_poll(Family family, bool battery) {
    if (battery) return std::chrono::seconds(3600);
    return std::chrono::seconds(family == Family::tapo_plug || family == Family::kasa_plug ? 5 : 30);
}

DeviceActor::DeviceActor(DeviceConfig config, Credentials credentials, Learned learned, ActorDeps deps)
    : config_(std::move(config)), credentials_(std::move(credentials)), deps_(std::move(deps)),
      host_(config_.host.empty() ? learned.address : config_.host), learned_(std::move(learned)),
      supervisor_(jitter_from(deps_.random)), plan_(std::chrono::seconds(5)),
      family_(config_.family != Family::automatic ? config_.family : learned_.family) {
    if (!config_.mac.empty()) learned_.mac = config_.mac;
    identity_.mac = learned_.mac;
    identity_.model = learned_.model;
    identity_.name = learned_.name;
    learned_view_ = learned_;
    since_ = deps_.clock.wall();
    refresh_view();
}

DeviceActor::~DeviceActor() {
    request_stop();
    if (thread_.joinable()) thread_.join();
    while (const auto queued = inbox_.take())
        deps_.sink.command_done({view()->id, queued->command.property, queued->command.value, "unreachable",
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

void DeviceActor::post(PropertyCommand command) {
    const auto now_view = view();
    const auto row = std::find_if(now_view->rows.begin(), now_view->rows.end(),
                                  [&](const Capability* candidate) { return candidate->id == command.property; });
    const bool replaceable = row != now_view->rows.end() && std::holds_alternative<Number>((*row)->kind);
    std::optional<PropertyCommand> superseded;
    const PropertyCommand copy = command;
    const auto put = inbox_.put(std::move(command), deps_.clock.now(), replaceable, superseded);
    if (superseded)
        deps_.sink.command_done({now_view->id, superseded->property, superseded->value, "superseded",
                                 "a newer value replaced it", superseded->transaction});
    if (put == Inbox::Put::full)
        deps_.sink.command_done({now_view->id, copy.property, copy.value, "refused",
                                 "too many commands are waiting for this device; send fewer", copy.transaction});
}

std::shared_ptr<const DeviceView> DeviceActor::view() const {
    const std::lock_guard lock(shared_mutex_);
    return view_;
}

Learned DeviceActor::learned() const {
    const std::lock_guard lock(shared_mutex_);
    return learned_view_;
}

std::shared_ptr<const json::object> DeviceActor::document() const {
    const std::lock_guard lock(shared_mutex_);
    return document_view_;
}

std::int64_t DeviceActor::unix_now() const { return std::chrono::system_clock::to_time_t(deps_.clock.wall()); }

void DeviceActor::run(std::stop_token stop) {
    stop_ = stop;
    while (!stop.stop_requested()) {
        handle(inbox_.take_wishes());
        const SteadyTime now = deps_.clock.now();
        // Within the grace of an online device a lost session is opened at the polls' pace, not as fast as it fails.
        const bool due = !supervisor_.online() || now >= next_poll_;
        if (!session_ && due && supervisor_.may_try(now)) open();
        if (session_ && deps_.clock.now() >= next_poll_ && supervisor_.may_try(deps_.clock.now())) poll(false);
        while (!stop.stop_requested()) {
            const auto queued = inbox_.take();
            if (!queued) break;
            handle(*queued);
        }
        inbox_.wait(stop, next_deadline());
    }
    drop_session();
}

std::optional<SteadyTime> DeviceActor::next_deadline() const {
    const auto allowed = supervisor_.next_try();
    if (!allowed) return std::nullopt;
    return session_ || supervisor_.online() ? std::max(next_poll_, *allowed) : *allowed;
}

void DeviceActor::open() {
    {
        const std::lock_guard lock(shared_mutex_);
        if (stopping_) return;
        opener_ = deps_.make_opener();
    }
    ++counters_.logins;
    Result<Opened> opened = opener_->open({host_, config_.port, family_, credentials_, learned_});
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
    plan_.forget();
    offer_.reset();
    next_poll_ = deps_.clock.now();
}

void DeviceActor::adopt_identity(const Identity& identity) {
    const bool new_firmware = identity.firmware != identity_.firmware;
    identity_ = identity;
    if (!offer_ || new_firmware) {
        offer_.emplace(table_of(family_), identity_.components);
        plan_.forget();
    }
    const bool battery = config_.battery == Tristate::yes || (config_.battery == Tristate::automatic && has_battery(identity_));
    const auto base = config_.poll.count() > 0 ? config_.poll : default_poll(family_, battery);
    plan_.set_base(base);
    Learned fresh = learned_;
    fresh.mac = identity_.mac;
    fresh.model = identity_.model;
    fresh.name = identity_.name;
    fresh.address = host_;
    fresh.family = family_;
    learned_ = fresh;
    bool changed = false;
    {
        const std::lock_guard lock(shared_mutex_);
        changed = learned_view_ != fresh;
        learned_view_ = fresh;
    }
    if (changed) deps_.sink.device_learned(identity_.mac);
}

void DeviceActor::poll(bool everything) {
    const SteadyTime begun = deps_.clock.now();
    next_poll_ = plan_.next(begun);
    if (!offer_) {
        const Result<Identity> identity = session_->identify();
        if (!identity) return fail_with(identity.error());
        if (!config_.mac.empty() && identity->mac != config_.mac)
            return fail_with({Errc::unreachable, "another device (" + identity->mac + ") answers at " + host_, 0, {}});
        adopt_identity(*identity);
        // Phase from the id: 200 devices must not speak at once.
        const auto base = plan_.base();
        next_poll_ = begun + base / 2 + base * static_cast<long>(std::hash<std::string>{}(identity_.mac) % 50) / 100;
    }
    const bool first = offer_->rows().empty();
    const auto queries = offer_->queries(first);
    const auto due = everything ? queries : plan_.due(queries, begun);
    if (due.empty()) return;  // nothing was asked, so nothing was proven
    if (const auto asked = ask(due); !asked) return fail_with(asked.error());
    ++counters_.polls;
    counters_.latency_ms = std::chrono::duration<double, std::milli>(deps_.clock.now() - begun).count();
    supervisor_.succeeded();
    last_seen_ = deps_.clock.wall();
    publish();
}

Result<void> DeviceActor::ask(const std::vector<Query>& queries) {
    if (queries.empty()) return {};
    std::vector<Request> requests;
    requests.reserve(queries.size());
    for (const Query& query : queries) requests.push_back(to_request(query));
    const auto answers = TRY(session_->query(requests));
    plan_.asked(queries, deps_.clock.now());
    for (std::size_t i = 0; i < answers.size() && i < queries.size(); ++i) {
        if (answers[i].result) merge_answer(document_, answers[i].method, *answers[i].result);
        else if (answers[i].result.error().code == Errc::unsupported) offer_->drop(queries[i]);
    }
    offer_->update(document_, unix_now());
    return {};
}

void DeviceActor::fail_with(const Error& error) {
    if (error.code == Errc::cancelled && stop_.stop_requested()) return;
    ++counters_.errors;
    const auto probe = [this] { return deps_.quick_probe && deps_.quick_probe(host_, learned_.port != 0 ? learned_.port : config_.port); };
    const bool changed = supervisor_.failed(error, deps_.clock.now(), probe);
    // Deaf beyond the grace although it is there: perhaps it speaks another generation now, so log in anew.
    if (!supervisor_.online() || supervisor_.beyond_grace() || error.code == Errc::malformed) drop_session();
    const auto pause = supervisor_.beyond_grace() ? 5 * deps_.look_again : deps_.look_again;
    next_poll_ = deps_.clock.now() + std::min(plan_.base(), pause);
    if (supervisor_.blocked() && refused_at_.size() < kMaxRefusals) refused_at_.insert(host_);
    if (changed) publish();
}

void DeviceActor::drop_session() {
    const std::lock_guard lock(shared_mutex_);
    session_.reset();
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
        refused_at_.clear();
        supervisor_.reset();
        next_poll_ = deps_.clock.now();
        publish();
    }
    if (wishes.poll && session_) poll(true);
    else if (wishes.poll && !supervisor_.blocked()) next_poll_ = deps_.clock.now();
}

void DeviceActor::handle(const QueuedCommand& queued) {
    ++counters_.commands;
    CommandResult result;
    if (deps_.clock.now() - queued.at > kCommandLifetime) {
        result = {"", queued.command.property, queued.command.value, "timeout", "it waited too long for the device and was not sent", nullptr};
    } else {
        result = execute(queued.command);
    }
    result.id = view()->id;
    result.transaction = queued.command.transaction;
    deps_.sink.command_done(result);
}

CommandResult DeviceActor::execute(const PropertyCommand& command) {
    CommandResult result{"", command.property, command.value, "ok", "", nullptr};
    const auto refuse = [&](std::string code, std::string message) {
        result.code = std::move(code);
        result.message = std::move(message);
        return result;
    };
    if (const auto refusal = supervisor_.standing_refusal(deps_.clock.now()))
        return refuse(code_of(Error{*refusal, "", 0, {}}), supervisor_.problem() ? supervisor_.problem()->message : "");
    if (!session_ || !offer_) {
        if (!session_) open();
        if (session_) poll(false);
        if (!session_ || !offer_) {
            if (const auto refusal = supervisor_.standing_refusal(deps_.clock.now()))
                return refuse(code_of(Error{*refusal, "", 0, {}}), supervisor_.problem()->message);
            return refuse("unreachable", supervisor_.problem() ? supervisor_.problem()->message : "the device does not answer");
        }
    }
    const Capability* row = offer_ ? offer_->find(command.property) : nullptr;
    if (row == nullptr) return refuse("unknown_property", "this device has no '" + command.property + "'");
    if (!is_writable(*row)) return refuse("read_only", "'" + command.property + "' can only be read");
    const auto wanted = parse_command(*row, command.value, document_);
    if (!wanted) return refuse("invalid_value", wanted.error().what);
    const auto request = make_request(*row, *wanted, document_);
    if (!request) return refuse(code_of(request.error()), request.error().what);
    const auto reply = session_->call(*request);
    const auto* press = std::get_if<Press>(&row->kind);
    const bool silent_success = press != nullptr && press->may_not_answer && !reply &&
                                (reply.error().code == Errc::timeout || reply.error().code == Errc::unreachable);
    if (!reply && !silent_success) {
        const Errc code = reply.error().code;
        if (code != Errc::refused && code != Errc::unsupported) fail_with(reply.error());
        else if (!row->query.method.empty() && ask({row->query})) publish();  // show the truth again
        return refuse(code_of(reply.error()), reply.error().what);
    }
    if (row->latch_s > 0) {
        json::value& all = document_[kLatched];
        if (!all.is_object()) all.emplace_object();
        const auto* kind = std::get_if<OnOff>(&row->kind);
        const bool on = kind != nullptr && *wanted == json::value(json::string(kind->on));
        all.get_object()[row->id] = json::object{{"value", on ? "ON" : "OFF"}, {"until", unix_now() + row->latch_s}};
        publish();
        return result;
    }
    return confirm(*row, *wanted, std::move(result));
}

/// Reads the row back until the device says what was asked, and publishes what it says.
CommandResult DeviceActor::confirm(const Capability& row, const json::value& wanted, CommandResult result) {
    if (std::holds_alternative<Press>(row.kind) || row.query.method.empty()) return result;
    for (const auto delay : kReadBackDelays) {
        if (delay.count() > 0 && !wait_or_stop(delay)) break;
        const auto asked = ask({row.query});
        if (!asked) {
            fail_with(asked.error());
            result.code = code_of(asked.error());
            result.message = "sent, but the device did not confirm: " + asked.error().what;
            return result;
        }
        if (confirms(row, read_value(row, document_, unix_now()), wanted)) {
            last_seen_ = deps_.clock.wall();
            publish();
            return result;
        }
    }
    publish();
    result.code = "refused";
    result.message = "the device accepted the command but still reports another value";
    return result;
}

bool DeviceActor::wait_or_stop(std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop_, time, [] { return false; });
    return !stop_.stop_requested();
}

void DeviceActor::publish() {
    refresh_view();
    deps_.sink.device_changed(view());
}

void DeviceActor::refresh_view() {
    auto view = std::make_shared<DeviceView>();
    view->id = identity_.mac.empty() ? pseudo_id(host_) : identity_.mac;
    view->identity = identity_;
    view->family = family_;
    view->host = host_;
    view->transport = transport_;
    if (!config_.name.empty()) view->name = config_.name;
    else if (!identity_.name.empty()) view->name = identity_.name;
    else if (!identity_.model.empty() && identity_.mac.size() == 12) view->name = identity_.model + " " + identity_.mac.substr(8);
    else view->name = host_;
    view->online = supervisor_.online();
    view->problem = supervisor_.problem();
    if (offer_) {
        for (const Capability* row : offer_->rows())
            if (std::find(config_.exclude.begin(), config_.exclude.end(), row->id) == config_.exclude.end())
                view->rows.push_back(row);
        for (const Capability* row : view->rows)
            if (auto options = options_of(*row, document_); !options.empty()) view->options[std::string(row->id)] = std::move(options);
        state_ = render(view->rows, document_, state_, unix_now());
    }
    view->state = state_;
    if (view->online != was_online_) since_ = deps_.clock.wall();
    was_online_ = view->online;
    view->since = since_;
    view->last_seen = last_seen_;
    view->counters = counters_;
    view->counters.flaps = supervisor_.flaps();
    auto document = std::make_shared<const json::object>(document_);
    {
        const std::lock_guard lock(shared_mutex_);
        view_ = std::move(view);
        document_view_ = std::move(document);
    }
}

}  // namespace tplink::gateway
