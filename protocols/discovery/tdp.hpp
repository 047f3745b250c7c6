#pragma once
// TDP: discovery on UDP 20002 and 20004 of everything with an account login. Pure. Source: discovery.md.

#include <optional>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"
#include "protocols/base/result.hpp"
#include "protocols/discovery/found.hpp"

namespace tplink::discovery {

inline constexpr std::uint16_t kTdpPort = 20002;
inline constexpr std::uint16_t kTdpSecondPort = 20004;
inline constexpr std::size_t kMaxDatagramBytes = 65535;

/// The long probe: `public_pem` (64 columns) lets cameras encrypt what they do not tell everybody, and it
/// wakes the web server of some plugs. serial: random.
Buffer build_probe(std::string_view public_pem, std::uint32_t serial);

/// `result` of an answer. errors: malformed; refused when the answer is an error.
Result<json::object> parse_answer(Bytes datagram);

/// The answer's encrypt_info opened, by whichever RSA padding fits; nothing when there is none or it is not
/// for `key`.
std::optional<json::object> open_encrypt_info(const json::object& result, const crypto::RsaKey& key);

/// Reads `result`, with encrypt_info opened when `key` is given.
/// email: the account's, to compare with the owner's hash; empty: not compared.
/// errors: malformed when there is no MAC address.
Result<Found> read_answer(json::object result, const crypto::RsaKey* key, std::string_view email);

} // namespace tplink::discovery
