#pragma once
// The last exchanges with each device, kept in memory: what a bug report needs and nobody had the foresight to log.

#include <boost/json/array.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/device/opener.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::gateway {

/// Thread-safe. Bounded per device and altogether; a poll is one line without its answer (the whole document is kept
/// by the actor anyway), a command is kept with what was sent and answered.
class FlightRecorder {
public:
    static constexpr std::size_t kLinesPerDevice = 40, kDevices = 2048, kMaxBytesPerLine = 2048;

    struct Line {
        WallTime time{};
        std::string what;    ///< "login", "query 5: getLedStatus, ...", "call setLedStatus"
        std::string outcome; ///< "ok", "tapo3", or the error's sentence
        std::string sent, answered;  ///< JSON texts of calls, cut at kMaxBytesPerLine; empty for queries
        double duration_ms = 0;
        bool ok = true;
    };
    void put(const std::string& device, Line line);
    /// Oldest first; `device` as given to put(): MAC, or the address while the MAC is unknown.
    std::deque<Line> lines(const std::string& device) const;
    /// The device behind an address has told its MAC.
    void rename(const std::string& from, const std::string& to);
    void forget(const std::string& device);

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::deque<Line>> devices_;
};

/// [{"time","what","outcome","ok","duration_ms","sent"?,"answered"?}], not redacted.
boost::json::array to_json(const std::deque<FlightRecorder::Line>& lines);

/// An opener whose logins and sessions leave lines in `recorder`, which outlives it.
std::unique_ptr<Opener> make_recording_opener(std::unique_ptr<Opener> opener, FlightRecorder& recorder);

}  // namespace tplink::gateway
