#pragma once
// One command on one unit: checked, sent once, read back until the device says what was asked.

#include <functional>

#include "gateway/device/device_unit.hpp"

namespace tplink::gateway {

/// What a command needs of its actor.
struct CommandTools {
    Session& session;
    const Clock& clock;
    std::function<void()> publish;                             ///< tell the unit's state as it is now
    std::function<bool(std::chrono::milliseconds)> wait;       ///< false: the actor shall end
};

struct Executed {
    CommandResult result;
    std::optional<Error> failure;  ///< of the connection, for the supervisor
};

Executed execute(DeviceUnit& unit, const PropertyCommand& command, const CommandTools& tools);

/// The public code of an error.
std::string code_of(const Error& error);

}  // namespace tplink::gateway
