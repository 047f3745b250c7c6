#include "gateway/app/settings_desk.hpp"

namespace tplink::gateway {
namespace {

const std::string kKey = "settings";  // in the state store

}  // namespace

Overlay SettingsDesk::overlay() const { return Overlay::from_text(store_.text(kKey, [] { return std::string("{}"); })); }

std::string SettingsDesk::fault() const {
    const LoadedConfig loaded = load();
    return loaded.faults.empty() ? std::string() : loaded.faults.front().text();
}

std::vector<ConfigFault> SettingsDesk::change(const boost::json::object& wanted) {
    OverlayChange changed = change_overlay(overlay(), wanted, file_, environment_);
    if (changed.faults.empty()) store_.put_text(kKey, changed.overlay.to_text());
    return changed.faults;
}

}  // namespace tplink::gateway
