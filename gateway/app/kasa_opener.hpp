#pragma once
// Kasa cameras behind the actors' Opener: no ladder, one session that knows its ways.

#include <stop_token>

#include "gateway/device/opener.hpp"
#include "protocols/kasa/cloud_account.hpp"

namespace tplink::gateway {

using CloudOf = std::function<std::shared_ptr<kasa::CloudAccount>()>;

/// A session to the camera at `address` (numeric). Nothing is sent: the first question shows whether it is there.
Opened open_kasa_camera(const OpenRequest& request, const std::string& address, CloudOf cloud);

/// True when a Kasa camera answers there by UDP; takes 2 s when nobody does.
bool is_kasa_camera(const std::string& address, std::uint16_t state_port);

}  // namespace tplink::gateway
