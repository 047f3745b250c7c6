#pragma once
// ONVIF events of a camera: date and time, pull points, push subscriptions, with the firmware bugs of the
// field.

#include <boost/json/object.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "tests/simulators/camera_inside.hpp"
#include "tests/simulators/http_server.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

class FaultSwitch;

struct OnvifOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 2020; ///< 0: any
    std::string username = "camera";
    std::string password = "camera-password"; ///< of the camera account, not of the cloud
    std::int64_t clock_skew_s = 0;
    bool never_sends_false = false;
    bool delivers_nothing = false; ///< pull points stay empty; only push works
    std::chrono::milliseconds longest_poll{5000};
};

/// All members from any thread.
class OnvifService {
public:
    OnvifService(OnvifOptions options, World world);
    ~OnvifService();
    OnvifService(const OnvifService&) = delete;
    OnvifService& operator=(const OnvifService&) = delete;

    HttpReply handle(const HttpRequest& request);
    /// Tells all subscribers.
    void happen(const CameraEvent& event);
    /// Wakes waiting polls; further ones end at once.
    void shut_down();
    void set_port(std::uint16_t port);
    const OnvifOptions& options() const { return options_; }
    /// never_sends_false, delivers_nothing, forget_subscriptions.
    Result<void> set_state(const boost::json::object& changes);
    boost::json::object state() const;

private:
    struct Subscription {
        std::chrono::milliseconds ends{0};
        std::deque<std::string> messages;
        std::string push_to; ///< callback URL; empty: pulled
        bool initial = true; ///< the state of all topics was not told yet
    };
    HttpReply run(const HttpRequest& request);
    HttpReply create(const std::string& body);
    HttpReply pull(const std::string& path, const std::string& body);
    bool authorized(const std::string& body) const;
    std::int64_t now_s() const { return world_.unix_s() + options_.clock_skew_s; }
    std::string utc(std::int64_t unix_s) const;
    std::string base_url() const;
    std::string message(const CameraEvent& event, std::string_view operation) const;
    std::string subscribed(const std::string& tag, const std::string& path, std::int64_t seconds) const;

    OnvifOptions options_;
    const World world_;
    mutable std::mutex mutex_; // guards all below
    std::condition_variable news_;
    std::map<std::string, Subscription> subscriptions_; ///< by path
    bool down_ = false;
    int next_ = 0;
    std::uint64_t created_ = 0;
    std::uint64_t pulls_ = 0;
    std::uint64_t pushes_ = 0;
    std::uint64_t renewals_ = 0;
    std::uint64_t refusals_ = 0;
};

/// The service's port; stopping or killing it ends waiting polls first. Listens when it returns.
std::unique_ptr<Port> open_onvif_port(OnvifService& service, HttpServerOptions options, FaultSwitch& faults);

/// Digest of a WS-Security UsernameToken: base64(SHA1(nonce + created + password)).
std::string onvif_digest(std::string_view nonce_base64, std::string_view created, std::string_view password);

} // namespace tplink::sim
