#include "gateway/app/sound_file.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxBytes = 16U << 20;

std::string text_at(const boost::json::object& body, std::string_view key) {
    const boost::json::value* value = body.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

Result<SoundFile> fetch(const std::string& url, net::EgressGuard& guard) {
    const WebAddress address = TRY(parse_web_address(url));
    net::HttpOptions options;
    options.host = address.host;
    options.port = address.port;
    options.tls = address.tls ? net::Tls::public_ : net::Tls::none;
    options.max_body = kMaxBytes;
    net::HttpRequest request;
    request.method = "GET";
    request.path = address.path;
    auto sent = guard.client(options, "sound to be played on a camera", net::Door::user)->send(request);
    if (!sent && sent.error().code == Errc::cloud_disabled)
        return fail(Errc::refused, "local_only is on and '" + address.host + "' is not in the house; give a local address.");
    const auto reply = TRY(std::move(sent));
    if (reply.status != 200)
        return fail(Errc::refused, "The server of the sound answers " + std::to_string(reply.status) + "; check the address.");
    return SoundFile{reply.body, std::string(reply.header("content-type"))};
}

Result<SoundFile> read(const std::string& name) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(name, error)) return fail(Errc::refused, "There is no sound file '" + name.substr(0, 200) + "' on the gateway's machine.");
    if (std::filesystem::file_size(name, error) > kMaxBytes || error) return fail(Errc::refused, "The sound file is larger than 16 MB.");
    std::ifstream in(name, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in) return fail(Errc::refused, "The sound file '" + name.substr(0, 200) + "' cannot be read.");
    return SoundFile{std::move(bytes), ""};
}

}  // namespace

Result<WebAddress> parse_web_address(std::string_view url) {
    const auto wrong = [] { return fail(Errc::malformed, "'url' is no address like http://host:port/path."); };
    WebAddress address;
    const std::string scheme = ascii_lower(url.substr(0, url.find("://")));
    if (scheme != "http" && scheme != "https") return wrong();
    address.tls = scheme == "https";
    address.port = address.tls ? 443 : 80;
    url.remove_prefix(scheme.size() + 3);
    const auto slash = url.find('/');
    std::string_view authority = url.substr(0, slash);
    if (slash != url.npos) address.path = url.substr(slash, url.find('#') - slash);
    // Control characters would end the request line.
    if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c == 127; }) || authority.find('@') != authority.npos) return wrong();
    const auto bracket = authority.rfind(']');
    const auto colon = authority.rfind(':');
    if (colon != authority.npos && (bracket == authority.npos || colon > bracket)) {
        const std::string_view port = authority.substr(colon + 1);
        const auto [end, fault] = std::from_chars(port.data(), port.data() + port.size(), address.port);
        if (fault != std::errc{} || end != port.data() + port.size() || address.port == 0) return wrong();
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
    if (authority.empty()) return wrong();
    address.host = authority;
    return address;
}

Result<SoundFile> load_sound(const boost::json::object& body, net::EgressGuard& guard) {
    if (const std::string url = text_at(body, "url"); !url.empty()) return fetch(url, guard);
    if (const std::string file = text_at(body, "file"); !file.empty()) return read(file);
    return fail(Errc::malformed, R"(Neither 'url' nor 'file' is given: send {"id": "...", "url": "http://..."}.)");
}

}  // namespace tplink::gateway
