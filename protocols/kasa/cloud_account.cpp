#include "protocols/kasa/cloud_account.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "protocols/kasa/cloud_sentences.hpp"
#include "protocols/kasa/cloud_turn.hpp"

namespace tplink::kasa {
namespace {

constexpr std::string_view kTapoEntry = "n-wap.i.tplinkcloud.com";
constexpr std::string_view kKasaEntry = "n-wap.tplinkcloud.com";
constexpr auto kSpacing = std::chrono::seconds(1);
constexpr auto kPollWindow = std::chrono::minutes(5);
constexpr std::size_t kPollsPerWindow = 30;
constexpr std::int64_t kLongStop = 24 * 3600;    // after a refused password, a lock, refused keys
constexpr std::int64_t kSqueezeWindow = 600, kSqueezePause = 900;
constexpr std::int64_t kMailPause = 900;         // a code is asked for again only by a new start, and not sooner
constexpr auto kOtherCloudPause = std::chrono::hours(24);
constexpr std::chrono::milliseconds kRetryPauses[] = {std::chrono::seconds(2), std::chrono::seconds(5)};
constexpr auto kFirstLostPause = std::chrono::seconds(30);
constexpr int kMaxLostDoublings = 5;             // 30 s to 16 minutes
constexpr std::size_t kMaxReply = 1U << 20;

/// True when the command only asks: it may be repeated without harm.
bool only_reads(const json::object& command) {
    return std::all_of(command.begin(), command.end(), [](const auto& module) {
        const json::object* methods = module.value().if_object();
        return methods != nullptr && std::all_of(methods->begin(), methods->end(), [](const auto& method) { return method.key().starts_with("get_"); });
    });
}

/// States that a successful request ends.
bool ends_by_success(CloudState state) { return state != CloudState::ok && state != CloudState::mfa_needed; }

/// States in which nothing is sent until their time is over.
bool bars(CloudState state) {
    return state != CloudState::ok && state != CloudState::unreachable && state != CloudState::tls_untrusted;
}

}  // namespace

CloudAccount::CloudAccount(CloudOptions options, CloudDeps deps) : options_(std::move(options)), deps_(std::move(deps)) {
    memory_ = recall(deps_.load(), options_.account, deps_.random);  // kept when something is sent
}

CloudAccount::~CloudAccount() = default;

Result<std::unique_ptr<CloudAccount::Turn>> CloudAccount::take_turn(CloudUrgency urgency, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (busy_ && urgency == CloudUrgency::poll)
        return tl::unexpected(aside({Errc::timeout, "the cloud is being asked for another camera", 0, {}}));
    if (!turn_free_.wait(lock, stop, [this] { return !busy_; })) return tl::unexpected(aside({Errc::cancelled, "cancelled", 0, {}}));
    busy_ = true;
    return std::make_unique<Turn>(*this);
}

Result<json::object> CloudAccount::passthrough(const std::string& device_id, const json::object& command, CloudUrgency urgency, std::stop_token stop) {
    const auto turn = TRY(take_turn(urgency, stop));
    TRY_VOID(may_send(urgency));
    return pass_anywhere(device_id, command, urgency, stop);
}

/// A camera that one cloud calls offline may be known to the other: tried once, then remembered.
Result<json::object> CloudAccount::pass_anywhere(const std::string& device_id, const json::object& command, CloudUrgency urgency, std::stop_token stop) {
    const auto known = lane_of_.find(device_id);
    const Lane lane = known == lane_of_.end() ? Lane::tapo : known->second.first;
    auto reply = pass(lane, device_id, command, urgency, stop);
    const bool offline = !reply && cloud_class(reply.error().device_code) == CloudClass::offline;
    const bool tried = known != lane_of_.end() && deps_.clock.now() - known->second.second < kOtherCloudPause;
    if (!offline || tried || !options_.url.empty()) return reply;  // a configured server is the only one
    const Lane other = lane == Lane::tapo ? Lane::kasa : Lane::tapo;
    auto second = pass(other, device_id, command, urgency, stop);
    lane_of_[device_id] = {second ? other : lane, deps_.clock.now()};
    if (second) return second;
    return reply;
}

Result<json::object> CloudAccount::pass(Lane lane, const std::string& device_id, const json::object& command, CloudUrgency urgency, std::stop_token stop) {
    const bool by_method = lane == Lane::kasa;
    Call call;
    call.path = by_method ? "/" : "/api/v2/common/passthrough";
    call.body = passthrough_body(device_id, json::serialize(command), by_method);
    call.with_token = true;
    call.repeatable = only_reads(command);
    call.patient = urgency == CloudUrgency::command;
    const json::object result = TRY(exchange(lane, call, stop));
    auto data = read_response_data(result);
    if (!data) return tl::unexpected(aside(std::move(data).error()));
    return data;
}

Result<std::vector<CloudDevice>> CloudAccount::devices(std::stop_token stop) {
    const auto turn = TRY(take_turn(CloudUrgency::command, stop));
    TRY_VOID(may_send(CloudUrgency::command));
    Call call{"/", device_list_body(), false, true, true, true};
    return read_device_list(TRY(exchange(Lane::tapo, call, stop)));
}

/// Everything that can be known to be useless before it is sent.
Result<void> CloudAccount::may_send(CloudUrgency urgency) {
    if (!allowed()) return tl::unexpected(aside({Errc::cloud_disabled, deps_.guard.why_not(), 0, {}}));
    if (options_.account.username.empty() || options_.account.password.empty()) return standing(CloudState::no_account);
    const bool mail_due = memory_.state == CloudState::mfa_needed && !mail_asked_ && now() - memory_.mfa_asked > kMailPause;
    const bool waits = memory_.state == CloudState::mfa_needed ? !mail_due : now() < memory_.until;
    if (bars(memory_.state) && waits) return standing(memory_.state);
    if (urgency == CloudUrgency::command) return {};
    const SteadyTime at = deps_.clock.now();
    if (at < not_before_) return standing(memory_.state);
    std::erase_if(polls_, [&](SteadyTime each) { return at - each > kPollWindow; });
    if (polls_.size() >= kPollsPerWindow) return tl::unexpected(aside({Errc::timeout, "the cloud is not asked more often than 30 times in 5 minutes", 0, {}}));
    polls_.push_back(at);
    return {};
}

Result<json::object> CloudAccount::exchange(Lane lane, const Call& call, std::stop_token stop) {
    for (bool amended = false;; amended = true) {
        if (call.with_token && kept(lane).token.empty()) TRY_VOID(log_in(lane, stop));
        const CloudReply reply = TRY(send_patiently(lane, call, stop));
        if (reply.what == CloudClass::ok) {
            recovered();
            return reply.result;
        }
        if (amended && (reply.what == CloudClass::token || reply.what == CloudClass::relogin)) {
            kept(lane) = CloudLane{Secret(), Secret(), kept(lane).server};
            keep();
        }
        if (amended && reply.what != CloudClass::token_squeezed) return refuse(reply, call.path);
        TRY_VOID(amend(lane, reply, stop));
    }
}

/// Does what the answer asks for before the call may be repeated. errors: it cannot be repeated.
Result<void> CloudAccount::amend(Lane lane, const CloudReply& reply, std::stop_token stop) {
    CloudLane& tokens = kept(lane);
    switch (reply.what) {
    case CloudClass::token:
        if (!tokens.refresh.empty()) {
            auto renewed = refresh(lane, stop);
            if (renewed || renewed.error().code != Errc::session_expired) return renewed;
        }
        break;
    case CloudClass::relogin:
    case CloudClass::mfa: break;  // mfa: only a login brings the process a code belongs to
    case CloudClass::token_squeezed: {
        const bool again = now() - memory_.squeezed_at < kSqueezeWindow;
        memory_.squeezed_at = now();
        tokens.token = Secret();
        if (!again) break;
        settle(CloudState::contested, now() + kSqueezePause);
        return standing(CloudState::contested);
    }
    case CloudClass::redirect:
        tokens.server = to_url(TRY(allowed_server(server_of(reply.result))));
        keep();
        return {};
    default: return refuse(reply, "the call");
    }
    tokens.token = tokens.refresh = Secret();
    return log_in(lane, stop);
}

Result<CloudReply> CloudAccount::send_patiently(Lane lane, const Call& call, std::stop_token stop) {
    for (const auto pause : kRetryPauses) {
        auto reply = send_once(lane, server_of_lane(lane), call, stop);
        const bool transient = reply ? reply->what == CloudClass::retry
                                     : call.patient && (reply.error().code == Errc::timeout || reply.error().code == Errc::unreachable);
        if (!call.repeatable || !transient) return reply;
        if (!wait(pause, stop)) return tl::unexpected(aside({Errc::cancelled, "cancelled", 0, {}}));
    }
    return send_once(lane, server_of_lane(lane), call, stop);
}

Result<CloudReply> CloudAccount::send_once(Lane lane, const CloudServer& server, const Call& call, std::stop_token stop) {
    if (const auto free_at = last_sent_ + kSpacing; deps_.clock.now() < free_at)
        if (!wait(std::chrono::ceil<std::chrono::milliseconds>(free_at - deps_.clock.now()), stop)) return lost({Errc::cancelled, "cancelled", 0, {}});
    last_sent_ = deps_.clock.now();
    net::HttpClient& http = client(server);
    net::HttpRequest request;
    request.path = call.path + "?" + query_string(app(lane), memory_.terminal, call.with_token ? kept(lane).token : Secret());
    request.headers = signed_headers(call.body, make_nonce(deps_.random), call.path, key(lane, call.login_key));
    request.body = call.body;
    Result<net::HttpResponse> response = fail(Errc::cancelled, "cancelled");
    {
        const std::stop_callback cancel(stop, [&http] { http.cancel(); });
        response = http.send(request);
    }
    if (!response) return lost(std::move(response).error());
    lost_in_a_row_ = 0;
    not_before_ = {};
    return read_cloud_reply(response->status, response->body);
}

/// A request that brought no answer. Never counts as a refusal and never costs the token.
tl::unexpected<Error> CloudAccount::lost(Error error) {
    if (error.code == Errc::cancelled) client_server_ = {};  // that client is spent
    if (error.code == Errc::cancelled || error.code == Errc::cloud_disabled) return tl::unexpected(aside(std::move(error)));
    const int doublings = std::min(lost_in_a_row_++, kMaxLostDoublings);
    not_before_ = deps_.clock.now() + std::chrono::milliseconds(static_cast<long>(1000.0 * static_cast<double>(kFirstLostPause.count()) * std::pow(2.0, doublings) * jitter()));
    settle(error.code == Errc::certificate_changed ? CloudState::tls_untrusted : CloudState::unreachable);
    return tl::unexpected(aside(std::move(error)));
}

/// An answer that is a refusal: what it means for all calls to come, and for this one.
tl::unexpected<Error> CloudAccount::refuse(const CloudReply& reply, std::string_view call) {
    switch (reply.what) {
    case CloudClass::auth: settle(CloudState::auth_failed, now() + kLongStop); return standing(CloudState::auth_failed);
    case CloudClass::locked: settle(CloudState::locked, now() + kLongStop); return standing(CloudState::locked);
    case CloudClass::config: settle(CloudState::rejected, now() + kLongStop); return standing(CloudState::rejected);
    case CloudClass::mfa: settle(CloudState::mfa_needed); return standing(CloudState::mfa_needed);
    case CloudClass::rate_limit: {
        const double minutes = std::min(60.0, std::pow(2.0, std::min(memory_.rate_step, 6)));
        ++memory_.rate_step;
        settle(CloudState::rate_limited, now() + static_cast<std::int64_t>(minutes * 60.0 * jitter()));
        return standing(CloudState::rate_limited);
    }
    default: break;
    }
    return tl::unexpected(aside(refusal(reply, call)));
}

tl::unexpected<Error> CloudAccount::standing(CloudState state) const {
    Error error = standing_error(state);
    if (memory_.until > now()) error.retry_after = std::chrono::seconds(memory_.until - now());
    error.what = sentence(state, error.retry_after, deps_.guard.why_not());
    return tl::unexpected(aside(std::move(error)));
}

void CloudAccount::settle(CloudState state, std::int64_t until) {
    bool worth_keeping = false;
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        worth_keeping = bars(state) || bars(memory_.state);
        changed = memory_.state != state;
        if (changed) memory_.since = now();
        memory_.state = state;
        memory_.until = until;
    }
    if (worth_keeping) keep();
    if (changed && deps_.changed) deps_.changed();
}

void CloudAccount::recovered() {
    memory_.rate_step = 0;
    if (ends_by_success(memory_.state)) settle(CloudState::ok);
}

CloudStatus CloudAccount::status() const {
    const std::lock_guard lock(mutex_);
    CloudStatus status;
    status.state = !deps_.guard.allowed()                                                         ? CloudState::disabled
                   : options_.account.username.empty() || options_.account.password.empty() ? CloudState::no_account
                                                                                            : memory_.state;
    status.since = WallTime{} + std::chrono::seconds(memory_.since);
    if (bars(status.state) && memory_.until > now()) status.next_try = WallTime{} + std::chrono::seconds(memory_.until);
    const auto left = std::chrono::seconds(std::max<std::int64_t>(0, memory_.until - now()));
    if (status.state != CloudState::ok) status.message = sentence(status.state, left, deps_.guard.why_not());
    return status;
}

Result<CloudServer> CloudAccount::allowed_server(const std::string& url) const {
    auto server = parse_server(url);
    const auto own = parse_server(options_.url);
    if (server && (is_cloud_host(server->host) || (own && own->host == server->host))) return server;
    const std::string name = server ? server->host : "an unreadable address";
    return tl::unexpected(aside({Errc::refused, "the cloud sends us to " + name + ", which is not TP-Link's: the password does not go there", 0, {}}));
}

CloudServer CloudAccount::entry(Lane lane) const {
    if (const auto own = parse_server(options_.url)) return *own;
    return {std::string(lane == Lane::tapo ? kTapoEntry : kKasaEntry), 443};
}

CloudServer CloudAccount::server_of_lane(Lane lane) const {
    const std::string& known = memory_.lanes[static_cast<std::size_t>(lane)].server;
    if (const auto server = allowed_server(known)) return *server;
    return entry(lane);
}

CloudApp CloudAccount::app(Lane lane) const {
    CloudApp app;
    if (lane == Lane::kasa) app.type = "Kasa_Android_Mix";  // unverified: which version number that app sends
    return app;
}

const AppKey& CloudAccount::key(Lane lane, bool login) const {
    return login && lane == Lane::tapo ? options_.keys.login : options_.keys.passthrough;
}

net::HttpClient& CloudAccount::client(const CloudServer& server) {
    if (client_ && client_server_ == server) return *client_;
    net::HttpOptions http;
    http.host = server.host;
    http.port = server.port;
    http.tls = net::Tls::public_;
    http.ca_file = options_.ca_file;
    if (is_cloud_host(server.host)) http.ca_pem = cloud_trust_anchors();  // for these hosts only
    http.connect_timeout = std::chrono::seconds(5);
    http.reply_timeout = std::chrono::seconds(15);  // the cloud holds a call while it reaches the camera
    http.max_body = kMaxReply;
    client_ = deps_.guard.client(http, "TP-Link cloud (Kasa cameras)");
    client_server_ = server;
    return *client_;
}

bool CloudAccount::wait(std::chrono::milliseconds time, std::stop_token stop) {
    if (deps_.wait) return deps_.wait(time, stop);
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

/// 1 to 1.25: what failed together does not come back together.
double CloudAccount::jitter() {
    std::byte one{};
    deps_.random.fill({&one, 1});
    return 1.0 + u8(one) / 1020.0;
}

void CloudAccount::keep() {
    CloudMemory copy = memory_;
    if (!bars(copy.state)) copy.state = CloudState::ok;  // a lost connection is nothing to remember
    deps_.save(copy.to_text());
}

}  // namespace tplink::kasa
