#pragma once
// What people are told about a stream: each change once.

#include <map>
#include <string>

#include "media/service.hpp"

namespace tplink::media {

/// One thread only.
class StreamLog {
public:
    explicit StreamLog(const ServiceEvents& events) : events_(events) {}
    void on_change(const std::string& camera, const StreamStatus& status);

private:
    struct Last {
        StreamState state = StreamState::idle;
        std::string error;
    };
    void say(LogLevel level, const std::string& camera, const std::string& line) const;

    const ServiceEvents& events_;
    std::map<std::string, Last> last_;  // by camera and stream
};

}  // namespace tplink::media
