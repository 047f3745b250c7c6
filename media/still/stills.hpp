#pragma once
// JPEGs of a stream's cached pictures, each made once.

#include <deque>
#include <mutex>

#include "media/hub.hpp"
#include "media/service.hpp"

namespace tplink::media {

/// Thread-safe; decodes one picture at a time.
class Stills {
public:
    /// Of the hub's last keyframe, however old it is. errors: refused when there never was one; those of encode_jpeg.
    Result<Still> of_keyframe(const Hub& hub, unsigned width);
    /// Of the newest picture of the running stream. errors: as above.
    Result<Still> of_newest(Hub& hub, unsigned width);

private:
    Result<Still> make(std::span<const AccessUnit> units, unsigned width);

    struct Made {
        std::shared_ptr<const Buffer> of;  // holds the coded bytes, so that their address stays a name for them
        unsigned width = 0;
        Still still;
    };
    static constexpr std::size_t kMaxMade = 16;  // several cameras on one page, two widths each

    std::mutex mutex_;
    std::deque<Made> made_;  // newest last
};

}  // namespace tplink::media
