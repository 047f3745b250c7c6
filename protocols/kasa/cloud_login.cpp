// Logging in to the vendor's cloud: tokens, second factor, limits.

#include <algorithm>

#include "protocols/kasa/cloud_account.hpp"
#include "protocols/kasa/cloud_sentences.hpp"
#include "protocols/kasa/cloud_turn.hpp"

namespace tplink::kasa {
namespace {

constexpr std::size_t kLoginsPerHour = 3;
constexpr std::size_t kCodesPerHour = 5;
constexpr std::int64_t kHour = 3600;

}  // namespace

Result<void> CloudAccount::submit_code(const std::string& code, std::stop_token stop) {
    const auto turn = TRY(take_turn(CloudUrgency::command, stop));
    if (!allowed()) return tl::unexpected(aside({Errc::cloud_disabled, deps_.guard.why_not(), 0, {}}));
    if (memory_.state != CloudState::mfa_needed || memory_.mfa_process.empty()) return fail(Errc::refused, "no login is waiting for a code");
    const bool clean = code.size() >= 4 && code.size() <= 10 && std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!clean) return fail(Errc::refused, "a code has 4 to 10 digits; take it from the newest mail");
    std::erase_if(codes_tried_, [&](SteadyTime at) { return deps_.clock.now() - at > std::chrono::hours(1); });
    if (codes_tried_.size() >= kCodesPerHour) return fail(Errc::refused, "too many codes were tried; wait an hour");
    codes_tried_.push_back(deps_.clock.now());
    const Lane lane = memory_.mfa_lane == 1 ? Lane::kasa : Lane::tapo;
    const Call call{"/api/v2/account/checkMFACodeAndLogin", mfa_check_body(app(lane), options_.account, code, memory_.mfa_process, memory_.mfa_type), true, false, false, true};
    const CloudReply reply = TRY(send_once(lane, server_of_lane(lane), call, stop));
    const auto tokens = reply.what == CloudClass::ok ? read_tokens(reply.result) : std::nullopt;
    if (tokens) {
        adopt(lane, *tokens);
        recovered();
        return {};
    }
    if (reply.what == CloudClass::mfa || reply.what == CloudClass::ok)
        return fail(Errc::refused, "the code was not accepted; enter the one from the newest mail", reply.code);
    return refuse(reply, "checking the code");
}

Result<void> CloudAccount::refresh(Lane lane, std::stop_token stop) {
    const Call call{"/api/v2/account/refreshToken", refresh_body(app(lane), memory_.terminal, kept(lane).refresh), true, false, false, true};
    const CloudReply reply = TRY(send_once(lane, server_of_lane(lane), call, stop));
    const auto tokens = reply.what == CloudClass::ok ? read_tokens(reply.result) : std::nullopt;
    if (tokens) {
        adopt(lane, *tokens);
        return {};
    }
    switch (reply.what) {
    case CloudClass::ok:
    case CloudClass::token:
    case CloudClass::token_squeezed:
    case CloudClass::relogin:
    case CloudClass::permanent: return fail(Errc::session_expired, "the token cannot be renewed");
    default: return refuse(reply, call.path);
    }
}

Result<void> CloudAccount::log_in(Lane lane, std::stop_token stop) {
    for (int hop = 0;; ++hop) {
        TRY_VOID(count_login());
        const Call call{"/api/v2/account/login", login_body(app(lane), memory_.terminal, options_.account), true, false, false, true};
        auto sent = send_once(lane, server_of_lane(lane), call, stop);
        if (!sent && client_ && !client_->sent()) {  // the server never saw it, so it was no login
            memory_.logins.pop_back();
            keep();
        }
        const CloudReply reply = TRY(std::move(sent));
        const auto tokens = reply.what == CloudClass::ok ? read_tokens(reply.result) : std::nullopt;
        if (tokens) {
            adopt(lane, *tokens);
            recovered();
            return {};
        }
        if (reply.what == CloudClass::mfa) {
            ask_for_code(lane, reply.result, stop);
            return standing(CloudState::mfa_needed);
        }
        const std::string elsewhere = server_of(reply.result);
        const bool redirected = reply.what == CloudClass::redirect || (reply.what == CloudClass::ok && !elsewhere.empty());
        if (!redirected || hop > 0) return refuse(reply, call.path);
        kept(lane).server = to_url(TRY(allowed_server(elsewhere)));
        keep();
    }
}

void CloudAccount::ask_for_code(Lane lane, const json::object& result, std::stop_token stop) {
    const MfaChallenge challenge = read_mfa(result);
    memory_.mfa_process = challenge.process;
    memory_.mfa_type = challenge.type;
    memory_.mfa_lane = static_cast<int>(lane);
    if (!std::exchange(mail_asked_, true)) {
        memory_.mfa_asked = now();
        const Call call{challenge.type == 1 ? "/api/v2/account/getPushVC4TerminalMFA" : "/api/v2/account/getEmailVC4TerminalMFA",
                        mfa_request_body(app(lane), memory_.terminal, options_.account), true, false, false, true};
        (void)send_once(lane, server_of_lane(lane), call, stop);  // without a mail the user asks again by restarting
    }
    settle(CloudState::mfa_needed);
}

Result<void> CloudAccount::count_login() {
    std::erase_if(memory_.logins, [&](std::int64_t at) { return at <= now() - kHour || at > now() + kHour; });
    if (memory_.logins.size() >= kLoginsPerHour) {
        settle(CloudState::rate_limited, memory_.logins.front() + kHour);
        return standing(CloudState::rate_limited);
    }
    memory_.logins.push_back(now());
    keep();  // before it is sent: a crash must not forget it
    return {};
}

void CloudAccount::adopt(Lane lane, const CloudTokens& tokens) {
    CloudLane& lane_kept = kept(lane);
    lane_kept.token = tokens.token;
    if (!tokens.refresh.empty()) lane_kept.refresh = tokens.refresh;
    // A server that is not allowed is not followed; the one that gave the token will do.
    const auto own = parse_server(options_.url);
    const auto server = allowed_server(tokens.server);
    const bool strays = own && server && !is_cloud_host(own->host) && server->host != own->host;  // from a test's cloud to the real one
    if (server && !strays) lane_kept.server = to_url(*server);
    memory_.mfa_process.clear();
    if (memory_.state == CloudState::mfa_needed) settle(CloudState::ok);
    else keep();
}

}  // namespace tplink::kasa
