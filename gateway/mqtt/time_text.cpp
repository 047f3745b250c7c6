#include "gateway/mqtt/time_text.hpp"

#include <array>
#include <ctime>

namespace tplink::gateway {

std::string iso_time(WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm utc{};
    if (seconds == 0 || gmtime_r(&seconds, &utc) == nullptr) return {};
    std::array<char, 40> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S+00:00", &utc);
    return {text.data(), length};
}

}  // namespace tplink::gateway
