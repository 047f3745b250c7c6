#include "protocols/kasa/cloud_request.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "protocols/base/crypto.hpp"

namespace tplink::kasa {
namespace {

namespace json = boost::json;

constexpr std::string_view kUserAgent = "okhttp/4.11.0";

json::string text(std::string_view value) { return json::string(value.data(), value.size()); }

/// A query's value: a space becomes '+', as the apps write it.
std::string query_value(std::string_view value) {
    std::string out = url_encode(value);
    for (auto at = out.find("%20"); at != std::string::npos; at = out.find("%20", at)) out.replace(at, 3, "+");
    return out;
}

}  // namespace

std::string make_nonce(RandomBytes& random) {
    Buffer bytes = random.bytes(16);
    bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
    bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    std::string out = hex_lower(bytes);
    for (const std::size_t at : {20U, 16U, 12U, 8U}) out.insert(at, "-");
    return out;
}

std::string content_md5(std::string_view body) { return base64_encode(crypto::md5(body)); }

std::string signature(std::string_view body, std::string_view nonce, std::string_view path, const AppKey& key) {
    std::string message = content_md5(body);
    for (const std::string_view part : {kTimestamp, nonce, path}) message.append("\n").append(part);
    return hex_lower(crypto::hmac_sha1(as_bytes(key.secret.reveal()), as_bytes(message)));
}

std::vector<net::Header> signed_headers(std::string_view body, std::string_view nonce, std::string_view path, const AppKey& key) {
    std::string authorization = "Timestamp=" + std::string(kTimestamp) + ", Nonce=" + std::string(nonce) + ", AccessKey=" + key.access_key +
                                ", Signature=" + signature(body, nonce, path, key);
    return {{"Content-MD5", content_md5(body)}, {"X-Authorization", std::move(authorization)}, {"User-Agent", std::string(kUserAgent)}};
}

std::string query_string(const CloudApp& app, std::string_view terminal, const Secret& token) {
    std::string out;
    const auto add = [&](std::string_view name, std::string_view value) {
        out.append(out.empty() ? "" : "&").append(name).append("=").append(query_value(value));
    };
    if (!token.empty()) add("token", token.reveal());
    add("appName", app.type);
    add("appVer", app.version);
    add("netType", "wifi");
    add("termID", terminal);
    add("ospf", app.platform);
    add("brand", "TPLINK");
    add("locale", "en_US");
    add("model", app.terminal_name);
    add("termName", app.terminal_name);
    add("termMeta", "1");
    return out;
}

std::string login_body(const CloudApp& app, std::string_view terminal, const Credentials& account) {
    return json::serialize(json::object{{"appType", app.type},
                                        {"appVersion", app.version},
                                        {"cloudPassword", account.password.reveal()},
                                        {"cloudUserName", account.username},
                                        {"platform", app.platform},
                                        {"refreshTokenNeeded", true},
                                        {"supportBindAccount", false},
                                        {"terminalMeta", "1"},
                                        {"terminalName", app.terminal_name},
                                        {"terminalUUID", text(terminal)}});
}

std::string refresh_body(const CloudApp& app, std::string_view terminal, const Secret& refresh_token) {
    return json::serialize(json::object{{"appType", app.type}, {"refreshToken", refresh_token.reveal()}, {"terminalUUID", text(terminal)}});
}

std::string mfa_request_body(const CloudApp& app, std::string_view terminal, const Credentials& account) {
    return json::serialize(json::object{{"appType", app.type},
                                        {"cloudPassword", account.password.reveal()},
                                        {"cloudUserName", account.username},
                                        {"terminalUUID", text(terminal)}});
}

std::string mfa_check_body(const CloudApp& app, const Credentials& account, std::string_view code, std::string_view process, int type) {
    return json::serialize(json::object{{"appType", app.type},
                                        {"cloudUserName", account.username},
                                        {"code", text(code)},
                                        {"MFAProcessId", text(process)},
                                        {"MFAType", type},
                                        {"terminalBindEnabled", true}});
}

std::string passthrough_body(std::string_view device_id, std::string_view command, bool by_method) {
    json::object params{{"deviceId", text(device_id)}, {"requestData", text(command)}};
    if (!by_method) return json::serialize(params);
    return json::serialize(json::object{{"method", "passthrough"}, {"params", std::move(params)}});
}

std::string device_list_body() { return json::serialize(json::object{{"method", "getDeviceList"}}); }

Result<CloudServer> parse_server(std::string_view url) {
    constexpr std::string_view kScheme = "https://";
    if (!ascii_lower(url.substr(0, kScheme.size())).starts_with(kScheme))
        return fail(Errc::refused, "the cloud names a server that is not https");
    url.remove_prefix(kScheme.size());
    url = url.substr(0, url.find_first_of("/?#"));
    CloudServer server;
    const auto colon = url.find(':');
    server.host = ascii_lower(url.substr(0, colon));
    if (colon != url.npos) {
        const std::string_view digits = url.substr(colon + 1);
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), server.port);
        if (ec != std::errc{} || end != digits.data() + digits.size() || server.port == 0) return fail(Errc::refused, "the cloud names a bad port");
    }
    const bool clean = server.host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
    if (server.host.empty() || server.host.size() > 253 || !clean) return fail(Errc::refused, "the cloud names a bad server");
    return server;
}

std::string to_url(const CloudServer& server) {
    return "https://" + server.host + (server.port == 443 ? "" : ":" + std::to_string(server.port));
}

}  // namespace tplink::kasa
