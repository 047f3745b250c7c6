#pragma once
// A Kasa camera on the network: reads on UDP 9999, LINKIE on HTTPS 10443, talk on 18443; the video port is
// attached by the host.

#include "tests/simulators/device.hpp"
#include "tests/simulators/kasa/kasa_camera_model.hpp"
#include "tests/simulators/tls.hpp"

namespace tplink::sim {

/// What port 10443 does.
enum class Linkie {
    works,
    redirect,     ///< 302 to port 4444 and close, as fw 2.3.27
    wrong_401,    ///< works; wrong credentials: HTTP 401
    wrong_silent, ///< works; wrong credentials: no answer at all
    closed        ///< refuses connections
};
enum class KasaSecret { md5, base64, plain, admin_md5 }; ///< the form of user and password that 10443 takes

struct KasaCameraOptions : DeviceOptions {
    KasaCameraFacts camera; ///< mac and alias come from DeviceOptions
    Linkie linkie = Linkie::works;
    KasaSecret secret = KasaSecret::md5;
    bool older_path = false;      ///< /data/LINKIE.json instead of LINKIE2.json
    bool needs_user_agent = true; ///< drops requests of others than "Kasa/..."
    bool ignores_broadcast = false;
    TlsSuites suites = TlsSuites::static_rsa_only;
    std::shared_ptr<const TlsIdentity> identity; ///< null: makes its own
    std::uint16_t udp_port = 9999;               ///< 0: any, as below
    std::uint16_t talk_port = 18443;
};

class KasaCamera final : public Device {
public:
    explicit KasaCamera(KasaCameraOptions options);
    ~KasaCamera() override { stop(); }

    std::string_view kind() const override { return "kasa_camera"; }
    Result<void> set_state(const boost::json::object& changes) override { return model_->set_state(changes); }
    void expire_sessions() override {} // there are none
    boost::json::object announcement(const std::string&) const override { return {}; }
    HttpReply handle(const HttpRequest& request) override;

    std::uint16_t udp_port() const;
    std::uint16_t talk_port() const;
    /// What the cloud passes through; empty while the camera is off the network.
    std::optional<boost::json::object> through_the_cloud(const boost::json::object& request);
    std::string device_id() const { return model_->device_id(); }
    std::shared_ptr<KasaCameraModel> model() { return model_; }
    std::shared_ptr<ssl_ctx_st> tls() const override {
        return identity_->server_context(kasa_options_.suites);
    }

protected:
    boost::json::object own_state() const override;
    void forget_everything() override {}
    std::unique_ptr<Port> make_control_port(std::function<void()> on_revived) override;
    std::vector<std::unique_ptr<Port>> make_side_ports() override;

private:
    bool credentials_fit(const HttpRequest& request) const;
    void serve_talk(Connection& connection);

    const KasaCameraOptions kasa_options_;
    const std::shared_ptr<const TlsIdentity> identity_;
    const std::shared_ptr<KasaCameraModel> model_;
    std::atomic<std::uint64_t> talks_total_ = 0;
    std::atomic<std::uint64_t> talks_refused_ = 0;
    std::atomic<std::uint64_t> talk_bytes_ = 0;
    std::atomic<std::uint64_t> talk_parts_ = 0;
    std::atomic<std::uint64_t> through_cloud_ = 0;
};

} // namespace tplink::sim
