#include "protocols/base/clock.hpp"

#include <array>
#include <ctime>

namespace tplink {
namespace {

class SystemClock final : public Clock {
public:
    SteadyTime now() const override { return std::chrono::steady_clock::now(); }
    WallTime wall() const override { return std::chrono::system_clock::now(); }
};

}  // namespace

std::string local_time_text(WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time + std::chrono::seconds(59));
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::array<char, 8> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%H:%M", &local);
    return {text.data(), size};
}

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

}  // namespace tplink
