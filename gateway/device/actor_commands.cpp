// Commands on their way through the device's thread: queued, sent, confirmed or refused with a reason.

#include <algorithm>
#include <condition_variable>

#include "gateway/device/actor.hpp"
#include "protocols/child_session.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kCommandLifetime = std::chrono::seconds(10);  // a command older than that would surprise
constexpr auto kAskAgainUntil = std::chrono::seconds(6);      // a lost answer costs 5 s; then there is time for one more try
constexpr int kBurst = 3;                                     // quick polls after a command: power follows the relay

}  // namespace

void DeviceActor::post(PropertyCommand command) {
    const auto unit = find_unit(command.unit);
    const auto now_view = unit ? unit->view() : view();
    const auto row = std::find_if(now_view->rows.begin(), now_view->rows.end(),
                                  [&](const Capability* candidate) { return candidate->id == command.property; });
    // What will be refused must not take the place of what would not.
    const bool replaceable = !command.raw && row != now_view->rows.end() && std::holds_alternative<Number>((*row)->kind) &&
                             parse_command(**row, command.value, {}).has_value();
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

void DeviceActor::handle(const QueuedCommand& queued) {
    ++pulse_->commands;
    const PropertyCommand& command = queued.command;
    CommandResult result;
    if (deps_.clock.now() - queued.at > kCommandLifetime) {
        result = {"", command.property, command.value, "timeout", "it waited too long for the device and was not sent", nullptr};
    } else {
        const bool plug = family_ == Family::tapo_plug || family_ == Family::kasa_plug;
        result = execute(command, queued.at + (plug ? kAskAgainUntil : 2 * kAskAgainUntil));  // cameras take twice as long to be given up
        if (result.ok() && !battery_) {
            burst_ = kBurst;
            next_poll_ = std::min(next_poll_, deps_.clock.now() + kBurstGap);
        }
    }
    result.id = command.unit.empty() ? view()->id : command.unit;
    result.transaction = command.transaction;
    if (command.raw && !result.answer) result.answer = json::value(nullptr);
    deps_.sink.command_done(result);
}

/// A request as an expert wrote it.
CommandResult DeviceActor::pass_on(const Request& request, Session& session) {
    CommandResult result;
    result.answer = json::value(nullptr);
    const auto reply = session.call(request);
    if (reply) {
        result.answer = *reply;
        return result;
    }
    result.code = code_of(reply.error());
    result.message = reply.error().what;
    if (reply.error().code != Errc::refused && reply.error().code != Errc::unsupported) fail_with(reply.error());
    return result;
}

CommandResult DeviceActor::execute(const PropertyCommand& command, SteadyTime until) {
    const auto refuse = [&](std::string code, std::string message) {
        return CommandResult{"", command.property, command.value, std::move(code), std::move(message), nullptr};
    };
    const auto standing = [&]() -> std::optional<CommandResult> {
        const auto refusal = supervisor_.standing_refusal(deps_.clock.now());
        if (!refusal) return std::nullopt;
        return refuse(code_of(Error{*refusal, "", 0, {}}), supervisor_.problem() ? supervisor_.problem()->message : "");
    };
    if (auto refusal = standing()) return *refusal;
    if (!session_) open();
    if (session_ && !identified_) poll(Ask::due);
    if (!session_ || !identified_) {
        if (auto refusal = standing()) return *refusal;
        return refuse("unreachable", supervisor_.problem() ? supervisor_.problem()->message : "the device does not answer");
    }
    const auto unit = find_unit(command.unit);
    if (!unit) return refuse("unknown_property", "there is no device '" + command.unit + "' any more");
    if (unit->away) return refuse("unreachable", "its hub cannot reach it; check its battery and distance");
    if (unit->how != nullptr && !unit->session) unit->session = make_child_session(session_, unit->child_id, unit->identity());
    const Contact contact(*this, *unit);
    if (command.raw) return pass_on(*command.raw, unit->session ? *unit->session : *session_);
    const CommandTools tools{unit->session ? *unit->session : *session_, deps_.clock, [this] { publish(); }, [this](auto time) { return wait_or_stop(time); }, until};
    Executed done = gateway::execute(*unit, command, tools);
    if (done.failure) fail_with(*done.failure);
    else if (done.result.ok()) {
        pulse_->last_seen_s = unix_now();
        if (supervisor_.online()) supervisor_.succeeded();
    }
    return std::move(done.result);
}

bool DeviceActor::wait_or_stop(std::chrono::milliseconds time) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop_, time, [] { return false; });
    return !stop_.stop_requested();
}

}  // namespace tplink::gateway
