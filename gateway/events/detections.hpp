#pragma once
// What one camera notices just now, made steady: blips do not flicker and nothing stays on for ever. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/clock.hpp"

namespace tplink::gateway {

struct DetectionChange {
    std::string kind;
    bool on = false;
};

class Detections {
public:
    static constexpr std::chrono::seconds kHold{2};      // sources send short "false" between two "true"
    static constexpr std::chrono::seconds kForget{180};  // some firmware never tells the end

    /// It is noticed, or still noticed. The change when it was not on before: something new.
    std::optional<DetectionChange> active(std::string_view kind, SteadyTime now) { return raise(kind, now, now + kForget, true); }
    /// The source says it is over: off after the hold unless it comes back.
    void inactive(std::string_view kind, SteadyTime now);
    /// Something without an end of its own (a press, an entry of a list): on for `length`.
    std::optional<DetectionChange> pulse(std::string_view kind, SteadyTime now, std::chrono::milliseconds length) {
        return raise(kind, now, now + length, false);
    }

    /// What goes off by now.
    std::vector<DetectionChange> due(SteadyTime now);
    /// When due() has something to say.
    std::optional<SteadyTime> next() const;
    bool is_on(std::string_view kind) const { return off_at_.contains(kind); }

private:
    std::optional<DetectionChange> raise(std::string_view kind, SteadyTime now, SteadyTime until, bool exact);
    std::map<std::string, SteadyTime, std::less<>> off_at_;
};

}  // namespace tplink::gateway
