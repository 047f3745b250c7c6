#include "protocols/tapo/cookie.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "protocols/base/bytes.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kMaxCookieBytes = 512;
constexpr long kMaxMinutes = 2880;        // larger numbers are seconds
constexpr long kMaxSeconds = 30L * 86400; // a month: nobody asks for more, and it keeps the sum below small
constexpr std::chrono::seconds kDefaultLifetime{86400};
constexpr std::chrono::seconds kMargin{20 * 60};

std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::chrono::seconds lifetime(std::string_view timeout) {
    long value = 0;
    const auto [end, error] = std::from_chars(timeout.data(), timeout.data() + timeout.size(), value);
    if (error != std::errc() || end != timeout.data() + timeout.size() || value <= 0) return kDefaultLifetime;
    return std::chrono::seconds(value <= kMaxMinutes ? value * 60 : std::min(value, kMaxSeconds));
}

bool sendable(std::string_view value) {
    return !value.empty() &&
           std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::optional<SessionCookie> parse(std::string_view header) {
    SessionCookie cookie;
    std::chrono::seconds life = kDefaultLifetime;
    while (!header.empty()) {
        const std::size_t end = std::min(header.find(';'), header.size());
        const std::string_view part = trim(header.substr(0, end));
        header.remove_prefix(std::min(end + 1, header.size()));
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string name = ascii_upper(part.substr(0, equals));
        const std::string_view value = part.substr(equals + 1);
        if ((name == "TP_SESSIONID" || name == "SESSIONID") && sendable(value))
            cookie.pair = part;
        else if (name == "TIMEOUT")
            life = lifetime(value);
    }
    if (cookie.pair.empty()) return std::nullopt;
    cookie.renew_after = life > 2 * kMargin ? life - kMargin : life / 2;
    return cookie;
}

} // namespace

std::optional<SessionCookie> session_cookie(const net::HttpResponse& response) {
    for (const auto& [name, value] : response.headers) {
        if (ascii_lower(name) != "set-cookie" || value.size() > kMaxCookieBytes) continue;
        if (auto cookie = parse(value)) return cookie;
    }
    return std::nullopt;
}

} // namespace tplink::tapo
