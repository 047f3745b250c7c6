#include "protocols/tapo/ladder.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "protocols/kasa/xor.hpp"
#include "protocols/tapo/rungs.hpp"

namespace tplink::tapo {
namespace {

using discovery::Family;

bool is_plug_transport(std::string_view name) {
    return name.starts_with("klap") || name == "aes" || name == "tpap" || name == "xor";
}
bool is_camera_transport(std::string_view name) { return name.starts_with("tapo") || name == "vigi"; }

/// What the target is most likely to be, by what is known.
Family family_of(const Target& target) {
    if (target.family != Family::unknown) return target.family;
    if (is_plug_transport(target.learned.transport)) return Family::tapo_plug;
    if (is_camera_transport(target.learned.transport)) return Family::tapo_camera;
    return target.announced ? target.announced->family : Family::unknown;
}

void pause(const LadderDeps& deps) {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait_for(lock, deps.stop, deps.wake_wait, [] { return false; });
}

/// The error that decides what to do, among several: a refusal says more than a missing answer.
int weight(const Error& error) {
    switch (error.code) {
    case Errc::cancelled: return 9;
    case Errc::locked_out: return 8;
    case Errc::certificate_changed: return 7;
    case Errc::auth_failed: return 7;
    case Errc::refused: return 5;
    case Errc::unsupported: return 4;
    case Errc::malformed: return 3;
    default: return 2;
    }
}

bool out_of_reach(const std::vector<Attempt>& attempts) {
    return !attempts.empty() && std::all_of(attempts.begin(), attempts.end(), [](const Attempt& attempt) {
        return attempt.error.code == Errc::unreachable || attempt.error.code == Errc::timeout;
    });
}

Error sum_up(const std::vector<Attempt>& attempts, const std::string& host) {
    if (attempts.empty()) return {Errc::unsupported, "no known way to log in", 0, {}};
    // From the back: of equals the last one knows most, as TPAP is concluded from what came before.
    const auto worst =
        std::max_element(attempts.rbegin(), attempts.rend(), [](const Attempt& a, const Attempt& b) {
            return weight(a.error) < weight(b.error);
        });
    Error error = worst->error;
    if (attempts.size() == 1) return error;
    if (out_of_reach(attempts)) {
        error.what = "nothing answers at " + host + " (tried";
        for (const Attempt& attempt : attempts) error.what += (&attempt == &attempts.front() ? " " : ", ") + attempt.transport;
        error.what += ")";
        return error;
    }
    error.what += " [";
    for (const Attempt& attempt : attempts)
        if (&attempt != &*worst) error.what += attempt.transport + ": " + attempt.error.what + "; ";
    error.what.resize(error.what.size() - 2);
    error.what += "]";
    return error;
}

/// Plug or camera first; the other one too when nothing says which.
void climb(Climb& climb, Family family) {
    switch (family) {
    case Family::tapo_plug: return try_plug(climb);
    case Family::tapo_camera:
    case Family::vigi_camera: return try_camera(climb);
    case Family::kasa_plug: return try_plug(climb);
    case Family::kasa_camera: return try_xor(climb);
    case Family::unknown: break;
    }
    if (climb.target.port == kasa::kXorPort) return try_xor(climb);
    const bool camera_first = climb.target.port == 443;
    if (camera_first) try_camera(climb);
    if (climb.goes_on()) try_plug(climb);
    if (climb.goes_on() && !camera_first) try_camera(climb);
}

} // namespace

Opened open_session(const Target& target, const LadderDeps& deps) {
    Climb way{target, deps, {}, target.learned, {}, {}, {}};
    const Family family = family_of(target);
    climb(way, family);
    const bool may_wake =
        family == Family::tapo_plug || family == Family::kasa_plug || family == Family::unknown;
    if (!way.session && may_wake && deps.wake && out_of_reach(way.attempts) && !deps.stop.stop_requested()) {
        deps.wake(target.host);
        pause(deps);
        way.attempts.clear();
        climb(way, family);
    }
    if (deps.stop.stop_requested())
        return {fail(Errc::cancelled, "cancelled"), target.learned, std::move(way.attempts), way.family,
                std::move(way.refused_form)};
    for (Attempt& attempt : way.attempts)
        if (attempt.error.code == Errc::locked_out)
            attempt.error.what = "logins are locked until " +
                                 local_time_text(deps.clock.wall() + attempt.error.retry_after) + ": " +
                                 attempt.error.what;
    if (way.session)
        return {std::move(way.session), std::move(way.learned), std::move(way.attempts), way.family};
    return {tl::unexpected(sum_up(way.attempts, target.host)), target.learned, std::move(way.attempts), way.family,
            std::move(way.refused_form)};
}

} // namespace tplink::tapo
