#pragma once
// A Kasa camera's state by UDP 9999: no login, and the only local state every firmware gives. Source: camera.md, "State".

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "protocols/base/clock.hpp"
#include "protocols/net/udp.hpp"
#include "protocols/session.hpp"

namespace tplink::kasa {

/// The camera's fields out of a datagram, or out of a reply to system.get_sysinfo by another way; where it stands is left
/// out at once. errors: malformed; refused when what answers is no camera.
Result<json::object> read_sysinfo(Bytes datagram);
Result<json::object> read_sysinfo(const json::object& reply);

/// Who it is, from those fields. errors: malformed without a MAC address.
Result<Identity> identity_of(const json::object& sysinfo);

/// Motion out of the camera's own clock: its last event moves on, or does not. Adds "motion": "on" or "off".
class MotionWatch {
public:
    void mark(json::object& sysinfo);

private:
    std::int64_t last_ = -1;  ///< -1: nothing seen yet, so nothing can have moved
    bool on_ = false;
};

/// Asks one camera. One thread, except cancel().
class SysinfoReader {
public:
    using OpenSocket = std::function<Result<std::unique_ptr<net::UdpSocket>>()>;
    /// host: numeric.
    SysinfoReader(std::string host, std::uint16_t port, OpenSocket open, const Clock& clock)
        : host_(std::move(host)), port_(port), open_(std::move(open)), clock_(clock) {}

    /// Three datagrams within 2 s. errors: timeout, unreachable, cancelled; malformed, refused for what answered.
    Result<json::object> read();
    /// Sticky, from any thread.
    void cancel();

private:
    const std::string host_;
    const std::uint16_t port_;
    const OpenSocket open_;
    const Clock& clock_;
    std::mutex mutex_;
    std::shared_ptr<net::UdpSocket> socket_;
    bool cancelled_ = false;
};

}  // namespace tplink::kasa
