#pragma once
// Sessions for actors by the ladder of logins.

#include "gateway/app/announcements.hpp"
#include "gateway/app/kasa_opener.hpp"
#include "gateway/device/opener.hpp"

namespace tplink::gateway {

/// announcements: what discovery heard; may be null, else outlives the opener. cloud: for Kasa cameras; null: none.
std::unique_ptr<Opener> make_ladder_opener(const Announcements* announcements = nullptr, CloudOf cloud = nullptr);

/// True when something accepts a TCP connection there within 2 s.
bool tcp_probe(const std::string& host, std::uint16_t port);

}  // namespace tplink::gateway
