#pragma once
// The two sources that push: a camera's ONVIF subscription and the datagrams of doorbells.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/events/desk.hpp"
#include "protocols/net/udp.hpp"
#include "protocols/onvif/pull_point.hpp"

namespace tplink::gateway {

/// One line for the log about one device.
using EventLog = std::function<void(std::string_view level, const std::string& message, const std::string& device)>;

/// Holds one subscription at each watched camera; a thread per camera, which sleeps in the camera's own long poll.
class OnvifWatch {
public:
    /// silent: a camera's subscription delivers nothing although the camera notices things (true), or delivers again.
    using Silence = std::function<void(const std::string& device, bool silent)>;
    OnvifWatch(EventDesk& desk, EventLog log, const Clock& clock, RandomBytes& random, Silence silence = {});
    ~OnvifWatch();

    /// Watches `device` there from now on; the same options again change nothing.
    void watch(const std::string& device, const tplink::onvif::PullPointOptions& options);
    void leave(const std::string& device);
    void stop();
    /// A subscription at this camera stands and delivers what happens: its list of alarms is asked for control only.
    bool is_listening(const std::string& device) const;
    /// The camera's own record shows it. True when the subscription brought it too.
    bool recorded(const std::string& device, std::string_view kind, WallTime at);

private:
    struct Watcher;
    void run(Watcher& watcher, const std::stop_token& stop);
    void take(Watcher& watcher, const tplink::onvif::Detection& seen);
    void tell(const std::string& device, bool silent);

    EventDesk& desk_;
    const EventLog log_;
    const Silence silence_;
    const Clock& clock_;
    RandomBytes& random_;
    mutable std::mutex mutex_;
    std::map<std::string, std::unique_ptr<Watcher>> watchers_;
};

/// Doorbells broadcast a datagram when pressed. What it says is not known; that it comes is the press.
class DoorbellListener {
public:
    static constexpr std::uint16_t kPort = 20005;
    /// pressed: called on the listener's thread with the sender's address.
    explicit DoorbellListener(std::function<void(const std::string& address)> pressed) : pressed_(std::move(pressed)) {}
    ~DoorbellListener();
    /// errors: unreachable when the port cannot be had.
    Result<void> start(std::uint16_t port = kPort);

private:
    const std::function<void(const std::string&)> pressed_;
    std::unique_ptr<net::UdpSocket> socket_;
    std::jthread thread_;
};

}  // namespace tplink::gateway
