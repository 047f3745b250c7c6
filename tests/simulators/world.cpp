#include "tests/simulators/world.hpp"

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

World real_world() {
    return {.now =
                [] {
                    return std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now().time_since_epoch());
                },
            .unix_s =
                [] {
                    return std::chrono::duration_cast<std::chrono::seconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                        .count();
                },
            .random = [](std::size_t count) { return random_bytes(count); }};
}

} // namespace tplink::sim
