#pragma once
// The coding of Kasa devices' port 9999. Pure. Source: kasa.md, "Coding".

#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::kasa {

inline constexpr std::uint16_t kXorPort = 9999;
inline constexpr std::size_t kXorHeadBytes = 4;
/// Longest reply believed. Plugs send up to 16 KiB, a strip's schedules more.
inline constexpr std::size_t kMaxXorReply = 256U << 10;

/// Each byte is coded with the coded byte before it; the first with 171. A datagram is just that.
Buffer xor_encrypt(std::string_view plain);
std::string xor_decrypt(Bytes cipher);

/// For TCP: the length in four bytes, then the coded text.
Buffer xor_frame(std::string_view plain);
/// How many bytes follow a frame's head. errors: malformed for nothing or more than kMaxXorReply.
Result<std::size_t> xor_length(std::span<const std::byte, kXorHeadBytes> head);

} // namespace tplink::kasa
