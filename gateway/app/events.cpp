#include "gateway/app/events.hpp"

#include <algorithm>

#include "gateway/events/kinds.hpp"

namespace tplink::gateway {

std::vector<std::string> event_kinds(const DeviceView& view) {
    std::vector<std::string> out;
    for (const Capability* row : view.rows)
        for (const EventKind& kind : kEventKinds)
            if (row->id == kind.row() && row->query.method.empty() && std::holds_alternative<OnOff>(row->kind)) out.emplace_back(kind.id);
    return out;
}

bool has_battery(const DeviceView& view, const DeviceConfig& config) {
    if (config.battery != Tristate::automatic && view.via.empty()) return config.battery == Tristate::yes;
    return view.identity.lists("battery");
}

Events::Events(Registry& registry, std::function<void(const DetectionEvent&)> happened, EventLog log, EventsOptions options)
    : registry_(registry), log_(std::move(log)), options_(options),
      desk_({[this](const std::string& device, const std::string& kind, bool on) { registry_.push(device, kind, on); }, std::move(happened)}, system_clock()),
      watch_(desk_, log_, system_clock(), system_random(),
             [this](const std::string& device, bool silent) { registry_.push(device, std::string(kSilentPush), silent); }),
      doorbells_([this](const std::string& address) { pressed(address); }) {}

Events::~Events() { stop(); }

void Events::start() {
    if (options_.doorbell_port == 0) return;
    if (const auto listening = doorbells_.start(options_.doorbell_port); !listening)
        log_("warning", "presses of doorbells are not heard: " + listening.error().what, "");
}

void Events::device(const DeviceView& view, const std::optional<Registry::Access>& access) {
    const bool wired_camera = access && view.via.empty() && (view.family == Family::tapo_camera || view.family == Family::vigi_camera) &&
                              !has_battery(view, access->config);
    const bool watched = wired_camera && view.online && !access->config.camera_account.username.empty() && !event_kinds(view).empty();
    if (!watched) {
        if (!view.online && access && !access->config.camera_account.username.empty()) return;  // it goes on trying by itself
        return watch_.leave(view.id);
    }
    tplink::onvif::PullPointOptions options;
    options.host = view.host;
    options.port = options_.onvif_port;
    options.account = access->config.camera_account;
    watch_.watch(view.id, options);
}

void Events::removed(const std::string& id) {
    watch_.leave(id);
    desk_.forget(id);
}

void Events::alarm(const std::string& id, const std::string& kind, std::int64_t at_unix_s) {
    const auto view = registry_.view(id);
    if (!view) return;
    const auto kinds = event_kinds(*view);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return;
    const WallTime at = std::chrono::system_clock::from_time_t(static_cast<std::time_t>(at_unix_s));
    if (!watch_.recorded(id, kind, at)) desk_.moment(id, kind, EventSource::alarm_list, at);
}

/// A hub speaks for its doorbells and does not say for which.
void Events::pressed(const std::string& address) {
    for (const auto& view : registry_.views()) {
        const auto kinds = event_kinds(*view);
        if (view->host == address && std::find(kinds.begin(), kinds.end(), "ring") != kinds.end())
            desk_.moment(view->id, "ring", EventSource::broadcast, system_clock().wall());
    }
}

void Events::stop() { watch_.stop(); }

}  // namespace tplink::gateway
