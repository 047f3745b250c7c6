#pragma once
// The ways a command reaches a Kasa camera: HTTPS 10443 where the firmware answers, the vendor's cloud where allowed.

#include <map>
#include <mutex>
#include <stop_token>

#include "protocols/kasa/cloud_account.hpp"
#include "protocols/kasa/linkie.hpp"
#include "protocols/session.hpp"

namespace tplink::kasa {

enum class ControlMode { automatic, local, cloud, none };

struct ControlOptions {
    std::string host;  ///< numeric
    std::uint16_t port = 10443;
    Credentials credentials;
    ControlMode mode = ControlMode::automatic;
    Session::Facts known;  ///< of an earlier session: transport "linkie2/md5", the pinned certificate
};

struct ControlDeps {
    net::HttpClientFactory http = net::make_http_client;
    const Clock& clock = system_clock();
    std::function<std::shared_ptr<CloudAccount>()> cloud;  ///< the account as it is configured now; null: there is none
    std::function<bool(std::chrono::milliseconds, std::stop_token)> wait;  ///< null: real time; false when stopped
};

/// Local control by port 10443: finds the login that works, at most one attempt each, and keeps to one connection.
/// One thread, except cancel().
class LocalControl {
public:
    LocalControl(ControlOptions options, ControlDeps deps, std::stop_token stop);

    enum class Standing { unknown, works, absent, refused };
    /// Finds out whether there is local control, unless that is known. May end undecided: the next call goes on.
    Standing probe(const Identity& camera, bool fresh);
    Standing standing() const { return standing_; }
    /// Why not; empty while it works or is not known.
    const std::optional<Error>& trouble() const { return trouble_; }

    /// errors: those of read_linkie() and HttpClient; all `aside` but cancelled.
    Result<json::object> send(const json::object& command);
    /// False when the last send() never got as far as the camera.
    bool sent() const { return sent_; }

    std::string login_text() const { return login_ ? to_text(*login_) : ""; }
    std::string certificate_sha256() const { return pin_; }
    void cancel();

private:
    Result<json::object> try_login(const LinkieLogin& login, const json::object& command);
    void judge(const LinkieLogin& login, const Result<json::object>& reply);
    void settle(Standing standing, Error why);
    net::HttpClient* client();
    bool pause();

    const ControlOptions options_;
    const ControlDeps deps_;
    const std::stop_token stop_;
    Standing standing_ = Standing::unknown;
    std::optional<LinkieLogin> login_;
    std::vector<LinkieLogin> untried_;
    std::optional<Error> trouble_;
    std::string firmware_;
    SteadyTime probed_{};
    std::string pin_;
    bool sent_ = false;
    std::mutex mutex_;  ///< guards client_ against cancel()
    std::shared_ptr<net::HttpClient> client_;
};

}  // namespace tplink::kasa
