// What a camera answers to searchDetectionList, getLastAlarmInfo and getClockStatus, one after the other.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>

#include "gateway/events/alarm_watch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tplink;
    boost::system::error_code ec;
    const json::value result = json::parse({reinterpret_cast<const char*>(data), size}, ec);
    if (ec) return 0;
    gateway::AlarmWatch watch;
    for (std::int64_t now = 1'800'000'000; now < 1'800'000'003; ++now) {
        std::vector<Answer> answers;
        for (const Request& request : watch.requests(now)) answers.push_back({request.method, result});
        for (const gateway::SeenAlarm& alarm : watch.take(answers, now))
            if (alarm.kind.empty()) std::abort();
    }
    return 0;
}
