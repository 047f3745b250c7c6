#pragma once
// Events of cameras that push nothing: read from the camera's own list of detections, or from its last alarm. Pure.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "protocols/session.hpp"

namespace tplink::gateway {

struct SeenAlarm {
    std::string kind;
    std::int64_t at_unix_s = 0;  ///< by our clock
    bool operator==(const SeenAlarm&) const = default;
};

class AlarmWatch {
public:
    /// What to ask now. The clock is asked at first and once an hour.
    std::vector<Request> requests(std::int64_t now_unix_s) const;
    /// The answers to requests(); what is new in them. The first answer only tells what is old.
    std::vector<SeenAlarm> take(std::span<const Answer> answers, std::int64_t now_unix_s);
    /// The camera knows neither list nor last alarm.
    bool is_useless() const { return no_list_ && no_last_; }
    /// Our time of a moment told by the camera's clock.
    std::int64_t ours(std::int64_t theirs) const { return theirs - offset_s_; }

private:
    void take_clock(const json::value& result, std::int64_t now_unix_s);
    void take_list(const json::value& result, std::int64_t now_unix_s, std::vector<SeenAlarm>& out);
    void take_last(const json::value& result, std::vector<SeenAlarm>& out);

    std::int64_t offset_s_ = 0;       ///< camera's clock minus ours
    std::int64_t clock_read_at_ = 0;  ///< 0: never
    bool no_list_ = false, no_last_ = false;
    bool list_known_ = false, last_known_ = false;      ///< a first answer came
    std::map<std::int64_t, std::uint64_t> seen_;        ///< start time -> kinds told, of the window
    std::int64_t newest_ = 0, last_ = 0;
};

}  // namespace tplink::gateway
