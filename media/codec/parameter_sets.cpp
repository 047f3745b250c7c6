#include "media/codec/parameter_sets.hpp"

#include <algorithm>

namespace tplink::media {

bool ParameterSets::remember(NalKind kind, Bytes nal) {
    std::vector<Buffer>& sets = sets_.at(index(kind));
    const std::size_t place = seen_.at(index(kind));
    if (place == kMaxSets || nal.size() > kMaxSetSize) return false;
    ++seen_.at(index(kind));
    if (place < sets.size() && std::equal(nal.begin(), nal.end(), sets[place].begin(), sets[place].end()))
        return false;
    // The usual case, the same sets in every keyframe, ends above; a different one makes the rest old.
    sets.resize(std::min(sets.size(), place));
    sets.push_back(to_buffer(nal));
    return true;
}

bool ParameterSets::unit_is_complete() const {
    return seen_[1] > 0 && seen_[2] > 0 && (codec_ == Codec::h264 || seen_[0] > 0);
}

bool ParameterSets::complete() const {
    return !sets_[1].empty() && !sets_[2].empty() && (codec_ == Codec::h264 || !sets_[0].empty());
}

Buffer ParameterSets::annex_b() const {
    constexpr std::array<std::byte, 4> kStartCode{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
    Buffer out;
    for (const auto& sets : sets_)
        for (const Buffer& set : sets) {
            append(out, Bytes(kStartCode));
            append(out, Bytes(set));
        }
    return out;
}

Bytes ParameterSets::sps() const { return sets_[1].empty() ? Bytes{} : Bytes(sets_[1].front()); }

} // namespace tplink::media
