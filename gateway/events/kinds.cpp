#include "gateway/events/kinds.hpp"

#include <algorithm>
#include <iterator>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway {

const EventKind* find_event_kind(std::string_view id) {
    const auto* at = std::find_if(std::begin(kEventKinds), std::end(kEventKinds), [&](const EventKind& kind) { return kind.id == id; });
    return at == std::end(kEventKinds) ? nullptr : at;
}

std::vector<std::string_view> kinds_of_mask(std::uint64_t mask) {
    std::vector<std::string_view> out;
    for (const EventKind& kind : kEventKinds)
        if ((kind.alarms & mask) != 0) out.push_back(kind.id);
    return out;
}

std::string_view kind_of_word(std::string_view word) {
    const std::string lower = ascii_lower(word);
    if (lower == "person" || lower == "humanoid") return "person";
    for (const EventKind& kind : kEventKinds)
        if (lower == kind.word || lower == kind.id) return kind.id;
    return {};
}

}  // namespace tplink::gateway
