#pragma once
// A Tapo camera with the TPAP login (SPAKE2+), and AES-CCM frames behind it.

#include "tests/simulators/camera.hpp"
#include "tests/simulators/tpap/tpap_login.hpp"

namespace tplink::sim {

enum class L4Crypt { none, sha256_crypt, sha1 }; ///< what extra_crypt asks for
enum class L4User { md5, sha256, literal };      ///< the form of "admin" it takes

struct CameraL4Options : CameraOptions {
    PasswordHash hash = PasswordHash::md5; ///< the passcode: md5 in lower case, SHA-256 in upper case
    L4Crypt crypt = L4Crypt::none;
    std::string crypt_prefix = "$5$simulated$";
    L4User user = L4User::md5;
    int iterations = 5000;
    bool announces_tpap = true;   ///< false: encrypt_type ["4"] alone, as a C510W
    bool answers_discover = true; ///< false: -40209
    /// The first login after a session ended is refused once with -40401; the next one, 2 s later, is taken.
    bool refuses_first_relogin = false;
};

class CameraL4 final : public Camera {
public:
    explicit CameraL4(CameraL4Options options);
    ~CameraL4() override { stop(); }

    std::string_view kind() const override { return "tapo_camera_l4"; }
    void expire_sessions() override;

protected:
    boost::json::array encrypt_type() const override { return {"4"}; }
    boost::json::object more_announcement() const override;
    HttpReply log_in(const boost::json::object& params) override;
    HttpReply on_channel(std::string_view stok, const HttpRequest& request) override;
    void clear_sessions() override { login_.forget_everything(); }
    std::size_t session_count() const override { return login_.session_count(); }
    boost::json::object locked_reply(std::int64_t seconds_left) const override;
    boost::json::object own_state() const override;

private:
    boost::json::object tpap_facts() const;

    const CameraL4Options l4_options_;
    TpapLogin login_;
    std::optional<std::chrono::milliseconds> refuse_until_; // guarded by Camera::mutex_, as all below
    std::uint64_t l1_logins_seen_ = 0;
    std::uint64_t early_logins_ = 0; ///< refused without being counted
};

} // namespace tplink::sim
