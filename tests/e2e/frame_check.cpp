#include "tests/e2e/frame_check.hpp"

#include <string_view>

namespace tplink::e2e {
namespace {

constexpr unsigned kFirstSlice = 1, kIdrSlice = 5;

std::size_t find_start(Bytes bytes, std::size_t from) {
    for (std::size_t at = from; at + 3 <= bytes.size(); ++at)
        if (u8(bytes[at]) == 0 && u8(bytes[at + 1]) == 0 && u8(bytes[at + 2]) == 1) return at;
    return bytes.size();
}

} // namespace

std::uint64_t ClipIndex::hash_of(Bytes annex_b) {
    std::uint64_t sum = 0;
    for (std::size_t at = find_start(annex_b, 0); at < annex_b.size();) {
        const std::size_t next = find_start(annex_b, at + 3);
        Bytes nal = annex_b.subspan(at + 3, next - at - 3);
        while (!nal.empty() && u8(nal.back()) == 0) nal = nal.first(nal.size() - 1); // of the next start code
        at = next;
        const unsigned type = nal.empty() ? 0U : u8(nal[0]) & 0x1FU;
        if (type < kFirstSlice || type > kIdrSlice) continue;
        sum = sum * 31 + std::hash<std::string_view>{}(as_text(nal));
    }
    return sum;
}

ClipIndex::ClipIndex(const sim::FrameClip& clip) {
    for (const auto& frame : clip.frames) {
        const std::uint64_t hash = hash_of(frame.bytes);
        if (frame.keyframe) keyframes_.emplace(hash, hashes_.size());
        known_.emplace(hash, hashes_.size());
        hashes_.push_back(hash);
    }
}

std::size_t ClipIndex::keyframe(std::uint64_t hash) const {
    const auto found = keyframes_.find(hash);
    return found == keyframes_.end() ? kNone : found->second;
}

void FrameCheck::take(Bytes annex_b, bool network_loss) {
    excused_ = excused_ || network_loss;
    const std::uint64_t hash = ClipIndex::hash_of(annex_b);
    if (hash == 0) return; // parameter sets alone
    ++frames_;
    const std::size_t next = last_ == ClipIndex::kNone ? last_ : (last_ + 1) % clip_.size();
    if (next != ClipIndex::kNone && clip_.is_at(next, hash)) {
        last_ = next;
    } else if (const std::size_t key = clip_.keyframe(hash); key != ClipIndex::kNone) {
        if (last_ != ClipIndex::kNone) ++restarts_;
        last_ = key;
        excused_ = false;
    } else if (!excused_) {
        complain(clip_.knows(hash) ? "a picture without the one before it" : "a picture the camera never took", annex_b.size());
        last_ = ClipIndex::kNone;
    }
}

void FrameCheck::complain(const char* what, std::size_t size) {
    ++broken_;
    if (complaint_.empty()) complaint_ = std::string(what) + " (" + std::to_string(size) + " bytes, after " + std::to_string(frames_ - 1) + " good ones)";
}

} // namespace tplink::e2e
