#pragma once
// Decides for one connection which part a planned fault strikes.

#include <cstddef>

#include "tests/simulators/media/media_faults.hpp"

namespace tplink::sim {

struct FaultPlan {
    MediaFaults faults;
    unsigned generation = 0; ///< another number: the plan was replaced, counting begins anew
};

class FaultTrigger {
public:
    /// Called once for each part about to be sent. `packets`: TS packets in it.
    PartFault next(const FaultPlan& plan, std::size_t packets);

private:
    unsigned generation_ = 0;
    int parts_ = 0;
    bool struck_ = false;
};

} // namespace tplink::sim
