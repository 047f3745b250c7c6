// Discovery's answers in the gateway's words.

#include <algorithm>
#include <arpa/inet.h>
#include <memory>

#include "gateway/app/discovery_loop.hpp"
#include "protocols/discovery/discover.hpp"

namespace tplink::gateway {
namespace {

constexpr int kKeyBits = 2048;  // what the probe's key must have (source: discovery.md, "TDP, UDP 20002 and 20004")

/// One key for the process: making it costs tens of milliseconds.
std::shared_ptr<const crypto::RsaKey> probe_key() {
    static const std::shared_ptr<const crypto::RsaKey> key = [] {
        auto made = crypto::RsaKey::generate(kKeyBits);
        return made ? std::make_shared<const crypto::RsaKey>(std::move(*made)) : nullptr;
    }();
    return key;
}

Family family_of(discovery::Family family) {
    switch (family) {
    case discovery::Family::tapo_plug: return Family::tapo_plug;
    case discovery::Family::tapo_camera: return Family::tapo_camera;
    case discovery::Family::kasa_plug: return Family::kasa_plug;
    case discovery::Family::kasa_camera: return Family::kasa_camera;
    case discovery::Family::vigi_camera: return Family::vigi_camera;
    case discovery::Family::unknown: break;
    }
    return Family::automatic;
}

bool is_target(const std::string& text) {
    in_addr address{};
    return ::inet_pton(AF_INET, text.substr(0, text.find('/')).c_str(), &address) == 1;
}

/// A search that names only loopback addresses (tests, demo) must not shout into a real network.
bool only_loopback(const std::vector<std::string>& targets) {
    return !targets.empty() && std::all_of(targets.begin(), targets.end(), [](const std::string& target) { return target.starts_with("127."); });
}

}  // namespace

Result<std::vector<FoundDevice>> find_devices(const DiscoveryRequest& request, std::stop_token stop, Announcements* announcements) {
    discovery::Options options;
    for (const std::string& target : request.targets)
        if (is_target(target) && std::find(options.targets.begin(), options.targets.end(), target) == options.targets.end())
            options.targets.push_back(target);  // names are resolved when they are connected to, not here
    options.broadcast = request.broadcast && !only_loopback(options.targets);
    options.timeout = request.timeout;
    options.email = request.account;
    discovery::Deps deps;
    deps.key = probe_key();
    deps.stop = std::move(stop);
    std::vector<FoundDevice> out;
    for (const discovery::Found& found : TRY(discovery::discover(options, deps))) {
        if (announcements != nullptr) announcements->put(found);
        out.push_back({found.mac, found.address, found.model, found.device_type, found.transport, found.firmware, found.port, family_of(found.family),
                       found.owner_matches.value_or(true)});
    }
    return out;
}

void wake_device(const std::string& address) {
    discovery::Deps deps;
    deps.key = probe_key();  // the short probe without a key was never seen to start a web server
    (void)discovery::wake(address, {}, deps);
}

}  // namespace tplink::gateway
