#include "protocols/tapo/following_session.hpp"

#include <utility>

namespace tplink::tapo {
namespace {

constexpr int kDeafBeforeClimb = 2; // one lost connection is nothing; two may be a login that is gone

} // namespace

FollowingSession::FollowingSession(Target target, LadderDeps deps, Opened opened,
                                   std::function<void(Target&)> prepare)
    : target_(std::move(target)), deps_(std::move(deps)), prepare_(std::move(prepare)),
      learned_(std::move(opened.learned)), session_(std::move(*opened.session)) {
    deps_.stop = stop_.get_token();
    target_.learned = learned_;
}

std::shared_ptr<Session> FollowingSession::session() const {
    const std::lock_guard lock(mutex_);
    return session_;
}

void FollowingSession::cancel() {
    stop_.request_stop();
    session()->cancel();
}

bool FollowingSession::lost(const Error& error) {
    switch (error.code) {
    case Errc::session_expired:
    case Errc::unsupported: return true;
    case Errc::unreachable:
        return ++deaf_ >= kDeafBeforeClimb; // a port that is shut; silence says nothing about the login
    default: return false;
    }
}

Result<void> FollowingSession::climb(bool deaf) {
    deaf_ = 0;
    if (prepare_) prepare_(target_);
    target_.account_works |= worked_;
    LadderDeps deps = deps_;
    if (deaf) deps.wake = nullptr; // waking takes its time, and whoever opens the next session does it
    Opened opened = open_session(target_, deps);
    if (!opened.session) {
        if (opened.session.error().code == Errc::auth_failed) refused_ = opened.session.error();
        return tl::unexpected(std::move(opened.session).error());
    }
    learned_ = target_.learned = std::move(opened.learned);
    std::shared_ptr<Session> next = std::move(*opened.session);
    {
        const std::lock_guard lock(mutex_);
        session_ = next;
    }
    if (stop_.stop_requested()) next->cancel();
    return {};
}

template <class Ask>
auto FollowingSession::ask(const Ask& question, bool repeat_always)
    -> decltype(question(std::declval<Session&>())) {
    if (refused_) return tl::unexpected(*refused_);
    auto answer = question(*session());
    if (answer) {
        deaf_ = 0;
        worked_ = true;
    }
    if (answer || stop_.stop_requested() || !lost(answer.error())) return answer;
    const bool deaf = answer.error().code == Errc::unreachable;
    if (auto done = climb(deaf); !done) {
        if (!deaf) answer = tl::unexpected(std::move(done).error());
        return answer;
    }
    // What may have arrived is not sent a second time.
    if (deaf && !repeat_always) return answer;
    return question(*session());
}

Result<Identity> FollowingSession::identify() {
    return ask([](Session& session) { return session.identify(); }, true);
}

Result<std::vector<Answer>> FollowingSession::query(std::span<const Request> requests) {
    return ask([&](Session& session) { return session.query(requests); }, true);
}

Result<json::value> FollowingSession::call(const Request& request) {
    // A command the device does not know is its answer, not a lost login.
    std::optional<Error> unknown;
    auto answer = ask(
        [&](Session& session) -> Result<json::value> {
            auto said = session.call(request);
            if (said || said.error().code != Errc::unsupported) return said;
            unknown = said.error();
            return json::value();
        },
        false);
    if (unknown) return tl::unexpected(std::move(*unknown));
    return answer;
}

} // namespace tplink::tapo
