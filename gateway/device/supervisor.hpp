#pragma once
// When to try again, and when a device counts as offline. Pure: time and outcomes in, decisions out.

#include <functional>
#include <optional>

#include "gateway/device/device_view.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::gateway {

/// All retries, back-off and lockout care of one device (design: architecture, walk "Poll"; camera.md, "Lockout").
class Supervisor {
public:
    static constexpr int kGracePolls = 3;                    // one lost reply is not an outage
    static constexpr std::chrono::seconds kFirstDelay{5};
    static constexpr std::chrono::seconds kLongestDelay{300};
    static constexpr std::chrono::seconds kLockMargin{30};   // the device's own clock counts the lock

    /// jitter: 0..1, spreads retries of devices that failed together.
    explicit Supervisor(double jitter) : jitter_(jitter) {}

    /// A good reply. True when the device came online by it.
    bool succeeded();

    /// A failed poll, command or login. `probe`: asked only when the answer decides over offline; true = still there.
    /// True when `online` or the problem changed.
    bool failed(const Error& error, SteadyTime now, const std::function<bool()>& probe);

    /// A human changed something: refusals are forgotten, the next attempt is due at once.
    void reset();

    /// May anything be sent now?
    bool may_try(SteadyTime now) const { return !blocked_ && now >= not_before_; }
    /// When it may; nothing while only a human can help.
    std::optional<SteadyTime> next_try() const;
    /// Credentials were refused: nothing is sent until reset().
    bool blocked() const { return blocked_; }
    /// The refusal that every command is answered with while it lasts; nothing otherwise.
    std::optional<Errc> standing_refusal(SteadyTime now) const;

    bool online() const { return online_; }
    /// So many failures in a row that only the probe's answer keeps it online.
    bool beyond_grace() const { return failures_ >= kGracePolls; }
    const std::optional<Problem>& problem() const { return problem_; }
    std::uint64_t flaps() const { return flaps_; }

private:
    double jitter_;
    bool online_ = false;
    bool blocked_ = false;
    std::optional<Errc> waits_;  ///< until not_before_: locked_out, or an account whose proof does not fit
    int failures_ = 0;
    int retries_ = 0;
    std::uint64_t flaps_ = 0;
    SteadyTime not_before_{};
    std::optional<Problem> problem_;
};

/// What happened and what to do, for a person.
Problem describe(const Error& error);

}  // namespace tplink::gateway
