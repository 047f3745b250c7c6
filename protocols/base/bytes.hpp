#pragma once
// Views, owned buffers and the few conversions every protocol needs.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tplink {

using Bytes = std::span<const std::byte>;  ///< a view; the owner outlives it
using Buffer = std::vector<std::byte>;     ///< owned bytes

inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Buffer to_buffer(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
inline Buffer to_buffer(std::string_view text) { return to_buffer(as_bytes(text)); }
inline void append(Buffer& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
inline void append(Buffer& out, std::string_view text) { append(out, as_bytes(text)); }

/// All parts in one buffer, in order.
Buffer concat(std::initializer_list<Bytes> parts);

inline std::uint8_t u8(std::byte b) { return std::to_integer<std::uint8_t>(b); }
std::uint16_t load_be16(std::span<const std::byte, 2> in);
std::uint32_t load_be32(std::span<const std::byte, 4> in);
std::uint64_t load_be64(std::span<const std::byte, 8> in);
void store_be16(std::span<std::byte, 2> out, std::uint16_t value);
void store_be32(std::span<std::byte, 4> out, std::uint32_t value);

std::string hex_lower(Bytes bytes);
std::string hex_upper(Bytes bytes);
/// Two hex digits a byte, any case; nothing on odd length or another character.
std::optional<Buffer> from_hex(std::string_view text);

/// Standard alphabet, padded, one line.
std::string base64_encode(Bytes bytes);
/// Strict: nothing on a bad character, length or padding. White space is not accepted.
std::optional<Buffer> base64_decode(std::string_view text);

std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);
/// Escapes everything but A-Z a-z 0-9 - _ . ~ as %XX (upper-case hex).
std::string url_encode(std::string_view text);
/// %XX to bytes; a broken escape stays as it is. '+' stays '+'.
std::string url_decode(std::string_view text);

/// Compares without telling by time where the difference is. Different lengths: false.
bool equal_constant_time(Bytes a, Bytes b);

/// "AA-BB-CC-DD-EE-FF", "aa:bb:..", "aabbcc.." -> "aabbccddeeff"; nothing when it is no MAC address.
std::optional<std::string> normalize_mac(std::string_view text);

}  // namespace tplink
