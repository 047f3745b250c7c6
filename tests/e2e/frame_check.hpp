#pragma once
// Holds what a viewer got against the clip that the simulated camera plays: each picture must be one of its pictures,
// byte for byte, and follow the one before or begin anew with a keyframe.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/media/clip.hpp"

namespace tplink::e2e {

/// The pictures of an H.264 clip by what their slices hold. Immutable.
class ClipIndex {
public:
    explicit ClipIndex(const sim::FrameClip& clip);

    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::size_t size() const { return hashes_.size(); }
    /// Of the slices of an access unit in Annex B; 0: it has none.
    static std::uint64_t hash_of(Bytes annex_b);
    bool is_at(std::size_t index, std::uint64_t hash) const { return hashes_[index] == hash; }
    /// A keyframe with this content; kNone: there is none.
    std::size_t keyframe(std::uint64_t hash) const;
    bool knows(std::uint64_t hash) const { return known_.contains(hash); }

private:
    std::vector<std::uint64_t> hashes_;
    std::unordered_map<std::uint64_t, std::size_t> keyframes_, known_;
};

/// One viewer. Not thread-safe.
class FrameCheck {
public:
    explicit FrameCheck(const ClipIndex& clip) : clip_(clip) {}

    /// The next access unit. network_loss: packets were lost on the way to the viewer since the last one.
    void take(Bytes annex_b, bool network_loss);

    std::uint64_t frames() const { return frames_; }
    std::uint64_t broken() const { return broken_; } ///< not of the clip, or without what they build upon
    std::uint64_t restarts() const { return restarts_; } ///< keyframes that do not follow the picture before
    const std::string& complaint() const { return complaint_; } ///< of the first broken one

private:
    void complain(const char* what, std::size_t size);

    const ClipIndex& clip_;
    std::size_t last_ = ClipIndex::kNone;
    bool excused_ = false; // the network lost something: nothing is judged until a keyframe
    std::uint64_t frames_ = 0, broken_ = 0, restarts_ = 0;
    std::string complaint_;
};

} // namespace tplink::e2e
