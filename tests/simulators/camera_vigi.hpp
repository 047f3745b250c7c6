#pragma once
// A VIGI camera: get_encrypt_info, RSA login, old-style requests in plain JSON with URL-encoded strings.

#include "tests/simulators/camera.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/session_list.hpp"

namespace tplink::sim {

struct CameraVigiOptions : CameraOptions {
    bool rsa = true;    ///< encrypt_type ["1","2"]; else ["1"]: the digest itself
    bool key_2 = false; ///< offers key_2 as firmware 2.x and wants keyType "1" then
    std::shared_ptr<const RsaPrivateKey> login_key; ///< null: makes its own
};

/// What the camera holds instead of the password.
std::string vigi_digest(std::string_view password);

class CameraVigi final : public Camera {
public:
    explicit CameraVigi(CameraVigiOptions options);
    ~CameraVigi() override { stop(); }

    std::string_view kind() const override { return "vigi_camera"; }
    HttpReply handle(const HttpRequest& request) override;
    void expire_sessions() override;
    boost::json::object announcement(const std::string&) const override {
        return {};
    } // found by WS-Discovery only

protected:
    boost::json::array encrypt_type() const override;
    HttpReply log_in(const boost::json::object& login) override;
    HttpReply on_channel(std::string_view stok, const HttpRequest& request) override;
    void clear_sessions() override;
    std::size_t session_count() const override { return sessions_.count(world().now()); }
    boost::json::object locked_reply(std::int64_t seconds_left) const override;

private:
    struct Session {
        std::chrono::milliseconds ends{0};
    };
    HttpReply encrypt_info();
    bool password_fits(const boost::json::object& login);
    boost::json::object refusal(int code) const;

    const CameraVigiOptions vigi_options_;
    const std::shared_ptr<const RsaPrivateKey> key_;
    SessionList<Session> sessions_;  // guarded by Camera::mutex_, as all below
    std::deque<std::string> nonces_; // handed out, each good for one login
};

} // namespace tplink::sim
