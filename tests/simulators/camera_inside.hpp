#pragma once
// The inside of a camera: its settings, motor, siren and events. Knows no login.

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>

#include "protocols/base/result.hpp"
#include "tests/simulators/card.hpp"

namespace tplink::sim {

struct CameraIdentity {
    std::string model;
    std::string device_type;
    std::string hw_version;
    std::string sw_version;
    std::string device_id;
    bool wired = false; ///< Ethernet: no rssi
};

/// Something the camera saw or heard; kinds are those of event_log.hpp.
struct CameraEvent {
    std::string kind;
    bool active = true; ///< false: it is over
};

/// All members from any thread.
class CameraInside {
public:
    CameraInside() = default;
    virtual ~CameraInside() = default;
    CameraInside(const CameraInside&) = delete;
    CameraInside& operator=(const CameraInside&) = delete;

    /// A request as it stands inside the channel: multipleRequest, one new-style method, or old-style
    /// get/set/do.
    virtual boost::json::object answer(const boost::json::object& request) = 0;
    /// Set by a reboot request; asked once by the transport.
    virtual bool take_reboot() = 0;
    virtual void power_cycle() = 0;
    /// The lens is covered now: no picture, no motor.
    virtual bool privacy_on() = 0;
    virtual boost::json::object state() = 0;
    virtual Result<void> set_state(const boost::json::object& changes) = 0;
    virtual CameraIdentity identity() const = 0;
    /// `last_alarm_time`, `last_alarm_type` and `sd_status`, for the discovery answer.
    virtual boost::json::object hints() = 0;
    /// The port announced as `cet.vhttpd.port`.
    virtual void set_media_port(std::uint16_t port) = 0;
    /// Called for every event, on the thread that caused it; set before the camera starts.
    virtual void set_event_hook(std::function<void(const CameraEvent&)> hook) = 0;
    /// Null: it has no recordings to list. Set before the camera starts.
    void set_card(std::shared_ptr<Card> card) { card_ = std::move(card); }

protected:
    std::shared_ptr<Card> card_;
};

} // namespace tplink::sim
