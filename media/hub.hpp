#pragma once
// One per camera stream: keeps the current GOP and hands access units to every consumer.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "media/access_unit.hpp"

namespace tplink::media {

/// What a viewer does with one unit. `full` means it could not be taken; the hub then sends nothing more of that video
/// track until the next keyframe, to this consumer alone.
enum class Taken { taken, full };

/// A viewer's end of the hub. Called on the ingest thread (or on the attaching thread for the burst), never twice at
/// once; must not block and must not call back into the hub.
class Consumer {
public:
    virtual ~Consumer() = default;
    /// burst_left: how many cached units follow this one before live begins (0: live or the last of the burst).
    virtual Taken deliver(const AccessUnit& unit, std::size_t burst_left) noexcept = 0;
};

/// What is known of the stream since it went live.
struct StreamFormat {
    std::optional<Codec> video;
    std::optional<Codec> audio;
    std::uint32_t audio_rate = 0;  ///< Hz
    bool operator==(const StreamFormat&) const = default;
};

struct HubStats {
    std::uint64_t units = 0;
    std::uint64_t bytes = 0;
    std::uint64_t keyframes = 0;
    std::uint64_t skipped = 0;      ///< units not delivered because a consumer was full, over all consumers
    std::size_t consumers = 0;
    double fps = 0;                 ///< over the last seconds
    double bitrate_kbps = 0;
    double keyframe_interval_s = 0;
};

/// Thread-safe. Cached: the last keyframe and what followed, at most kMaxUnits or kMaxBytes, and the last audio unit.
class Hub {
public:
    static constexpr std::size_t kMaxUnits = 600;        // 40 s at 15 fps: some cameras have 10 s GOPs
    static constexpr std::size_t kMaxBytes = 8U << 20;   // a 4K GOP; beyond it late joiners wait for a keyframe

    /// One unit of the stream, in order of arrival.
    void push(const AccessUnit& unit);

    /// The source stopped or restarts: the cache is cleared (kept as `stale` for stills only); consumers stay and
    /// resume at the next keyframe.
    void interrupt();

    /// Delivers the cached GOP and the last audio unit at once, then live units, until detach().
    void attach(std::shared_ptr<Consumer> consumer);
    void detach(const std::shared_ptr<Consumer>& consumer);

    StreamFormat format() const;
    HubStats stats() const;
    /// True when a keyframe is cached from the running session.
    bool has_keyframe() const;
    /// The last keyframe of this or an earlier session, with its arrival time; nothing before the first.
    std::optional<AccessUnit> last_keyframe() const;

private:
    struct Seat {
        std::shared_ptr<Consumer> consumer;
        bool waiting_for_keyframe = true;
    };
    // Guards everything below; consumers are called under it so that burst and live units never interleave. They may
    // not call back, which their contract says.
    mutable std::mutex mutex_;
    std::vector<Seat> seats_;
    std::deque<AccessUnit> gop_;
    std::size_t gop_bytes_ = 0;
    std::optional<AccessUnit> last_audio_;
    std::optional<AccessUnit> last_keyframe_;
    StreamFormat format_;
    HubStats stats_;
    std::deque<std::pair<SteadyTime, std::size_t>> window_;  // arrival and size of recent video units, for rates
    std::optional<SteadyTime> previous_keyframe_at_;
};

}  // namespace tplink::media
