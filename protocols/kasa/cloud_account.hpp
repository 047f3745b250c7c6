#pragma once
// The one conversation with the vendor's cloud: logs in when needed, keeps to its limits, does what its errors ask for.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "protocols/base/clock.hpp"
#include "protocols/kasa/cloud_answers.hpp"
#include "protocols/kasa/cloud_memory.hpp"
#include "protocols/kasa/cloud_request.hpp"
#include "protocols/net/egress.hpp"

namespace tplink::kasa {

struct CloudOptions {
    Credentials account;
    std::string url;      ///< of the entry server; empty: the vendor's. Its host joins the allow-list
    std::string ca_file;  ///< PEM; instead of the built-in authorities
    CloudKeys keys = default_cloud_keys();
};

struct CloudDeps {
    net::EgressGuard& guard;
    const Clock& clock = system_clock();
    RandomBytes& random = system_random();
    std::function<std::string()> load = [] { return std::string(); };      ///< what `save` got last, also before a restart
    std::function<void(const std::string&)> save = [](const std::string&) {};  ///< holds tokens: to be kept private
    std::function<void()> changed = {};  ///< status() tells another state; on the asking thread
    /// Waits; false when stopped. Tests replace it to let time pass.
    std::function<bool(std::chrono::milliseconds, std::stop_token)> wait = {};
};

struct CloudStatus {
    CloudState state = CloudState::ok;
    WallTime since{};
    std::optional<WallTime> next_try;  ///< nothing is sent before
    std::string message;               ///< one sentence with the next step; empty when ok
};

/// Who asks. Polls give way: they are refused rather than kept waiting, and are counted.
enum class CloudUrgency { poll, command };

/// Thread-safe. One request at a time, at least 1 s apart; at most 30 polls in 5 minutes, 3 logins an hour.
/// Every error it returns is `aside`: the cloud's troubles say nothing about the camera.
class CloudAccount {
public:
    CloudAccount(CloudOptions options, CloudDeps deps);
    ~CloudAccount();

    /// Sends `command` ({"<module>":{"<method>":{args}}}) to a camera and brings its reply.
    /// Repeats by itself after a renewed token, and reads after a transient failure; a write never.
    /// errors: cloud_disabled, auth_failed (also: a code is awaited), locked_out, refused (limits, wrong account, keys),
    ///         unreachable, timeout (also: the cloud is busy, ask later), certificate_changed, malformed, cancelled.
    Result<json::object> passthrough(const std::string& device_id, const json::object& command, CloudUrgency urgency, std::stop_token stop);

    /// What the account holds. errors: as above.
    Result<std::vector<CloudDevice>> devices(std::stop_token stop);

    /// The code that came by mail; one attempt. errors: refused with a sentence; those of passthrough().
    Result<void> submit_code(const std::string& code, std::stop_token stop);

    CloudStatus status() const;
    bool allowed() const { return deps_.guard.allowed(); }

    CloudAccount(const CloudAccount&) = delete;
    CloudAccount& operator=(const CloudAccount&) = delete;

private:
    enum class Lane : std::size_t { tapo = 0, kasa = 1 };
    struct Call {
        std::string path, body;
        bool login_key = false;   ///< signed with the key of account calls
        bool with_token = false;
        bool repeatable = false;  ///< may be sent again after a transient failure
        bool patient = false;     ///< also after a lost connection: somebody waits for the answer
    };
    class Turn;
    Result<std::unique_ptr<Turn>> take_turn(CloudUrgency urgency, std::stop_token stop);

    Result<CloudReply> send_once(Lane lane, const CloudServer& server, const Call& call, std::stop_token stop);
    Result<CloudReply> send_patiently(Lane lane, const Call& call, std::stop_token stop);
    /// One call with all that its answer may ask for: a new token, another server.
    Result<json::object> exchange(Lane lane, const Call& call, std::stop_token stop);
    Result<void> amend(Lane lane, const CloudReply& reply, std::stop_token stop);
    Result<json::object> pass(Lane lane, const std::string& device_id, const json::object& command, CloudUrgency urgency, std::stop_token stop);
    Result<json::object> pass_anywhere(const std::string& device_id, const json::object& command, CloudUrgency urgency, std::stop_token stop);
    Result<void> ensure_token(Lane lane, std::stop_token stop);
    Result<void> log_in(Lane lane, std::stop_token stop);
    Result<void> refresh(Lane lane, std::stop_token stop);
    void ask_for_code(Lane lane, const json::object& result, std::stop_token stop);
    void adopt(Lane lane, const CloudTokens& tokens);
    Result<void> may_send(CloudUrgency urgency);
    Result<void> count_login();
    double jitter();
    tl::unexpected<Error> refuse(const CloudReply& reply, std::string_view call);
    tl::unexpected<Error> lost(Error error);
    tl::unexpected<Error> standing(CloudState state) const;
    void settle(CloudState state, std::int64_t until = 0);
    void recovered();
    Result<CloudServer> allowed_server(const std::string& url) const;
    CloudServer entry(Lane lane) const;
    CloudApp app(Lane lane) const;
    const AppKey& key(Lane lane, bool login) const;
    net::HttpClient& client(const CloudServer& server);
    CloudServer server_of_lane(Lane lane) const;
    CloudLane& kept(Lane lane) { return memory_.lanes[static_cast<std::size_t>(lane)]; }
    bool wait(std::chrono::milliseconds time, std::stop_token stop);
    std::int64_t now() const { return std::chrono::system_clock::to_time_t(deps_.clock.wall()); }
    void keep();

    const CloudOptions options_;
    const CloudDeps deps_;

    // Whoever has the turn uses what follows; status() looks at memory_ under the mutex.
    mutable std::mutex mutex_;
    std::condition_variable_any turn_free_;
    bool busy_ = false;
    CloudMemory memory_;
    std::unique_ptr<net::HttpClient> client_;
    CloudServer client_server_;
    SteadyTime last_sent_{};
    std::vector<SteadyTime> polls_;
    bool mail_asked_ = false;   ///< since the start: never more than once unasked
    int lost_in_a_row_ = 0;
    SteadyTime not_before_{};   ///< polls only, after a lost connection
    std::vector<SteadyTime> codes_tried_;
    std::map<std::string, std::pair<Lane, SteadyTime>> lane_of_;  ///< by device; when it was settled
};

}  // namespace tplink::kasa
