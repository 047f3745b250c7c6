#pragma once
// A session that goes after its device when a new firmware changes the login. Source: ladder.md, "Following".

#include <functional>
#include <memory>

#include "protocols/tapo/ladder.hpp"

namespace tplink::tapo {

class FollowingSession final : public Session {
public:
    /// opened: what the ladder found; its session must be there. prepare: called before each new climb, to
    /// put the newest announcement into the target; may be empty. deps.stop is not used after the opening:
    /// cancel() takes its place.
    FollowingSession(Target target, LadderDeps deps, Opened opened,
                     std::function<void(Target&)> prepare = {});

    Result<Identity> identify() override;
    Result<std::vector<Answer>> query(std::span<const Request> requests) override;
    Result<json::value> call(const Request& request) override;
    std::string_view transport() const override { return learned_.transport; }
    void cancel() override;

    /// Of the present login; the session's own thread only.
    const Learned& learned() const { return learned_; }

private:
    std::shared_ptr<Session> session() const;
    /// Whether `error` says that the login may have changed.
    bool lost(const Error& error);
    /// Climbs the ladder again. errors: of the ladder; a refused password stays for good.
    Result<void> climb(bool deaf);
    template <class Ask>
    auto ask(const Ask& question, bool repeat_always) -> decltype(question(std::declval<Session&>()));

    Target target_;
    LadderDeps deps_;
    std::function<void(Target&)> prepare_;
    std::stop_source stop_;
    Learned learned_;
    bool worked_ = false; ///< a login by these credentials was taken
    int deaf_ = 0; ///< requests in a row that found no connection
    std::optional<Error> refused_;
    mutable std::mutex mutex_; ///< guards the next one against cancel()
    std::shared_ptr<Session> session_;
};

} // namespace tplink::tapo
