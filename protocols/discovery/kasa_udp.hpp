#pragma once
// UDP 9999: Kasa devices answer a get_sysinfo without any login. Pure. Source: discovery.md.

#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"
#include "protocols/discovery/found.hpp"
#include "protocols/kasa/xor.hpp"

namespace tplink::discovery {

inline constexpr std::uint16_t kKasaPort = kasa::kXorPort;

/// The datagram that asks for system.get_sysinfo.
Buffer build_kasa_probe();

/// Reads an answer. errors: malformed.
Result<Found> read_kasa_answer(Bytes datagram);

} // namespace tplink::discovery
