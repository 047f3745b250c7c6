#include "protocols/discovery/targets.hpp"

#include <charconv>
#include <optional>
#include <set>

namespace tplink::discovery {
namespace {

constexpr unsigned kAddressBits = 32;

std::optional<unsigned> number(std::string_view text, unsigned most) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > most)
        return std::nullopt;
    return value;
}

std::optional<std::uint32_t> address(std::string_view text) {
    std::uint32_t value = 0;
    for (int part = 0; part < 4; ++part) {
        const std::size_t dot = text.find('.');
        if ((dot == std::string_view::npos) != (part == 3)) return std::nullopt;
        const auto octet = number(text.substr(0, dot), 255);
        if (!octet) return std::nullopt;
        value = value << 8 | *octet;
        text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
    }
    return value;
}

std::string to_text(std::uint32_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8)
        text += std::to_string(value >> shift & 255) + (shift ? "." : "");
    return text;
}

struct Range {
    std::uint32_t first;
    std::uint64_t count;
};

std::optional<Range> range_of(std::string_view target) {
    const std::size_t slash = target.find('/');
    const auto base = address(target.substr(0, slash));
    if (!base) return std::nullopt;
    if (slash == std::string_view::npos) return Range{*base, 1};
    const auto prefix = number(target.substr(slash + 1), kAddressBits);
    if (!prefix) return std::nullopt;
    const std::uint64_t count = std::uint64_t{1} << (kAddressBits - *prefix);
    const auto network = static_cast<std::uint32_t>(*base & ~(count - 1));
    if (count <= 2) return Range{network, count};
    return Range{network + 1, count - 2};
}

} // namespace

Result<std::vector<std::string>> expand_targets(std::span<const std::string> targets) {
    std::set<std::uint32_t> seen;
    std::vector<std::string> hosts;
    for (const std::string& target : targets) {
        const auto range = range_of(target);
        if (!range)
            return fail(Errc::malformed, "discovery target '" + target + "': not an IPv4 address or CIDR");
        if (range->count > kMaxTargets)
            return fail(Errc::refused,
                        "discovery target '" + target + "': more than 1024 hosts; use /22 or longer");
        for (std::uint32_t i = 0; i < range->count; ++i)
            if (seen.insert(range->first + i).second) hosts.push_back(to_text(range->first + i));
        if (hosts.size() > kMaxTargets)
            return fail(Errc::refused, "discovery targets: more than 1024 hosts together");
    }
    return hosts;
}

} // namespace tplink::discovery
