#include "tests/simulators/sleeper.hpp"

#include <boost/json.hpp>

namespace tplink::sim {

/// Falls asleep when its time is over.
void Sleeper::settle() const {
    if (!awake_ || world_.now() < awake_until_) return;
    awake_ = false;
    awake_total_ += awake_until_ - awake_since_;
}

bool Sleeper::awake() const {
    const std::lock_guard lock(mutex_);
    settle();
    return awake_;
}

bool Sleeper::touch(std::string_view reason) {
    const std::lock_guard lock(mutex_);
    settle();
    const auto now = world_.now();
    awake_until_ = now + options_.stays_awake;
    if (awake_) return false;
    awake_ = true;
    awake_since_ = now;
    ++woken_by_[std::string(reason)];
    return true;
}

boost::json::object Sleeper::state() const {
    const std::lock_guard lock(mutex_);
    settle();
    boost::json::object reasons;
    std::uint64_t wakes = 0;
    for (const auto& [reason, count] : woken_by_) {
        reasons[reason] = count;
        wakes += count;
    }
    const auto total = awake_total_ + (awake_ ? world_.now() - awake_since_ : std::chrono::milliseconds(0));
    return {{"awake", awake_},
            {"wakes", wakes},
            {"woken_by", reasons},
            {"awake_s", static_cast<double>(total.count()) / 1000.0}};
}

} // namespace tplink::sim
