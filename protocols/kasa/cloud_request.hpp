#pragma once
// One signed request to the vendor's cloud. Pure. Source: cloud.md, "Signing".

#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/random.hpp"
#include "protocols/kasa/cloud_keys.hpp"
#include "protocols/net/http_client.hpp"

namespace tplink::kasa {

/// The constant the apps send instead of the time; servers do not look at it.
inline constexpr std::string_view kTimestamp = "9999999999";

/// Lower-case uuid version 4.
std::string make_nonce(RandomBytes& random);

/// base64 of the MD5 of the exact bytes sent.
std::string content_md5(std::string_view body);
/// Lower-case hex HMAC-SHA1 with the secret's text as key. `path`: without the query.
std::string signature(std::string_view body, std::string_view nonce, std::string_view path, const AppKey& key);
/// The headers Content-MD5, X-Authorization and User-Agent.
std::vector<net::Header> signed_headers(std::string_view body, std::string_view nonce, std::string_view path, const AppKey& key);

/// Which app we speak as, and who we are.
struct CloudApp {
    std::string type = "TP-Link_Tapo_Android";
    std::string version = "3.18.506";
    std::string platform = "Android 11";
    std::string terminal_name = "tplink2mqtt";
};

/// The query of every request; with a token it comes first. Never to be logged.
std::string query_string(const CloudApp& app, std::string_view terminal, const Secret& token);

std::string login_body(const CloudApp& app, std::string_view terminal, const Credentials& account);
std::string refresh_body(const CloudApp& app, std::string_view terminal, const Secret& refresh_token);
/// Asks the cloud to send a code. source: cloud.md, "Second factor".
std::string mfa_request_body(const CloudApp& app, std::string_view terminal, const Credentials& account);
std::string mfa_check_body(const CloudApp& app, const Credentials& account, std::string_view code, std::string_view process, int type);
/// `command`: the JSON text for the device; it is encoded a second time. `by_method`: the Kasa cloud's form on "/".
std::string passthrough_body(std::string_view device_id, std::string_view command, bool by_method);
std::string device_list_body();

/// "https://host[:port]/..." split up; the path is dropped. errors: refused for another scheme or no host.
struct CloudServer {
    std::string host;
    std::uint16_t port = 443;
    bool operator==(const CloudServer&) const = default;
};
Result<CloudServer> parse_server(std::string_view url);
std::string to_url(const CloudServer& server);

}  // namespace tplink::kasa
