#pragma once
// A plug with firmware from late 2025 on: TPAP under POST / and /stok=.../ds, and KLAP again while
// third-party compatibility is on.

#include "tests/simulators/plug_klap.hpp"
#include "tests/simulators/tpap/tpap_login.hpp"

namespace tplink::sim {

enum class TpapSecret {
    sha1_password,     ///< password_shadow, passwd_id 2: what plugs ask for
    user_and_password, ///< no extra_crypt
    factory            ///< default_userpw, made of the MAC
};

struct PlugTpapOptions : PlugKlapOptions {
    TpapSecret secret = TpapSecret::sha1_password;
    int user_hash_type = -1; ///< -1: not told, means 0
    int iterations = 3000;
    bool compressed_share = false;
    bool tells_pake = true; ///< false: the tpap object has no `pake`
    int max_attempts = 10;
    std::chrono::seconds lockout{1800};
    bool third_party = false; ///< at start; set_state {"third_party":true} switches while it runs
    /// With third party on: still announces TPAP, and discover answers tpap_preferred:false, as KP125M 1.4.1.
    bool announces_tpap_always = false;
    bool discover_without_tpap = false; ///< with third party on: discover has no tpap object instead
    int expiry_code = -2203;            ///< clear JSON after a session's end; 0: HTTP 403 instead
};

class PlugTpap final : public PlugKlap {
public:
    explicit PlugTpap(PlugTpapOptions options);
    ~PlugTpap() override { stop(); }

    std::string_view kind() const override { return "tapo_plug_tpap"; }
    HttpReply handle(const HttpRequest& request) override;
    Result<void> set_state(const boost::json::object& changes) override;
    void expire_sessions() override;

protected:
    boost::json::object scheme() const override;
    boost::json::object more_announcement() const override;
    boost::json::object own_state() const override;
    std::size_t session_count() const override;
    void forget_everything() override;

private:
    boost::json::object tpap_facts() const;
    bool announces_tpap() const;
    HttpReply log_in(const HttpRequest& request);
    HttpReply on_channel(std::string_view stok, const HttpRequest& request);

    const PlugTpapOptions tpap_options_;
    std::atomic<bool> third_party_;
    TpapLogin login_;
};

} // namespace tplink::sim
