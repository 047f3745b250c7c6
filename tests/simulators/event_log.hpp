#pragma once
// What a camera remembers of its detections, as getLastAlarmInfo and searchDetectionList tell it.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace tplink::sim {

/// `alarm_type` of a kind: motion 2, tamper 3, line_crossing 4, intrusion 5, person 6, baby_cry 7, vehicle 8,
/// pet 9, bark 11, meow 12, glass 13, package_delivered 15, package_picked_up 16, ring 17. Nothing: unknown.
std::optional<int> alarm_type_of(std::string_view kind);

struct CameraEvent;
/// {"kind":"motion","active":true}; active may be absent: true. Nothing: another shape, or an unknown kind.
std::optional<CameraEvent> event_in(const boost::json::value& value);

/// Not thread-safe. Times are the camera's own clock.
class EventLog {
public:
    void begin(std::string_view kind, std::int64_t now_s);
    void end(std::string_view kind, std::int64_t now_s);
    /// A moment without an end, e.g. a press.
    void moment(std::string_view kind, std::int64_t now_s);
    bool empty() const { return entries_.empty(); }

    /// {"last_alarm_type","last_alarm_time"}: "" and "0" when there was none.
    boost::json::object last() const;
    /// Entries that begin within [from_s, to_s], of those [first, last] by number: a `search_detection_list`.
    boost::json::array search(std::int64_t from_s, std::int64_t to_s, std::size_t first,
                              std::size_t last) const;

private:
    struct Entry {
        std::int64_t start_s = 0;
        std::int64_t end_s = 0;
        std::uint64_t mask = 0;   ///< bit i: type i + 1
        std::uint64_t active = 0; ///< those not over yet
    };
    std::deque<Entry> entries_;
    std::string last_kind_;
};

/// Parameters of searchDetectionList to its result; `{}` when the window is quiet. Nothing: bad parameters.
std::optional<boost::json::object> search_detections(const EventLog& log, const boost::json::value& params);

} // namespace tplink::sim
