#pragma once
// A Tapo camera with firmware until about 2023: MD5 of the password buys a stok, then plain JSON over HTTPS.

#include "tests/simulators/camera.hpp"
#include "tests/simulators/session_list.hpp"

namespace tplink::sim {

struct CameraL1Options : CameraOptions {
    bool refuses_with_401 = false; ///< wrong password: HTTP 401 and code -40411, as some firmware
};

class CameraL1 final : public Camera {
public:
    explicit CameraL1(CameraL1Options options);
    ~CameraL1() override { stop(); }

    std::string_view kind() const override { return "tapo_camera_l1"; }
    void expire_sessions() override;

protected:
    boost::json::array encrypt_type() const override;
    HttpReply log_in(const boost::json::object& params) override;
    HttpReply on_channel(std::string_view stok, const HttpRequest& request) override;
    void clear_sessions() override { sessions_.clear(); }
    std::size_t session_count() const override { return sessions_.count(world().now()); }
    boost::json::object locked_reply(std::int64_t seconds_left) const override;

private:
    struct Session {
        std::chrono::milliseconds ends{0};
    };
    boost::json::object refusal(int code) const;

    const CameraL1Options l1_options_;
    SessionList<Session> sessions_; // guarded by Camera::mutex_
};

} // namespace tplink::sim
