#pragma once
// The account cloud: an entry host and a regional host on one address, signed requests, tokens, a second
// factor, and the passthrough to simulated Kasa cameras.

#include <functional>
#include <map>
#include <mutex>

#include "tests/simulators/device.hpp"
#include "tests/simulators/kasa/cloud_tls.hpp"

namespace tplink::sim {

struct CloudCamera {
    std::string device_id;
    std::string alias;
    std::string model;
    std::string mac;
    /// Empty: the camera is off the network.
    std::function<std::optional<boost::json::object>(const boost::json::object&)> ask;
};

struct CloudOptions : DeviceOptions {
    std::uint16_t region_port = 0; ///< of the regional host, 0: any
    CloudCertificate certificate = CloudCertificate::good;
    std::chrono::seconds token_life{3600};
    int max_attempts = 10;          ///< wrong passwords before -20661
    bool nests_errors = true;       ///< failures of a login stand in result.errorCode, as text
    bool mfa = false;               ///< a login from an untrusted terminal answers -20677
    bool entry_redirects = false;   ///< the entry host answers -20212 and names the region
    std::string foreign_redirect{}; ///< names this URL instead
    bool object_answers = false;    ///< responseData as an object
    bool rotates_refresh = true;
};

class Cloud final : public Device {
public:
    explicit Cloud(CloudOptions options);
    ~Cloud() override { stop(); }

    std::string_view kind() const override { return "kasa_cloud"; }
    HttpReply handle(const HttpRequest& request) override { return answer(request, true); }
    boost::json::object announcement(const std::string&) const override { return {}; }
    /// mfa (bool), token_squeezed (true: another login displaces all tokens), locked, entry_redirects,
    /// foreign_redirect, nests_errors, object_answers, fail_next {"code":-20002,"count":2} (method calls
    /// answered so), http_502 (count of requests answered with an HTML page).
    Result<void> set_state(const boost::json::object& changes) override;
    /// All tokens are over: -20651; refresh tokens stay good.
    void expire_sessions() override;
    void add_camera(CloudCamera camera) { cameras_.push_back(std::move(camera)); }

    std::string entry_url() const;
    std::string region_url() const;
    std::string authority_pem() const { return tls_.authority_pem(); }
    /// The code that "was mailed" last; empty: none was asked for.
    std::string mailed_code() const;

protected:
    boost::json::object own_state() const override;
    void forget_everything() override {}
    std::shared_ptr<ssl_ctx_st> tls() const override {
        return tls_.server_context(cloud_options_.certificate);
    }
    std::vector<std::unique_ptr<Port>> make_side_ports() override;

private:
    struct Token {
        std::chrono::milliseconds ends{0};
        std::string terminal;
        bool squeezed = false;
    };
    HttpReply answer(const HttpRequest& request, bool at_entry);
    bool signature_fits(const HttpRequest& request);
    boost::json::object run(std::string_view path, const HttpRequest& request,
                            const boost::json::object& body, bool at_entry);
    boost::json::object log_in(const boost::json::object& body, bool at_entry);
    boost::json::object grant(const std::string& terminal);
    boost::json::object mail_code(const boost::json::object& body);
    boost::json::object check_code(const boost::json::object& body);
    boost::json::object refresh(const boost::json::object& body);
    boost::json::object passthrough(const boost::json::object& params);
    boost::json::object device_list() const;
    boost::json::object failure(int code, std::string_view text, boost::json::object more = {}) const;
    int token_code(const HttpRequest& request);
    std::string mail() const;
    bool password_fits(const boost::json::object& body) const;

    const CloudTls tls_;
    std::vector<CloudCamera> cameras_; // set before start
    mutable std::mutex mutex_;         // guards everything below
    CloudOptions cloud_options_;
    std::map<std::string, Token> tokens_;
    std::map<std::string, std::string> refresh_tokens_; ///< token -> terminal
    std::map<std::string, bool> trusted_;               ///< terminals that passed the second factor
    std::string mfa_process_;
    std::string mfa_terminal_;
    std::string code_;
    int wrong_ = 0;
    bool locked_ = false;
    int fail_code_ = 0;
    int fail_count_ = 0;
    int html_count_ = 0;
    std::map<std::string, std::uint64_t> calls_; ///< by path or method
    std::uint64_t bad_signatures_ = 0;
    std::uint64_t passthroughs_ = 0;
    std::uint64_t codes_mailed_ = 0;
};

} // namespace tplink::sim
