#include "tests/simulators/media/fault_trigger.hpp"

namespace tplink::sim {
namespace {

constexpr std::size_t kGapPackets = 6; // three can be missing from the middle of these

bool stays(PartFault fault) {
    return fault == PartFault::stall || fault == PartFault::plain_stays || fault == PartFault::unaligned_ts ||
           fault == PartFault::broken_crc || fault == PartFault::pts_jump;
}

} // namespace

PartFault FaultTrigger::next(const FaultPlan& plan, std::size_t packets) {
    if (plan.generation != generation_) {
        *this = {};
        generation_ = plan.generation;
    }
    const MediaFaults& faults = plan.faults;
    if (faults.part == PartFault::none || parts_ < faults.after_parts) {
        ++parts_;
        return PartFault::none;
    }
    if (stays(faults.part)) return faults.part;
    if (struck_ && !faults.repeat) return PartFault::none;
    if (faults.part == PartFault::continuity_gap && packets < kGapPackets)
        return PartFault::none; // the next big one
    struck_ = true;
    parts_ = 0;
    return faults.part;
}

} // namespace tplink::sim
