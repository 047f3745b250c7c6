#pragma once
// The clips made at build time, cut into access units and multiplexed once, for any number of sessions to
// send.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/media/ts_mux.hpp"

namespace tplink::sim {

/// Whole TS packets of one access unit (or a piece of a big one): what one multipart part holds.
struct ClipPart {
    ts::Pes kind = ts::Pes::video;
    bool starts_unit = true;      ///< false: goes on with the unit of the part before
    bool keyframe = false;        ///< starts a keyframe: the sender puts a Preamble in front
    std::uint64_t offset_90k = 0; ///< from the start of the clip
    std::size_t pts_at = 0;       ///< where the five PTS bytes are when `starts_unit`
    Buffer packets;
};

struct Clip {
    ts::StreamType video = ts::StreamType::h264;
    ts::StreamType audio = ts::StreamType::none;
    ts::StreamType second_video = ts::StreamType::none;
    std::uint64_t duration_90k = 0;
    std::vector<ClipPart> parts; ///< by time; the first one starts a keyframe
};

inline constexpr std::uint64_t kFrameDuration90k = 6000; ///< 15 frames a second, as the clips are made

/// Splits Annex B at its access unit delimiters, which are left out, as the cameras do.
std::vector<Buffer> split_at_delimiters(Bytes annex_b, ts::StreamType type);

/// Interleaves video at 15 frames a second with 0.1 s of samples per audio PES, for as long as the video
/// lasts.
Clip multiplex(Bytes annex_b, ts::StreamType video, Bytes samples, ts::StreamType audio);
/// Adds the pictures of a second lens, as long as the first ones last.
void add_second_lens(Clip& clip, Bytes annex_b, ts::StreamType video);

/// Access units as they are, without a container, and the sound beside them.
struct FrameClip {
    struct Frame {
        Buffer bytes; ///< Annex B
        bool keyframe = false;
    };
    std::vector<Frame> frames; ///< 15 a second; the first one is a keyframe
    Buffer ulaw_8k;            ///< at least one second
};

/// Loads clips when they are first asked for. One library for many servers keeps a clip in memory once.
class ClipLibrary {
public:
    /// Where the build put them, or the folder named by SIMULATOR_CLIPS.
    ClipLibrary();
    explicit ClipLibrary(std::string folder) : folder_(std::move(folder)) {}

    /// `video`: "h264_hd", "h264_sub", "h265_hd" or "h264_bench". Null when the file is missing. From any
    /// thread.
    /// second: the clip of a second lens, empty: none.
    std::shared_ptr<const Clip> find(const std::string& video, ts::StreamType audio, const std::string& second = {});

    /// As find(), for ports that send frames one by one.
    std::shared_ptr<const FrameClip> frames(const std::string& video);

private:
    std::string folder_;
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const FrameClip>> frames_;
    std::map<std::tuple<std::string, ts::StreamType, std::string>, std::shared_ptr<const Clip>> clips_;
};

} // namespace tplink::sim
