#include "tests/simulators/faults.hpp"

#include <array>
#include <boost/json.hpp>
#include <utility>

namespace tplink::sim {
namespace {

namespace json = boost::json;

struct Count {
    std::string_view name;
    int Faults::*member;
    Strike strike;
};
constexpr std::array<Count, 8> kCounts{{{"deaf", &Faults::deaf, Strike::deaf},
                                        {"drop", &Faults::drop, Strike::drop},
                                        {"garbage", &Faults::garbage, Strike::garbage},
                                        {"noise", &Faults::noise, Strike::noise},
                                        {"stall", &Faults::stall, Strike::stall},
                                        {"reset", &Faults::reset, Strike::reset},
                                        {"forbid", &Faults::forbid, Strike::forbid},
                                        {"too_many", &Faults::too_many, Strike::too_many}}};

struct Number {
    std::string_view name;
    int Faults::*member;
};
constexpr std::array<Number, 7> kNumbers{{{"delay_ms", &Faults::delay_ms},
                                          {"drop_percent", &Faults::drop_percent},
                                          {"lose_percent", &Faults::lose_percent},
                                          {"seed", &Faults::seed},
                                          {"expire_every", &Faults::expire_every},
                                          {"rate_limit", &Faults::rate_limit},
                                          {"split_bytes", &Faults::split_bytes}}};

Result<void> apply_one(Faults& faults, std::string_view key, const json::value& value) {
    if (key == "close_after_answer") {
        if (!value.is_bool()) return fail(Errc::refused, "close_after_answer: not true or false");
        faults.close_after_answer = value.get_bool();
        return {};
    }
    const auto number = json::try_value_to<int>(value);
    if (!number) return fail(Errc::refused, std::string(key) + ": not a number");
    for (const Number& plain : kNumbers)
        if (plain.name == key) {
            faults.*plain.member = *number;
            return {};
        }
    for (const Count& count : kCounts)
        if (count.name == key) {
            faults.*count.member = *number;
            return {};
        }
    return fail(Errc::refused, std::string(key) + ": no such fault");
}

} // namespace

Faults FaultSwitch::get() const {
    const std::lock_guard lock(mutex_);
    return faults_;
}

void FaultSwitch::set(const Faults& faults) {
    const std::lock_guard lock(mutex_);
    faults_ = faults;
}

Result<void> FaultSwitch::apply(const json::object& changes) {
    const std::lock_guard lock(mutex_);
    Faults changed = faults_;
    for (const auto& [key, value] : changes) TRY_VOID(apply_one(changed, key, value));
    faults_ = changed;
    if (changes.contains("seed")) chance_.seed(static_cast<unsigned>(changed.seed));
    return {};
}

Strike FaultSwitch::next_strike() {
    const std::lock_guard lock(mutex_);
    for (const Count& count : kCounts) {
        int& left = faults_.*count.member;
        if (left == 0) continue;
        if (left > 0) --left;
        return count.strike;
    }
    if (faults_.drop_percent + faults_.lose_percent <= 0) return Strike::none;
    const int luck = static_cast<int>(chance_() % 100);
    if (luck < faults_.drop_percent) return Strike::deaf;
    return luck < faults_.drop_percent + faults_.lose_percent ? Strike::drop : Strike::none;
}

bool FaultSwitch::take_expiry() {
    const std::lock_guard lock(mutex_);
    if (faults_.expire_every <= 0 || ++since_expiry_ < faults_.expire_every) return false;
    since_expiry_ = 0;
    return true;
}

bool FaultSwitch::take_rate_limit() {
    const std::lock_guard lock(mutex_);
    if (faults_.rate_limit > 0) return faults_.rate_limit-- > 0;
    return faults_.rate_limit < 0;
}

json::object to_json(const Faults& faults) {
    json::object out{{"close_after_answer", faults.close_after_answer}};
    for (const Number& plain : kNumbers) out[plain.name] = faults.*plain.member;
    for (const Count& count : kCounts) out[count.name] = faults.*count.member;
    return out;
}

} // namespace tplink::sim
