#pragma once
// The inside of a plug, switch or bulb: its relays, meters and settings, asked in JSON. Knows no cipher.

#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/result.hpp"

namespace tplink::sim {

/// All members from any thread.
class InnerDevice {
public:
    InnerDevice() = default;
    virtual ~InnerDevice() = default;
    InnerDevice(const InnerDevice&) = delete;
    InnerDevice& operator=(const InnerDevice&) = delete;

    /// Answers one request, JSON both ways; bad JSON is answered in the dialect's way. Empty: no answer.
    virtual std::string answer_text(std::string_view request) = 0;
    /// What a struck request gets instead of being run.
    virtual std::string rate_limited() const = 0;
    /// Set by a reboot request: how long after the reply; asked once by the transport.
    virtual std::optional<std::chrono::milliseconds> take_reboot() = 0;
    /// Timers gone, switches as before.
    virtual void power_cycle() = 0;

    virtual boost::json::object state() = 0;
    virtual Result<void> set_state(const boost::json::object& changes) = 0;

    virtual std::string device_id() const = 0;
    virtual std::string device_type() const = 0;             ///< "SMART.TAPOPLUG"
    virtual std::string model() const = 0;                   ///< "P110"
    virtual std::string region_suffix() const { return {}; } ///< discovery announces model + suffix
    virtual std::string hardware_version() const { return "1.0"; }
};

} // namespace tplink::sim
