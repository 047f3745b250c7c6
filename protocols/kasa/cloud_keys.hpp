#pragma once
// What identifies the vendor's app to the vendor's cloud, and what identifies the cloud to us.

#include <string>
#include <string_view>

#include "protocols/base/secret.hpp"

namespace tplink::kasa {

/// An application's pair; the same in every install of that app.
struct AppKey {
    std::string access_key;
    Secret secret;  ///< 32 hex digits, used as text
    bool operator==(const AppKey&) const = default;
};

struct CloudKeys {
    AppKey login;        ///< calls about the account
    AppKey passthrough;  ///< calls to a device
    bool operator==(const CloudKeys&) const = default;
};

/// The published pairs: of the Tapo app and of the Kasa app.
AppKey tapo_app_key();
AppKey kasa_app_key();
/// Login with the Tapo app's, passthrough with the Kasa app's. source: cloud.md, "Application keys".
CloudKeys default_cloud_keys();

/// PEM of the private authorities that sign the cloud's servers; trusted for its host names only.
std::string_view cloud_trust_anchors();

/// True for the vendor's host families: *.tplinkcloud.com and *.tplinknbu.com.
bool is_cloud_host(std::string_view host);

}  // namespace tplink::kasa
