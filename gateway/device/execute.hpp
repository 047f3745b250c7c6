#pragma once
// One command on one unit: checked, sent, read back until the device says what was asked. Sent a second time only when the
// answer was lost and the device then says that it had not heard the first.

#include <functional>

#include "gateway/device/device_unit.hpp"

namespace tplink::gateway {

/// What a command needs of its actor.
struct CommandTools {
    Session& session;
    const Clock& clock;
    std::function<void()> publish;                             ///< tell the unit's state as it is now
    std::function<bool(std::chrono::milliseconds)> wait;       ///< false: the actor shall end
    SteadyTime until = SteadyTime::max();                      ///< after that nothing that was lost is asked again: the answer is due
};

struct Executed {
    CommandResult result;
    std::optional<Error> failure;  ///< of the connection, for the supervisor
};

Executed execute(DeviceUnit& unit, const PropertyCommand& command, const CommandTools& tools);

/// The public code of an error.
std::string code_of(const Error& error);

}  // namespace tplink::gateway
