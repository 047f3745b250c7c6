#include "tests/simulators/media/media_faults.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tplink::sim {
namespace {

using enum PartFault;
constexpr std::array<std::pair<std::string_view, PartFault>, 20> kNames{{
    {"none", none},
    {"short_part", short_part},
    {"cut_header", cut_header},
    {"bad_padding", bad_padding},
    {"reset", reset},
    {"close", close},
    {"noise", noise},
    {"stall", stall},
    {"negative_length", negative_length},
    {"huge_length", huge_length},
    {"plain", plain},
    {"plain_stays", plain_stays},
    {"unaligned_ts", unaligned_ts},
    {"continuity_gap", continuity_gap},
    {"lost_sync", lost_sync},
    {"broken_crc", broken_crc},
    {"wrong_hmac", wrong_hmac},
    {"pts_jump", pts_jump},
    {"no_pts", no_pts},
    {"truncated_cipher", truncated_cipher},
}};

} // namespace

std::optional<PartFault> parse_part_fault(std::string_view name) {
    const auto* found = std::ranges::find(kNames, name, [](const auto& entry) { return entry.first; });
    if (found == kNames.end()) return std::nullopt;
    return found->second;
}

std::string_view to_string(PartFault fault) {
    const auto* found = std::ranges::find(kNames, fault, [](const auto& entry) { return entry.second; });
    return found == kNames.end() ? "none" : found->first;
}

} // namespace tplink::sim
