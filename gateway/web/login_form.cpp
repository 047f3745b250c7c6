#include "gateway/web/login_form.hpp"

#include <algorithm>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kCookiesRead = 4;  // of one name

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Calls `take(name, value)` for every "name=value" between separators.
template <class Take> void each_pair(std::string_view text, char separator, Take take) {
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find(separator));
        text.remove_prefix(std::min(pair.size() + 1, text.size()));
        if (const auto equals = pair.find('='); equals != pair.npos) take(pair.substr(0, equals), pair.substr(equals + 1));
    }
}

/// A space arrives as a plus sign, a plus sign as %2B.
std::string field(std::string_view value) {
    std::string text(value);
    std::replace(text.begin(), text.end(), '+', ' ');
    return url_decode(text);
}

}  // namespace

std::vector<std::string_view> cookie_values(std::string_view header, std::string_view name) {
    std::vector<std::string_view> values;
    each_pair(header, ';', [&](std::string_view key, std::string_view value) {
        if (trimmed(key) == name && values.size() < kCookiesRead) values.push_back(trimmed(value));
    });
    return values;
}

std::optional<Credentials> parse_login_form(std::string_view body) {
    if (body.size() > kFormMax) return std::nullopt;
    Credentials out;
    bool has_password = false;
    each_pair(body, '&', [&](std::string_view key, std::string_view value) {
        if (key == "username") out.username = field(value);
        if (key == "password") {
            out.password = Secret(field(value));
            has_password = true;
        }
    });
    return has_password ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace tplink::gateway
