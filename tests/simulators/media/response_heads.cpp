#include "tests/simulators/media/response_heads.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include "tests/simulators/media/media_crypto.hpp"
#include "tests/simulators/media/part_writer.hpp"

namespace tplink::sim {
namespace {

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S UTC", &parts)};
}

bool announces_sha256(const MediaServerOptions& options) {
    return options.vendor == MediaVendor::tapo && options.hash == MediaHash::sha256;
}

std::string boundary_value(const MediaFaults& faults) {
    const std::string boundary(kDeviceBoundary);
    if (faults.quoted_boundary) return " boundary=\"" + boundary + "\"";
    if (faults.unbalanced_boundary) return "boundary=\"" + boundary;
    return "boundary=" + boundary;
}

} // namespace

std::string unauthorized_head(const MediaServerOptions& options, const std::string& nonce) {
    std::string head = "HTTP/1.0 401 Unauthorized\r\nServer: Streamd\r\nDate: " + http_date() +
                       "\r\nPragma: no-cache\r\nCache-Control: no-cache\r\nContent-Length: 0\r\n"
                       "WWW-Authenticate: Digest realm=\"" +
                       std::string(kRealm) + "\",algorithm=\"MD5\",";
    if (announces_sha256(options)) head += "encrypt_type=\"3\",";
    head += "qop=\"auth\",nonce=\"" + nonce + "\",opaque=\"" + std::string(kOpaque) + "\"\r\n";
    if (announces_sha256(options)) head += "X-Preconn: 1\r\nX-Hb: 5\r\n"; // older firmware has neither
    return head + "Connection: close\r\n\r\n";
}

std::string ok_head(const MediaServerOptions& options, const MediaFaults& faults,
                    const std::string& media_nonce, const std::string& media_salt) {
    std::string head = faults.glued_status ? "HTTP ERROR 401" : "";
    head += "HTTP/1.0 200 OK\r\nServer: Streamd\r\nContent-Type: multipart/mixed;" + boundary_value(faults) +
            "\r\n";
    if (options.key_exchange != MediaKeyExchange::plain) {
        const bool none = options.key_exchange == MediaKeyExchange::none;
        head += "Key-Exchange: cipher=\"AES_128_CBC\" username=\"" + (none ? "none" : options.username) +
                "\" padding=\"PKCS7_16\" algorithm=\"" + (media_salt.empty() ? "MD5" : "HKDF") + "\"" +
                (announces_sha256(options) && media_salt.empty() ? " encrypt_type=\"3\"" : "") + " nonce=\"" + media_nonce + "\"" +
                (media_salt.empty() ? "" : " salt=\"" + media_salt + "\"") + "\r\n";
    }
    if (options.heartbeat.count() > 0)
        head += "X-Hb: " + std::to_string(std::max<std::int64_t>(1, options.heartbeat.count() / 1000)) + "\r\n";
    return head + "Connection: keep-alive\r\n\r\n";
}

Authorization check_authorization(const RequestHead& head, const CameraState& camera) {
    const auto header = head.headers.find("authorization");
    if (header == head.headers.end()) return Authorization::absent;
    auto fields = parse_digest(header->second);
    const bool expected = fields["username"] == camera.options().username && fields["realm"] == kRealm &&
                          fields["opaque"] == kOpaque && camera.has_issued(fields["nonce"]);
    const std::string response = digest_response({.username = fields["username"],
                                                  .secret = camera.secret(),
                                                  .method = head.method,
                                                  .uri = fields["uri"],
                                                  .nonce = fields["nonce"],
                                                  .nc = fields["nc"],
                                                  .cnonce = fields["cnonce"]});
    return expected && fields["response"] == response ? Authorization::right : Authorization::wrong;
}

} // namespace tplink::sim
