#pragma once
// A Tapo camera on the network: a CameraModel behind HTTPS and one of the logins.

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "tests/simulators/camera_model.hpp"
#include "tests/simulators/device.hpp"
#include "tests/simulators/onvif/onvif_service.hpp"
#include "tests/simulators/tls.hpp"

namespace tplink::sim {

enum class PasswordHash { sha256, md5 }; ///< which hash of the account password the camera holds

struct CameraOptions : DeviceOptions {
    CameraFacts camera; ///< address, mac and alias come from DeviceOptions
    /// Makes another inside than a CameraModel of `camera`, e.g. a DocumentCamera; empty: that one.
    std::function<std::shared_ptr<CameraInside>(const DeviceOptions&)> make_inside = {};
    TlsSuites suites = TlsSuites::any;
    std::shared_ptr<const TlsIdentity> identity; ///< null: makes its own
    std::chrono::seconds session_life{3600};
    std::size_t max_sessions = 4; ///< the oldest makes room
    int max_attempts = 10;        ///< wrong passwords before the lockout
    std::chrono::seconds lockout{1800};
    std::optional<OnvifOptions> onvif = {}; ///< events by pull point; address and skew are the camera's
    /// A doorbell: a datagram to this UDP port on each press, from the camera's own address; 0: none.
    std::uint16_t ring_port = 0;
    std::string ring_address = "127.0.0.1"; ///< stands for the broadcast address of a real network
    bool pkcs1_announcement = false;        ///< wraps the discovery key by PKCS#1 v1.5 instead of OAEP
};

/// Counts wrong passwords and shuts the door; not thread-safe.
class Lockout {
public:
    Lockout(int max_attempts, std::chrono::seconds time, World world)
        : max_(max_attempts), time_(time), world_(std::move(world)) {}
    /// 0: open.
    std::int64_t seconds_left() const;
    void wrong_password();
    void clear();
    int used() const { return used_; }
    int max() const { return max_; }

private:
    int max_;
    std::chrono::seconds time_;
    World world_;
    int used_ = 0;
    std::chrono::milliseconds until_{0};
    bool locked_ = false;
};

class Camera : public Device {
public:
    explicit Camera(const CameraOptions& options);

    /// As the inside's; {"onvif":{..}} goes to the event service.
    Result<void> set_state(const boost::json::object& changes) override;
    /// 0: it has no event service.
    std::uint16_t onvif_port() const;
    boost::json::object announcement(const std::string& rsa_key) const override;
    HttpReply handle(const HttpRequest& request) override;

    /// For the media port: true while the lens is covered. Cheap. Of a camera that never sleeps: valid longer
    /// than the camera.
    std::function<bool()> privacy_hook();
    /// Null: it lists no recordings. Before it starts.
    void set_card(std::shared_ptr<Card> card);
    /// What `cet.vhttpd.port` says and state() shows.
    void set_media_port(std::uint16_t port);
    /// Adds "media" to state(), e.g. the counters of the media port.
    void set_media_state(std::function<boost::json::object()> media_state);
    std::string certificate_fingerprint() const { return identity_->fingerprint(); }

protected:
    boost::json::object own_state() const override;
    void forget_everything() override;
    std::vector<std::unique_ptr<Port>> make_side_ports() override;
    std::shared_ptr<ssl_ctx_st> tls() const override {
        return identity_->server_context(camera_options_.suites);
    }

    virtual boost::json::array encrypt_type() const = 0;
    /// Further members of the announcement.
    virtual boost::json::object more_announcement() const { return {}; }
    /// POST /, under the lock; the lockout is already checked.
    virtual HttpReply log_in(const boost::json::object& params) = 0;
    /// POST /stok=.../ds.
    virtual HttpReply on_channel(std::string_view stok, const HttpRequest& request) = 0;
    virtual void clear_sessions() = 0;
    virtual std::size_t session_count() const = 0;
    /// Where the reply to a locked-out login carries its code: result.data or data.
    virtual boost::json::object locked_reply(std::int64_t seconds_left) const = 0;

    /// Runs an inner request; sets reply.then when the camera reboots.
    boost::json::object run_inner(const boost::json::object& request, HttpReply& reply);
    CameraInside& inside() { return *model_; }
    const CameraOptions& camera_options() const { return camera_options_; }

    mutable std::mutex mutex_; // sessions, logins, lockout
    Lockout lockout_;

private:
    void on_event(const CameraEvent& event);

    const CameraOptions camera_options_;
    const std::shared_ptr<const TlsIdentity> identity_;
    const std::shared_ptr<CameraInside> model_;
    const std::unique_ptr<OnvifService> onvif_; // null: none
    FaultSwitch onvif_faults_;
    std::atomic<std::uint64_t> presses_sent_ = 0;
    std::atomic<std::uint64_t> requests_while_locked_ = 0;
    std::atomic<std::uint16_t> media_port_ = 0;
    std::function<boost::json::object()> media_state_;
    std::shared_ptr<Card> card_;
};

HttpReply json_reply(const boost::json::object& body, int status = 200);
/// The JSON string at `key`, nullptr when absent or of another type.
const boost::json::string* text_at(const boost::json::object& object, std::string_view key);

} // namespace tplink::sim
