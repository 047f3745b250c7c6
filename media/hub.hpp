#pragma once
// One per camera stream: keeps the current GOP and hands access units to every consumer.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "media/access_unit.hpp"

namespace tplink::media {

/// What a viewer does with one unit. `full` means it could not be taken; the hub then sends nothing more of
/// that video track until the next keyframe, to this consumer alone.
enum class Taken { taken, full };

/// A viewer's end of the hub; it owns its bounded queue. Called on the ingest thread (or on the attaching
/// thread for the burst), never twice at once; must not block and must not call back into the hub.
class Consumer {
public:
    virtual ~Consumer() = default;
    /// Video comes from a keyframe on and without a gap; audio comes whether or not video waits for a
    /// keyframe. burst_left: how many cached units follow this one before live begins (0: live or the last of
    /// the burst).
    virtual Taken deliver(const AccessUnit& unit, std::size_t burst_left) noexcept = 0;
};

/// What is known of the stream since it went live.
struct StreamFormat {
    std::optional<Codec> video;
    std::optional<Codec> audio;
    std::uint32_t audio_rate = 0; ///< Hz
    bool operator==(const StreamFormat&) const = default;
};

struct HubStats {
    std::uint64_t units = 0;
    std::uint64_t bytes = 0;
    std::uint64_t keyframes = 0;
    std::uint64_t skipped = 0; ///< units not delivered because a consumer was full, over all consumers
    std::size_t consumers = 0;
    double fps = 0;                 ///< video, over the last Hub::kWindow; 0 while interrupted
    double bitrate_kbps = 0;        ///< video, likewise; kbit/s
    double keyframe_interval_s = 0; ///< between the last two keyframes
};

/// Thread-safe. Cached: the last keyframe and the video that followed, at most kMaxUnits and kMaxBytes, and
/// the last audio unit. Past a limit the cache is dropped: whoever comes later waits for the next keyframe.
class Hub {
public:
    static constexpr std::size_t kMaxUnits = 600;      // 40 s at 15 fps: some cameras have 10 s GOPs
    static constexpr std::size_t kMaxBytes = 8U << 20; // a 4K GOP; beyond it late joiners wait for a keyframe
    static constexpr std::chrono::seconds kWindow{5};  // of the rates: two GOPs of the usual 2 s

    /// One unit of the stream (one lens of it), in order of arrival; `unit.data` is set.
    void push(const AccessUnit& unit);

    /// The source stopped or restarts: the cache is cleared (kept as `stale` for stills only); consumers stay
    /// and resume at the next keyframe.
    void interrupt();

    /// Delivers the last audio unit and the cached GOP at once, then live units, until detach(). Again: no
    /// effect.
    void attach(std::shared_ptr<Consumer> consumer);
    /// When it returns, nothing more is delivered to this consumer. One that is not attached: no effect.
    void detach(const std::shared_ptr<Consumer>& consumer);

    StreamFormat format() const;
    HubStats stats() const;
    /// True when the GOP cache holds a keyframe of the running session: who attaches now gets a picture at
    /// once.
    bool has_keyframe() const;
    /// The last keyframe of this or an earlier session, with its arrival time; nothing before the first.
    std::optional<AccessUnit> last_keyframe() const;

private:
    /// Where a consumer stands with the video track.
    enum class Standing {
        following, ///< has every unit since its last keyframe
        joining,   ///< has none yet
        behind,    ///< was full: what it misses is counted
    };
    struct Seat {
        std::shared_ptr<Consumer> consumer;
        Standing standing = Standing::joining;
    };

    void push_video(const AccessUnit& unit);
    void push_audio(const AccessUnit& unit);
    void cache(const AccessUnit& unit);
    void drop_cache();
    void count_video(const AccessUnit& unit);
    void hand_over(Seat& seat, const AccessUnit& unit, std::size_t burst_left);

    // Guards everything below; consumers are called under it so that burst and live units never interleave.
    // They may not call back, which their contract says.
    mutable std::mutex mutex_;
    std::vector<Seat> seats_;
    std::deque<AccessUnit> gop_;
    std::size_t gop_bytes_ = 0;
    std::optional<AccessUnit> last_audio_;
    std::optional<AccessUnit> last_keyframe_;
    StreamFormat format_;
    HubStats stats_;
    std::deque<std::pair<SteadyTime, std::size_t>>
        window_; // arrival and size of recent video units, for rates
    std::size_t window_bytes_ = 0;
    std::optional<SteadyTime> previous_keyframe_at_;
};

} // namespace tplink::media
