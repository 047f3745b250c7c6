#include "gateway/device/execute.hpp"

namespace tplink::gateway {
namespace {

// Devices need a moment: plugs 0.3 s, privacy 2 to 3 s (camera.md, "Methods in use"). The first look is at once.
constexpr std::chrono::milliseconds kReadBackDelays[] = {0ms, 60ms, 150ms, 300ms, 500ms, 900ms, 1500ms};

constexpr std::chrono::milliseconds kSettled{300};  // after a lost answer: the device may just be doing it

std::int64_t unix_of(const Clock& clock) { return std::chrono::system_clock::to_time_t(clock.wall()); }

Executed refused(CommandResult result, std::string code, std::string message) {
    result.code = std::move(code);
    result.message = std::move(message);
    return {std::move(result), std::nullopt};
}

/// On the way, there or back.
bool is_lost(const Error& error) { return !error.aside && (error.code == Errc::timeout || error.code == Errc::unreachable); }

/// Reads the row, once more when that is lost and there is time. errors: of the exchange.
Result<void> look(DeviceUnit& unit, const Capability& row, const CommandTools& tools) {
    auto asked = unit.ask(tools.session, {row.query}, tools.clock);
    if (asked || !is_lost(asked.error()) || tools.clock.now() >= tools.until) return asked;
    return unit.ask(tools.session, {row.query}, tools.clock);
}

/// Reads the row back until the device says what was asked, and publishes what it says.
Executed confirm(DeviceUnit& unit, const Capability& row, const json::value& wanted, CommandResult result, const CommandTools& tools) {
    if (std::holds_alternative<Press>(row.kind) && row.query.busy != nullptr && unit.ask(tools.session, {row.query}, tools.clock)) tools.publish();  // what it set going
    if (std::holds_alternative<Press>(row.kind) || row.query.method.empty()) return {std::move(result), std::nullopt};
    for (const auto delay : kReadBackDelays) {
        if (delay.count() > 0 && !tools.wait(delay)) break;
        const auto asked = look(unit, row, tools);
        if (!asked) {
            Executed out = refused(std::move(result), code_of(asked.error()), "sent, but the device did not confirm: " + asked.error().what);
            out.failure = asked.error();
            return out;
        }
        if (confirms(row, read_value(row, unit.document(), unix_of(tools.clock)), wanted)) {
            tools.publish();
            return {std::move(result), std::nullopt};
        }
    }
    tools.publish();
    return refused(std::move(result), "refused", "the device accepted the command but still reports another value");
}

bool is_silent_success(const Capability& row, const Error& error) {
    const auto* press = std::get_if<Press>(&row.kind);
    return press != nullptr && press->may_not_answer && (error.code == Errc::timeout || error.code == Errc::unreachable);
}

/// The request or its answer was lost on the way. It is sent again only when the device's state tells that it never arrived: a
/// motor must not move twice, and what cannot be asked is not repeated.
Executed lost(DeviceUnit& unit, const Capability& row, Request request, Error error, const json::value& wanted, CommandResult result, const CommandTools& tools) {
    const bool told = !row.query.method.empty() && (!row.pointer.empty() || row.derive != nullptr) && row.latch_s == 0 && !row.spent && !row.toggles &&
                      !std::holds_alternative<Press>(row.kind);
    for (bool again = told && tools.clock.now() < tools.until && tools.wait(kSettled); again; again = false) {
        if (!look(unit, row, tools)) break;
        const json::value now = read_value(row, unit.document(), unix_of(tools.clock));
        if (now.is_null()) break;
        if (confirms(row, now, wanted)) {
            tools.publish();
            return {std::move(result), std::nullopt};
        }
        if (tools.clock.now() >= tools.until) break;
        const auto reply = tools.session.call(request);
        if (reply) return confirm(unit, row, wanted, std::move(result), tools);
        error = reply.error();
    }
    Executed out = refused(std::move(result), code_of(error), error.what + (told ? "" : "; whether it was done is not known"));
    out.failure = error;
    return out;
}

/// The device said no. Its true state again, so that a toggle snaps back.
Executed denied(DeviceUnit& unit, const Capability& row, const Error& error, CommandResult result, const CommandTools& tools) {
    Executed out = refused(std::move(result), code_of(error), error.what);
    const bool connection = error.code != Errc::refused && error.code != Errc::unsupported && !error.aside;
    if (connection) {
        out.failure = error;
    } else if (!row.query.method.empty()) {
        if (const auto asked = unit.ask(tools.session, {row.query}, tools.clock)) tools.publish();
        else out.failure = asked.error();  // it was not the command: the whole exchange fails
    }
    return out;
}

/// The request only flips the state: what it is now decides whether to send it. Nothing: send it.
std::optional<Executed> is_so_already(DeviceUnit& unit, const Capability& row, const json::value& wanted, const CommandResult& result, const CommandTools& tools) {
    if (const auto asked = unit.ask(tools.session, {row.query}, tools.clock); !asked) {
        Executed out = refused(result, code_of(asked.error()), asked.error().what);
        out.failure = asked.error();
        return out;
    }
    if (!confirms(row, read_value(row, unit.document(), unix_of(tools.clock)), wanted)) return std::nullopt;
    tools.publish();
    return Executed{result, std::nullopt};
}

/// What a good reply says beside "done": that a motor stands at the end of its range.
std::string warning_of(const json::value& reply) {
    const json::object* object = reply.if_object();
    const json::value* warning = object == nullptr ? nullptr : object->if_contains(kWarning);
    return warning != nullptr && warning->is_string() ? std::string(warning->get_string()) : std::string();
}

Executed execute(DeviceUnit& unit, const Capability* row, const PropertyCommand& command, const CommandTools& tools) {
    CommandResult result{"", command.property, command.value, "ok", "", nullptr};
    if (row == nullptr) return refused(std::move(result), "unknown_property", "this device has no '" + command.property.substr(0, 60) + "'");
    if (!is_writable(*row)) return refused(std::move(result), "read_only", "'" + command.property + "' can only be read");
    const auto wanted = parse_command(*row, command.value, unit.document());
    if (!wanted) return refused(std::move(result), "invalid_value", wanted.error().what);
    if (row->toggles)
        if (auto done = is_so_already(unit, *row, *wanted, result, tools)) return std::move(*done);
    const auto request = make_request(*row, *wanted, unit.document());
    if (!request) return refused(std::move(result), code_of(request.error()), request.error().what);
    if (row->before != nullptr)
        if (const auto first = row->before(*wanted, WriteContext{unit.document()}))
            if (const auto done = tools.session.call(*first); !done) return denied(unit, *row, done.error(), std::move(result), tools);
    const auto reply = tools.session.call(*request);
    if (!reply && is_lost(reply.error()) && !is_silent_success(*row, reply.error())) return lost(unit, *row, *request, reply.error(), *wanted, std::move(result), tools);
    if (!reply && !is_silent_success(*row, reply.error())) return denied(unit, *row, reply.error(), std::move(result), tools);
    if (reply) result.message = warning_of(*reply);
    if (row->latch_s == 0) return confirm(unit, *row, *wanted, std::move(result), tools);
    const auto* kind = std::get_if<OnOff>(&row->kind);
    unit.latch(row->id, kind != nullptr && *wanted == json::value(json::string(kind->on)), unix_of(tools.clock) + row->latch_s);
    tools.publish();
    return {std::move(result), std::nullopt};
}

}  // namespace

std::string code_of(const Error& error) {
    switch (error.code) {
    case Errc::session_expired:
    case Errc::malformed:
    case Errc::cancelled: return "unreachable";
    case Errc::certificate_changed: return "refused";
    default: return std::string(to_string(error.code));
    }
}

Executed execute(DeviceUnit& unit, const PropertyCommand& command, const CommandTools& tools) {
    const Capability* row = unit.is_offered() ? unit.offer().find(command.property) : nullptr;
    Executed done = execute(unit, row, command, tools);
    if (row == nullptr || done.result.code != "unsupported") return done;
    const Capability* next = unit.reject(*row, unix_of(tools.clock));  // variants of firmware: it may know the next one
    return next == nullptr ? done : execute(unit, next, command, tools);
}

}  // namespace tplink::gateway
