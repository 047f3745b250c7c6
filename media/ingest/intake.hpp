#pragma once
// The common end of every source: units are timed, sound becomes A-law at 8 kHz, and each lens goes to its hub.

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "media/codec/g711.hpp"
#include "media/hub.hpp"
#include "media/ingest/arrival_clock.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

inline constexpr unsigned kMaxLenses = 2;
using Hubs = std::array<std::shared_ptr<Hub>, kMaxLenses>;

/// Called on the source's thread; may only take a note.
struct IngestEvents {
    std::function<void()> opened;     ///< the camera granted the stream
    std::function<void()> began;      ///< the first keyframe of a lens, and the first sound
    std::function<void(Error)> ended; ///< once, when the session is over by itself
};

/// Turns AAC frames into A-law at 8 kHz; what it gives comes on any thread. Null: AAC is left out.
class SoundDecoder {
public:
    virtual ~SoundDecoder() = default;
    virtual void push(const AccessUnit& unit) = 0;
};
using MakeSoundDecoder = std::function<std::unique_ptr<SoundDecoder>(std::function<void(Buffer alaw)>)>;

/// take() from one thread, the questions from any.
class Intake {
public:
    Intake(Hubs hubs, IngestEvents events, MakeSoundDecoder make_decoder);
    ~Intake();

    void opened();
    void take(AccessUnit unit);
    /// What the source knows of its program; 0: nothing yet.
    void set_program(unsigned lenses, bool silent);
    /// Only the first call counts.
    void end(Error error);
    /// From now on nothing is told any more.
    void mute() { over_ = true; }

    SteadyTime last_media() const { return SteadyTime(SteadyTime::duration(last_media_.load())); }
    bool is_silent() const { return silent_; }
    unsigned lens_count() const { return lenses_; }

private:
    void take_video(AccessUnit unit);
    void take_sound(AccessUnit unit);
    void push_sound(Buffer alaw, std::int64_t pts_90k, SteadyTime arrival);
    void note_begin(bool& had);

    const Hubs hubs_;
    const IngestEvents events_;
    const MakeSoundDecoder make_decoder_;
    std::array<ArrivalClock, kMaxLenses> video_clocks_;
    std::mutex sound_mutex_;  // decoded AAC comes from another thread
    ArrivalClock sound_clock_;
    std::int64_t decoded_pts_ = 0;
    UlawDownsampler downsampler_;
    std::array<bool, kMaxLenses> had_keyframe_{};
    bool had_sound_ = false;
    std::atomic<SteadyTime::rep> last_media_;
    std::atomic<bool> silent_ = false, over_ = false;
    std::atomic<unsigned> lenses_ = 0;
    std::unique_ptr<SoundDecoder> decoder_;  // last: it calls back until it is gone
};

}  // namespace tplink::media
