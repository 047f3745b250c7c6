#pragma once
// A clock that a test moves by hand.

#include <memory>

#include "tests/simulators/world.hpp"

namespace tplink::sim {

struct HandClock {
    std::shared_ptr<std::chrono::milliseconds> now = std::make_shared<std::chrono::milliseconds>(1000000);
    World world() const {
        World out = real_world();
        out.now = [now = now] { return *now; };
        out.unix_s = [now = now] { return 1795219200 + now->count() / 1000; }; // from 2026-11-21 on
        return out;
    }
};

} // namespace tplink::sim
