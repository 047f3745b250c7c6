#pragma once
// What one thread built, another may read: GStreamer orders its threads by locks of its own, which a race detector that
// does not see into the library cannot know of.

#include <atomic>

namespace tplink::media {

/// Both sides call pass(): whatever was written before the earlier call is seen after the later one.
class Handover {
public:
    void pass() noexcept { turns_.fetch_add(1, std::memory_order_acq_rel); }

private:
    std::atomic<unsigned> turns_ = 0;
};

}  // namespace tplink::media
