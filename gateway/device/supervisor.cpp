#include "gateway/device/supervisor.hpp"

#include <algorithm>
#include <cmath>

namespace tplink::gateway {

bool Supervisor::succeeded() {
    const bool came = !online_;
    online_ = true;
    waits_.reset();
    failures_ = 0;
    retries_ = 0;
    not_before_ = {};
    problem_.reset();
    return came;
}

bool Supervisor::failed(const Error& error, SteadyTime now, const std::function<bool()>& probe) {
    if (error.code == Errc::cancelled) return false;
    const bool was_online = online_;
    const auto before = problem_;
    ++failures_;
    if (error.code == Errc::auth_failed && error.retry_after.count() > 0) {  // looking again costs no attempt
        waits_ = Errc::auth_failed;
        online_ = false;
        not_before_ = now + error.retry_after;
    } else if (error.code == Errc::auth_failed || error.code == Errc::certificate_changed) {
        blocked_ = true;
        online_ = false;
    } else if (error.code == Errc::locked_out) {
        waits_ = Errc::locked_out;
        online_ = false;
        const auto lock = error.retry_after.count() > 0 ? error.retry_after : std::chrono::seconds{1800};
        not_before_ = now + lock + kLockMargin;
    } else if (online_ && failures_ % kGracePolls != 0) {
        not_before_ = now;  // within the grace the next poll comes at its usual time
        return false;
    } else {
        if (online_ && probe && probe()) return false;  // it is there, only deaf to this request
        online_ = false;
        const double seconds = std::min(static_cast<double>(kFirstDelay.count()) * std::pow(2.0, std::min(retries_, 10)),
                                        static_cast<double>(kLongestDelay.count()));
        ++retries_;
        const double spread = seconds * (1.0 + 0.25 * jitter_);
        not_before_ = now + std::chrono::milliseconds(static_cast<long>(spread * 1000));
    }
    if (was_online && !online_) ++flaps_;
    problem_ = describe(error);
    return was_online != online_ || before != problem_;
}

void Supervisor::reset() {
    blocked_ = false;
    waits_.reset();
    failures_ = 0;
    retries_ = 0;
    not_before_ = {};
    problem_.reset();
}

std::optional<SteadyTime> Supervisor::next_try() const {
    if (blocked_) return std::nullopt;
    return not_before_;
}

std::optional<Errc> Supervisor::standing_refusal(SteadyTime now) const {
    if (blocked_) return problem_ ? problem_->code : Errc::auth_failed;
    if (waits_ && now < not_before_) return waits_;
    return std::nullopt;
}

Problem describe(const Error& error) {
    const auto minutes = std::to_string(std::max<long>(1, (error.retry_after.count() + 59) / 60));
    switch (error.code) {
    case Errc::unreachable:
        return {error.code, error.what, "Check that it has power and that the address is right; it is tried again by itself."};
    case Errc::timeout:
        return {error.code, error.what, "It is tried again by itself; if this stays, restart the device."};
    case Errc::auth_failed:
        return {error.code, error.what,
                (error.retry_after.count() > 0 && error.device_code == 0 ? "No login attempt was used up; it is looked at again every " + minutes + " min. Correct" : "Not tried again by itself: correct") +
                    std::string(" the account's password, or switch Third-Party Compatibility off and on in the app (Me > Third-Party Services), then reconnect.")};
    case Errc::certificate_changed:
        return {error.code, error.what, "If you reset or replaced the device, press Reconnect: the new certificate is then trusted. Otherwise somebody may be listening in."};
    case Errc::locked_out:
        return {error.code, error.what, "It takes no logins for about " + minutes + " min; one attempt follows by itself. A power cycle ends it at once."};
    case Errc::unsupported:
        return {error.code, error.what, "This device or firmware speaks something not known yet; a diagnostic dump helps to add it."};
    case Errc::refused:
        return {error.code, error.what, "The device declined; close other clients or apps that use it."};
    case Errc::malformed:
        return {error.code, error.what, "Its answer could not be understood; check that the address belongs to this device."};
    case Errc::session_expired:
        return {error.code, error.what, "Another client may be taking the session; it is tried again by itself."};
    case Errc::cloud_disabled:
        return {error.code, error.what, "Set cloud.enabled: true (and local_only: false) if this camera may be switched through TP-Link's cloud."};
    case Errc::cancelled: break;
    }
    return {error.code, error.what, "It is tried again by itself."};
}

}  // namespace tplink::gateway
