#include "gateway/app/probe_report.hpp"

#include <algorithm>
#include <array>

namespace tplink::gateway {
namespace {

struct Name {
    std::string_view transport, text;
};
constexpr std::array kNames{
    Name{"xor", "port 9999 (no login)"},
    Name{"klap1", "KLAP v1 with the older Kasa language"},
    Name{"klap2", "KLAP v2"},
    Name{"klap2-iot", "KLAP v2 with the older Kasa language"},
    Name{"aes", "AES (securePassthrough)"},
    Name{"tpap", "TPAP (SPAKE2+)"},
    Name{"tapo1", "camera login L1 (hashed MD5)"},
    Name{"tapo3", "camera login L3 (encrypt_type 3)"},
    Name{"tapo4", "camera login L4 (TPAP)"},
    Name{"vigi", "VIGI camera login"},
};

// In every list of components and no property of its own.
constexpr std::array<std::string_view, 9> kPlumbing{"device", "localSmart", "iotCloud", "iot_cloud", "quick_setup", "quickSetup", "cloud_connect", "localCtrl", "encryption"};

}  // namespace

std::string_view login_name(std::string_view transport) {
    const auto at = std::find_if(kNames.begin(), kNames.end(), [&](const Name& name) { return name.transport == transport; });
    return at == kNames.end() ? transport : at->text;
}

json::array ladder_json(std::span<const tapo::Attempt> attempts, std::string_view taken) {
    json::array list;
    for (const tapo::Attempt& attempt : attempts)
        list.push_back(json::object{{"transport", attempt.transport}, {"taken", false}, {"code", json::string(to_string(attempt.error.code))}, {"message", attempt.error.what}});
    if (!taken.empty()) list.push_back(json::object{{"transport", json::string(taken)}, {"taken", true}, {"code", "ok"}, {"message", json::string(login_name(taken))}});
    return list;
}

std::string ladder_text(std::span<const tapo::Attempt> attempts, std::string_view taken) {
    std::string text;
    for (const tapo::Attempt& attempt : attempts) text += "  " + attempt.transport + ": not taken: " + attempt.error.what + "\n";
    if (!taken.empty()) text += "  " + std::string(taken) + ": taken: " + std::string(login_name(taken)) + "\n";
    return text;
}

std::vector<std::string> unknown_components(std::span<const Capability> rows, std::span<const Component> components) {
    std::vector<std::string> unknown;
    for (const Component& component : components) {
        const bool used = std::any_of(rows.begin(), rows.end(), [&](const Capability& row) { return row.needs == component.name || row.unless == component.name; });
        const bool plumbing = std::find(kPlumbing.begin(), kPlumbing.end(), component.name) != kPlumbing.end();
        if (!used && !plumbing) unknown.push_back(component.name);
    }
    return unknown;
}

}  // namespace tplink::gateway
