#pragma once
// Sessions for actors by the ladder of logins.

#include "gateway/device/opener.hpp"

namespace tplink::gateway {

std::unique_ptr<Opener> make_ladder_opener();

/// True when something accepts a TCP connection there within 2 s.
bool tcp_probe(const std::string& host, std::uint16_t port);

}  // namespace tplink::gateway
