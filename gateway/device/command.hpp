#pragma once
// What a user asks of a device, and the one answer to it.

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "protocols/session.hpp"

namespace tplink::gateway {

/// One property of one device is to change.
struct PropertyCommand {
    std::string property;
    boost::json::value value;        ///< text or JSON scalar as it came
    boost::json::value transaction{};  ///< null: none
    std::optional<Request> raw{};    ///< a request in the device's own language instead; `property` and `value` say nothing
    std::string unit{};              ///< id of the outlet or child it is for; empty: the device itself
};

/// Exactly one per command, after the state that confirms (or denies) it.
struct CommandResult {
    std::string id{}, property{};
    boost::json::value value{};  ///< as sent
    std::string code = "ok";   ///< ok, superseded, invalid_value, unknown_property, read_only, unreachable, timeout,
                               ///< auth_failed, locked_out, refused, unsupported, cloud_disabled
    std::string message{};
    boost::json::value transaction{};  ///< null: none
    std::optional<boost::json::value> answer{};  ///< of a raw request: what the device said; null when it failed
    bool ok() const { return code == "ok"; }
};

}  // namespace tplink::gateway
