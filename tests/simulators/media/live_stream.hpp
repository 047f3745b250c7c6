#pragma once
// One viewer's place in a clip that never ends: which part is due when, with running PTS and continuity
// counters.

#include <chrono>
#include <memory>

#include "tests/simulators/media/clip.hpp"
#include "tests/simulators/media/media_faults.hpp"

namespace tplink::sim {

using SteadyTime = std::chrono::steady_clock::time_point;

struct LiveOptions {
    bool with_audio = true;
    bool waits_for_keyframe =
        false; ///< begins with the next keyframe of the camera's clock, not with the latest
    std::uint64_t first_pts_90k = 0;
    std::int64_t audio_pts_shift_90k = 0;
};

class LiveStream {
public:
    /// `camera_start`: when the camera began to play the clip; all viewers see nearly the same picture.
    LiveStream(std::shared_ptr<const Clip> clip, const LiveOptions& options, SteadyTime camera_start,
               SteadyTime now);

    SteadyTime due() const;
    const ClipPart& part() const { return clip_->parts[index_]; }
    /// Appends the part that is due, a keyframe with its Preamble, and goes on to the next.
    /// fault: `broken_crc`, `pts_jump`, `no_pts` are done here.
    void append_next(Buffer& out, PartFault fault);
    /// Leaves the part out.
    void skip();

private:
    std::uint64_t elapsed_90k() const;
    std::uint64_t pts_90k() const;

    std::shared_ptr<const Clip> clip_;
    LiveOptions options_;
    ts::Continuity continuity_;
    SteadyTime start_;
    std::uint64_t first_offset_90k_ = 0;
    std::uint64_t loops_ = 0;
    std::size_t index_ = 0;
};

} // namespace tplink::sim
