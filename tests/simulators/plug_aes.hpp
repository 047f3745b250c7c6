#pragma once
// A Tapo plug of the first generation: securePassthrough on POST /app.

#include <mutex>

#include "tests/simulators/plug.hpp"
#include "tests/simulators/session_list.hpp"

namespace tplink::sim {

struct PlugAesOptions : PlugOptions {
    int login_version = 0; ///< `lv` of the announcement; 0: absent, the password in base64; 2: password2
    bool only_password2 = false;              ///< with lv 2: refuse the first form; most firmware takes both
    std::string cookie_name = "TP_SESSIONID"; ///< some firmware: SESSIONID
    bool wants_terminal_uuid = false;         ///< -1012 without terminal_uuid or terminalUUID
};

class PlugAes final : public Plug {
public:
    explicit PlugAes(PlugAesOptions options);
    ~PlugAes() override { stop(); }

    std::string_view kind() const override { return "tapo_plug_aes"; }
    HttpReply handle(const HttpRequest& request) override;
    void expire_sessions() override;

protected:
    boost::json::object scheme() const override;
    std::size_t session_count() const override;
    void forget_everything() override;

private:
    struct Session {
        std::chrono::milliseconds ends{0};
        Buffer key;
        Buffer iv;
        std::string token;    // empty before login_device
        bool refused = false; // after a failed login only a new handshake helps
    };
    HttpReply handshake(const boost::json::object& request);
    HttpReply passthrough(const HttpRequest& request, const boost::json::object& outer);
    /// The inner answer to login_device; enters the token into the session.
    std::string login(const std::string& id, const boost::json::object& inner);
    bool password_fits(const boost::json::object& params) const;

    const PlugAesOptions aes_options_;
    mutable std::mutex mutex_; // guards sessions_
    SessionList<Session> sessions_;
};

} // namespace tplink::sim
