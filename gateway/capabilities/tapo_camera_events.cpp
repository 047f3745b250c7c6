// What the camera notices just now. Written by the sources of events (gateway/events), read like any other row: a kind
// exists from the first day when its component is listed, and is off until something happens.

#include <array>
#include <iterator>

#include "gateway/capabilities/tapo_camera_rows.hpp"
#include "gateway/events/kinds.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr std::size_t kCount = std::size(kEventKinds);

template <std::size_t I> json::value now_on(const json::object& document, std::int64_t) {
    const json::value* all = document.if_contains(kEventsKey);
    const json::value* one = all != nullptr && all->is_object() ? all->get_object().if_contains(kEventKinds[I].id) : nullptr;
    return one != nullptr && *one == json::value("on") ? "on" : "off";
}

/// Told only of a camera whose ONVIF subscription was found silent once.
json::value silent_push(const json::object& document, std::int64_t) {
    const json::value* silent = at(document, kEventsKey, "/onvif_silent");
    return silent == nullptr ? json::value(nullptr) : *silent;
}
bool knows_silence(const json::object& document) { return !silent_push(document, 0).is_null(); }
constexpr Capability kSilence{.id = kSilentPush, .name = "ONVIF delivers no events", .kind = OnOff{},
                              .hint = {.device_class = "problem", .category = Category::diagnostic}, .derive = silent_push, .when = knows_silence};

template <std::size_t... I> constexpr std::array<Capability, kCount + 1> make_rows(std::index_sequence<I...>) {
    return {Capability{.id = kEventKinds[I].row(), .name = kEventKinds[I].name, .needs = kEventKinds[I].component, .kind = OnOff{},
                       .hint = {.device_class = kEventKinds[I].device_class}, .derive = now_on<I>}..., kSilence};
}

constexpr std::array<Capability, kCount + 1> kRows = make_rows(std::make_index_sequence<kCount>());
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> event_rows() { return kRows; }

}  // namespace tplink::gateway::camera
