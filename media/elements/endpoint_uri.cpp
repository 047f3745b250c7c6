#include "media/elements/endpoint_uri.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace tplink::media {
namespace {

constexpr unsigned kMaxChannel = 63;  // lenses and recorder channels are far fewer

std::optional<unsigned> parse_number(std::string_view text, unsigned highest) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > highest) return std::nullopt;
    return value;
}

tl::unexpected<Error> wrong(const std::string& what) {
    return fail(Errc::malformed, "camera address: " + what + "; expected tapo://host[:port][/hd|/sd][?audio=0&channel=N]");
}

// Splits `text` at the last or first `mark` into what stands before (returned) and after it (left in `text`).
std::string_view take_before(std::string_view& text, char mark, bool last) {
    const auto at = last ? text.rfind(mark) : text.find(mark);
    if (at == std::string_view::npos) return {};
    const std::string_view before = text.substr(0, at);
    text.remove_prefix(at + 1);
    return before;
}

Result<void> read_authority(std::string_view authority, stream::MediaEndpoint& endpoint) {
    std::string_view user = take_before(authority, '@', true);
    if (!user.empty()) {
        const auto colon = user.find(':');
        endpoint.credentials.username = url_decode(user.substr(0, colon));
        if (colon != std::string_view::npos) endpoint.credentials.password = Secret(url_decode(user.substr(colon + 1)));
    }
    const auto bracket = authority.rfind(']');  // [fe80::1]:8800
    const auto colon = authority.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        const auto port = parse_number(authority.substr(colon + 1), 65535);
        if (!port || *port == 0) return wrong("the port is no number from 1 to 65535");
        endpoint.port = static_cast<std::uint16_t>(*port);
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
    if (authority.empty()) return wrong("no host");
    endpoint.host = authority;
    return {};
}

Result<void> read_query(std::string_view query, stream::MediaEndpoint& endpoint) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        const auto equal = pair.find('=');
        const std::string_view key = pair.substr(0, equal);
        const auto value = parse_number(equal == std::string_view::npos ? "" : pair.substr(equal + 1), kMaxChannel);
        if (key == "audio" && value && *value <= 1)
            endpoint.audio = *value == 1;
        else if (key == "channel" && value)
            endpoint.channel = *value;
        else
            return wrong("\"" + std::string(pair) + "\" is not understood");
    }
    return {};
}

}  // namespace

Result<stream::MediaEndpoint> parse_endpoint_uri(const std::string& uri) {
    stream::MediaEndpoint endpoint;
    std::string_view rest = uri;
    const auto mark_of_scheme = rest.find("://");
    if (mark_of_scheme == std::string_view::npos) return wrong("it begins with none of tapo://, vigi:// and kasa://");
    const std::string scheme = ascii_lower(rest.substr(0, mark_of_scheme));
    if (scheme == "vigi") {
        endpoint.scheme = stream::Scheme::vigi;
    } else if (scheme == "kasa") {
        endpoint.scheme = stream::Scheme::kasa;
        endpoint.port = 19443;
    } else if (scheme != "tapo") {
        return wrong("it begins with none of tapo://, vigi:// and kasa://");
    }
    rest.remove_prefix(scheme.size() + 3);
    std::string_view query;
    if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
        query = rest.substr(mark + 1);
        rest = rest.substr(0, mark);
    }
    const auto slash = rest.find('/');
    const std::string_view path = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (path == "sd")
        endpoint.quality = stream::Quality::sd;
    else if (!path.empty() && path != "hd")
        return wrong("the path is neither /hd nor /sd");
    TRY_VOID(read_authority(rest.substr(0, slash), endpoint));
    TRY_VOID(read_query(query, endpoint));
    return endpoint;
}

std::string format_endpoint_uri(const stream::MediaEndpoint& endpoint) {
    const bool v6 = endpoint.host.find(':') != std::string::npos;
    std::string text = endpoint.scheme == stream::Scheme::vigi ? "vigi://" : endpoint.scheme == stream::Scheme::kasa ? "kasa://" : "tapo://";
    text += (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
    text += endpoint.quality == stream::Quality::sd ? "/sd" : "/hd";
    text += endpoint.audio ? "?audio=1" : "?audio=0";
    return text + "&channel=" + std::to_string(endpoint.channel);
}

}  // namespace tplink::media
