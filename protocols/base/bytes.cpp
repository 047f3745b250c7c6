#include "protocols/base/bytes.hpp"

#include <algorithm>

namespace tplink {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string hex(Bytes bytes, std::string_view digits) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        out.push_back(digits[u8(b) >> 4]);
        out.push_back(digits[u8(b) & 15]);
    }
    return out;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

int base64_digit(char c) {
    const auto at = kBase64.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

template <std::size_t N> std::uint64_t load_be(std::span<const std::byte, N> in) {
    std::uint64_t value = 0;
    for (const std::byte b : in) value = value << 8 | u8(b);
    return value;
}

}  // namespace

Buffer concat(std::initializer_list<Bytes> parts) {
    Buffer out;
    std::size_t size = 0;
    for (const Bytes part : parts) size += part.size();
    out.reserve(size);
    for (const Bytes part : parts) append(out, part);
    return out;
}

std::uint16_t load_be16(std::span<const std::byte, 2> in) { return static_cast<std::uint16_t>(load_be(in)); }
std::uint32_t load_be32(std::span<const std::byte, 4> in) { return static_cast<std::uint32_t>(load_be(in)); }
std::uint64_t load_be64(std::span<const std::byte, 8> in) { return load_be(in); }

void store_be16(std::span<std::byte, 2> out, std::uint16_t value) {
    out[0] = static_cast<std::byte>(value >> 8);
    out[1] = static_cast<std::byte>(value & 255);
}

void store_be32(std::span<std::byte, 4> out, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::byte>(value >> (24 - 8 * i) & 255);
}

std::string hex_lower(Bytes bytes) { return hex(bytes, "0123456789abcdef"); }
std::string hex_upper(Bytes bytes) { return hex(bytes, "0123456789ABCDEF"); }

std::optional<Buffer> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Buffer out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_digit(text[i]);
        const int low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::byte>(high << 4 | low));
    }
    return out;
}

std::string base64_encode(Bytes bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < left ? u8(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out.push_back(k <= left ? kBase64[group >> (18 - 6 * k) & 63] : '=');
    }
    return out;
}

std::optional<Buffer> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    if (text.ends_with("==")) padding = 2;
    else if (text.ends_with('=')) padding = 1;
    Buffer out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        const std::size_t digits = last ? 4 - padding : 4;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            int digit = 0;
            if (k < digits && (digit = base64_digit(text[i + k])) < 0) return std::nullopt;
            group = group << 6 | static_cast<std::uint32_t>(digit);
        }
        for (std::size_t k = 0; k + 1 < digits; ++k) out.push_back(static_cast<std::byte>(group >> (16 - 8 * k) & 255));
    }
    return out;
}

std::string ascii_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string ascii_upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::string url_encode(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) out.push_back(c);
        else out += "%" + hex_upper(as_bytes({&c, 1}));
    }
    return out;
}

std::string url_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            out.push_back(static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

bool equal_constant_time(Bytes a, Bytes b) {
    if (a.size() != b.size()) return false;
    std::byte difference{};
    for (std::size_t i = 0; i < a.size(); ++i) difference |= a[i] ^ b[i];
    return difference == std::byte{};
}

std::optional<std::string> normalize_mac(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c == ':' || c == '-' || c == '.') continue;
        if (hex_digit(c) < 0) return std::nullopt;
        digits.push_back(c);
    }
    if (digits.size() != 12) return std::nullopt;
    return ascii_lower(digits);
}

}  // namespace tplink
