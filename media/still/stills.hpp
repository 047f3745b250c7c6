#pragma once
// JPEGs of a stream's cached pictures, each made once.

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "media/hub.hpp"
#include "media/service.hpp"
#include "media/still/picture_process.hpp"

namespace tplink::media {

/// Thread-safe; decodes one picture at a time.
class Stills {
public:
    /// program: decodes in a process of its own, see PictureProcess; empty: in this one.
    explicit Stills(const std::string& program);

    /// Of the hub's last keyframe, however old it is. errors: refused when there never was one; those of encode_jpeg.
    Result<Still> of_keyframe(const Hub& hub, unsigned width);
    /// Of the newest picture of the running stream. errors: as above.
    Result<Still> of_newest(Hub& hub, unsigned width);

    /// Gives back what is not used any more. When to call again; nothing: after the next picture.
    std::optional<SteadyTime> rest(SteadyTime now);
    /// Whoever waits for a picture returns at once, without one.
    void stop();

private:
    Result<Buffer> encode(std::span<const AccessUnit> units, unsigned width);
    Result<Still> make(std::span<const AccessUnit> units, unsigned width);

    struct Made {
        std::shared_ptr<const Buffer> of;  // holds the coded bytes, so that their address stays a name for them
        unsigned width = 0;
        Still still;
    };
    static constexpr std::size_t kMaxMade = 8;  // several cameras on one page

    const std::unique_ptr<PictureProcess> process_;
    std::mutex mutex_;
    std::deque<Made> made_;  // newest last
    SteadyTime made_at_{};   // of the newest
};

}  // namespace tplink::media
